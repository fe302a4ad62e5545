"""Typed fields: every fault is collected; arrays of forms are folded, objects flattened."""

from collections.abc import Callable
from typing import Any

import pytest

from dragoman.dialects.kit import fields, times
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.errors import Invalid, Problem


def test_all_faults_of_a_body_are_reported_at_once() -> None:
    problems = Problems()
    fields.text(12, "/title", problems)
    fields.integer("1", "/priority", problems)
    fields.boolean(1, "/read", problems)
    with pytest.raises(Invalid) as caught:
        problems.raise_if_any()
    assert caught.value.code == "invalid_body"
    assert caught.value.message == "title must be text"
    assert caught.value.problems == (
        Problem("/title", "type", "must be text"),
        Problem("/priority", "type", "must be an integer"),
        Problem("/read", "type", "must be true or false"),
    )


def test_a_body_without_faults_raises_nothing() -> None:
    problems = Problems()
    assert fields.text("x", "/title", problems) == "x"
    problems.raise_if_any()
    assert not problems


def test_a_dialect_may_name_its_code_and_message() -> None:
    problems = Problems()
    problems.add("", "type", "must be an object")
    with pytest.raises(Invalid, match="body must be an object"):
        problems.raise_if_any()
    with pytest.raises(Invalid, match="own words") as caught:
        problems.raise_if_any("bad_parameter", "own words")
    assert caught.value.code == "bad_parameter"


def test_a_hundred_faults_are_kept() -> None:
    problems = Problems()
    for number in range(1_000):
        problems.add(f"/{number}", "type", "must be text")
    assert len(problems.found) == 100


Reader = Callable[[Any, str, Problems], Any]


def words(value: Any, path: str, problems: Problems) -> str:
    return fields.choice(value, path, problems, ("open", "done"))


def due(value: Any, path: str, problems: Problems) -> int:
    return fields.moment(value, path, problems, times.parse_iso)


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (fields.text, ["", "x", "y" * 65_536], [None, 1, True, [], "y" * 65_537]),
        (fields.integer, [0, -(2**63), 2**63 - 1], [None, "1", 1.0, True, 2**63, -(2**63) - 1]),
        (fields.boolean, [True, False], [None, 0, 1, "true"]),
        (words, ["open", "done"], [None, "Open", "", 1]),
        (fields.mapping, [{}, {"a": 1}], [None, [], "x"]),
        (fields.sequence, [[], [1]], [None, {}, "x"]),
        (due, ["2031-04-10T06:30:00Z"], [None, 1, "2031-04-10", "tomorrow"]),
    ],
)
def test_readers_take_their_own_type_and_note_the_rest(read: Reader, good: list[Any], bad: list[Any]) -> None:
    problems = Problems()
    for value in good:
        read(value, "/x", problems)
    assert not problems
    for number, value in enumerate(bad, 1):
        read(value, "/x", problems)
        assert len(problems.found) == number


def test_limits_are_reported() -> None:
    problems = Problems()
    fields.text("four", "/a", problems, max_length=3)
    fields.text("", "/b", problems, min_length=1)
    fields.integer(11, "/c", problems, minimum=1, maximum=10)
    fields.sequence([1, 2], "/d", problems, max_items=1)
    assert [(problem.code, problem.message) for problem in problems.found] == [
        ("too_long", "must be at most 3 characters"),
        ("too_short", "must be at least 1 characters"),
        ("range", "must be from 1 to 10"),
        ("too_many", "must be at most 1 items"),
    ]


def test_unknown_members_are_named_by_pointer() -> None:
    problems = Problems()
    fields.refuse_unknown({"title": 1, "a/b~c": 2, "k" * 100_000: 3}, {"title"}, "/0", problems)
    assert [problem.path for problem in problems.found] == ["/0/a~1b~0c", "/0/" + "k" * 63 + "…"]


@pytest.mark.parametrize(
    "pairs",
    [
        [("name[]", "1"), ("name[]", "2")],
        [("name[0]", "1"), ("name[1]", "2")],
        [("name[1]", "2"), ("name[0]", "1")],
        [("name", "1"), ("name", "2")],
        [("name[]", "2"), ("name[7]", "1")],
        [("name[999999999]", "2"), ("name[0]", "1")],
    ],
)
def test_arrays_of_forms_fold_alike(pairs: list[tuple[str, str]]) -> None:
    assert fields.fold_arrays(pairs) == {"name": ["1", "2"]}


@pytest.mark.parametrize(
    "name", ["a[b]", "[]", "[0]", "a[1", "a]", "a[-1]", "a[0x1]", "a" + "[" * 5_000, "a.b", "", "a[1234567890]"]
)
def test_other_names_stay(name: str) -> None:
    assert fields.fold_arrays([(name, "1")]) == {name: ["1"]}


def test_only_the_last_bracket_is_folded() -> None:
    assert fields.fold_arrays([("a[0][b]", "1"), ("a[0][c][]", "2")]) == {"a[0][b]": ["1"], "a[0][c]": ["2"]}


def test_an_object_flattens_to_form_fields() -> None:
    members = {
        "title": "x",
        "none": None,
        "n": 12,
        "f": 1.5,
        "yes": True,
        "no": False,
        "ids": [21, 22],
        "empty": [],
        "bare": {},
        "deep": {"a": {"b": 1}, "c": [2]},
        "rows": [{"k": 1}, {"k": 2}, [3, 4], 5],
    }
    assert fields.flatten(members) == [
        ("title", "x"),
        ("none", ""),
        ("n", "12"),
        ("f", "1.5"),
        ("yes", "true"),
        ("no", "false"),
        ("ids", "21"),
        ("ids", "22"),
        ("deep[a][b]", "1"),
        ("deep[c]", "2"),
        ("rows[0][k]", "1"),
        ("rows[1][k]", "2"),
        ("rows[2]", "3"),
        ("rows[2]", "4"),
        ("rows", "5"),
    ]


def test_names_that_would_fill_memory_are_refused() -> None:
    with pytest.raises(Invalid, match="nested too widely"):
        fields.flatten({"n" * 400_000: {str(number): 1 for number in range(50_000)}})
