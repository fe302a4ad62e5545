"""The registry of scopes: which words there are, what is suggested for others, and what presets stand for."""

import pytest

from dragoman.dialects import discover
from dragoman.domain.errors import Invalid
from dragoman.domain.text import distance
from dragoman.usecases.identity.scope_words import NOUNS, PRESETS, SUMMARIES, VERBS, Registry

REGISTRY = Registry(
    [
        ("native.list_tasks", frozenset({"task.read"})),
        ("native.create_task", frozenset({"task.write"})),
        ("native.read_case", frozenset({"case.read"})),
        ("native.list_categories", frozenset({"category.read", "task.read"})),
        ("native.list_scopes", frozenset({"any"})),
        ("native.read_docs", frozenset({"public"})),
        ("batch.ticket.patch", frozenset({"ticket.update", "ticket.manage"})),
    ]
)


def fault(*words: str) -> list[tuple[str, str, str]]:
    with pytest.raises(Invalid) as refused:
        REGISTRY.written_out(words)
    assert refused.value.code == "invalid_body"
    return [(problem.path, problem.code, problem.message) for problem in refused.value.problems]


def test_scopes_are_the_words_of_operations_and_types_with_all_their_operations() -> None:
    assert {each.name: each.operations for each in REGISTRY.scopes} == {
        "case.read": ("native.read_case",),
        "category.read": ("native.list_categories",),
        "task.read": ("native.list_categories", "native.list_tasks"),
        "task.write": ("native.create_task",),
        "ticket.manage": ("batch.ticket.patch",),
        "ticket.update": ("batch.ticket.patch",),
    }


@pytest.mark.parametrize("word", ["task.read", "task.*", "ticket.*", "*.read", "*.update", "*"])
def test_a_word_of_some_operation_stands_as_it_is(word: str) -> None:
    assert REGISTRY.is_known(word)
    assert REGISTRY.written_out([word, word]) == (word,)


@pytest.mark.parametrize(
    ("word", "suggested"),
    [
        ("task.raed", "task.read"),
        ("tsk.read", "task.read"),
        ("Task.Read", "task.read"),
        ("taks.*", "task.*"),
        ("*.reads", "*.read"),
        ("@reed", "@read"),
        ("ticket.updat", "ticket.update"),
        ("task", "task.*"),
    ],
)
def test_a_word_within_two_letters_of_another_is_told_it(word: str, suggested: str) -> None:
    assert fault("task.read", word) == [
        ("/scopes/1", "unknown_scope", f"{word!r} is not a scope; did you mean {suggested}?")
    ]


@pytest.mark.parametrize("word", ["user.read", "*.*", "any", "public", "", "**", "@", "task.rxxd.", "n" * 500])
def test_other_words_are_refused_without_a_suggestion(word: str) -> None:
    ((path, code, message),) = fault(word)
    assert (path, code) == ("/scopes/0", "unknown_scope")
    assert message.endswith("is not a scope")
    assert len(message) < 100


def test_every_wrong_word_is_a_fault() -> None:
    assert [path for path, _, _ in fault("nothing", "task.read", "task.x")] == ["/scopes/0", "/scopes/2"]


def test_a_preset_is_written_out_without_what_there_is_no_operation_for() -> None:
    assert REGISTRY.written_out(["@worker", "task.*", "ticket.update"]) == (
        "task.*",
        "case.read",
        "category.read",
        "ticket.update",
    )
    assert {each.name: each.scopes for each in REGISTRY.presets}["@agent"] == ("task.read",)


def test_words_of_older_tokens_that_match_nothing_are_told() -> None:
    assert REGISTRY.unknown(["task.read", "gone.read", "*", "gone.*", "@read"]) == ("gone.read", "gone.*", "@read")


def test_every_word_of_every_dialect_has_a_summary_of_its_own() -> None:
    found = {word for dialect in discover() for row in dialect.operations for word in row.scopes}
    for word in found - {"any", "public", "login"}:
        noun, _, verb = word.partition(".")
        assert word in SUMMARIES or (noun in NOUNS and verb in VERBS), word


def test_presets_are_told_apart() -> None:
    assert len({each.name for each in PRESETS} | {each.summary for each in PRESETS}) == 2 * len(PRESETS)


@pytest.mark.parametrize(
    ("one", "other", "letters"), [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("raed", "read", 2)]
)
def test_the_distance_counts_letters(one: str, other: str, letters: int) -> None:
    assert distance(one, other) == distance(other, one) == letters
