"""The languages of conditions: what they read, what they refuse and where, and that they take a step a token."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.ibm_htm.wire.expressions import literals, parser, tokens
from dragoman.dialects.ibm_htm.wire.expressions.columns import View
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Rows, is_like, selects
from dragoman.dialects.ibm_htm.wire.expressions.parser import Language, Scope, parse
from dragoman.dialects.ibm_htm.wire.expressions.tree import OPPOSITE, Every, Op, Some, Term, Tree, Variable
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK, TASK_CPROP, WORK_ITEM
from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.errors import Invalid

NOON = Moment(17_000_000_000_000_000)
QUERY_VIEWS: dict[str, View] = {"TASK": TASK, "WI": WORK_ITEM, "WORK_ITEM": WORK_ITEM}
WHERE_VIEWS: dict[str, View] = {"TASK": TASK, "WORK_ITEM": WORK_ITEM, "TASK_CPROP": TASK_CPROP}
TKIID = "_TKI:a01b0144.2bf91704.fec7573f.1"


def read(text: str, language: Language = "queryFilter") -> Tree | None:
    views = QUERY_VIEWS if language == "queryFilter" else WHERE_VIEWS
    return parse(text, Scope(language, views, TASK, NOON))


def fault(text: str, language: Language = "queryFilter") -> tuple[str, tuple[str, str]]:
    """The code of the refusal, and the word and position that it names."""
    with pytest.raises(Invalid) as refused:
        read(text, language)
    values = refused.value.parameters["values"]
    assert isinstance(values, tuple)
    return refused.value.code, values


def shape(tree: Tree | None) -> object:
    """An expression as nested lists."""
    if isinstance(tree, Term):
        return (f"{tree.ref.row}.{tree.ref.column.name}", str(tree.op), *tree.values)
    assert tree is not None
    return ["all" if isinstance(tree, Every) else "any", *map(shape, tree.parts)]


def test_and_binds_tighter_than_or() -> None:
    assert shape(read("NAME='a' OR NAME='b' AND PRIORITY=1")) == [
        "any",
        ("TASK.NAME", "=", "a"),
        ["all", ("TASK.NAME", "=", "b"), ("TASK.PRIORITY", "=", 1)],
    ]


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_an_empty_expression_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("STATE=STATE_READY", ("TASK.STATE", "=", 2)),
        ("state = state_ready", ("TASK.STATE", "=", 2)),
        ("TASK.STATE=TASK.STATE.STATE_READY", ("TASK.STATE", "=", 2)),
        ("STATE=2", ("TASK.STATE", "=", 2)),
        ("WI.REASON=REASON_POTENTIAL_OWNER", ("WORK_ITEM.REASON", "=", 1)),
        ("WORK_ITEM.REASON=WI.REASON.REASON_OWNER", ("WORK_ITEM.REASON", "=", 4)),
        ("NAME='it''s'", ("TASK.NAME", "=", "it's")),
        ("NAME NOT LIKE 'a%'", ("TASK.NAME", "NOT LIKE", "a%")),
        ("NAME IS NOT NULL", ("TASK.NAME", "IS NOT NULL")),
        ("PRIORITY NOT IN (1,2 , 1)", ("TASK.PRIORITY", "NOT IN", 1, 2)),
        ("PRIORITY<1.5", ("TASK.PRIORITY", "<=", 1)),
        ("PRIORITY>=1.5", ("TASK.PRIORITY", ">", 1)),
        ("PRIORITY>-1.5", ("TASK.PRIORITY", ">", -2)),
        ("PRIORITY=1.0", ("TASK.PRIORITY", "=", 1)),
        ("PRIORITY<99999999999999999999", ("TASK.PRIORITY", "IS NOT NULL")),
        ("PRIORITY=1.5", ["any"]),
        ("PRIORITY>99999999999999999999", ["any"]),
        ("PRIORITY IN (1.5)", ["any"]),
        ("IS_READ=true", ("TASK.IS_READ", "=", True)),
        (f"TKIID=ID ('{TKIID}')", ("TASK.TKIID", "=", TKIID)),
        ("TKIID='_TKI:0A.00.1.1'", ("TASK.TKIID", "=", "_TKI:a.0.1.1")),
        ("OWNER=$USER", ("TASK.OWNER", "=", Variable.USER)),
        ("NAME\n=\t'a'", ("TASK.NAME", "=", "a")),
        ("NAME='--' ", ("TASK.NAME", "=", "--")),
    ],
)
def test_a_condition_is_read(text: str, expected: object) -> None:
    assert shape(read(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOT NAME='a'", ("TASK.NAME", "<>", "a")),
        ("NOT NOT NAME='a'", ("TASK.NAME", "=", "a")),
        ("NOT (NAME LIKE 'a' AND PRIORITY<1)", ["any", ("TASK.NAME", "NOT LIKE", "a"), ("TASK.PRIORITY", ">=", 1)]),
        ("NOT NAME IS NULL OR PRIORITY IN (1)", ["any", ("TASK.NAME", "IS NOT NULL"), ("TASK.PRIORITY", "IN", 1)]),
        ("TASK_CPROP1.NAME='a' AND TASK_CPROP.NAME='b'",
         ["all", ("TASK_CPROP1.NAME", "=", "a"), ("TASK_CPROP.NAME", "=", "b")]),
        ("TASK1.NAME='a'", ("TASK.NAME", "=", "a")),
        ("WORK_ITEM2.REASON=WORK_ITEM.REASON.REASON_OWNER", ("WORK_ITEM2.REASON", "=", 4)),
    ],
)  # fmt: skip
def test_a_where_clause_is_read(text: str, expected: object) -> None:
    assert shape(read(text, "whereClause")) == expected


@pytest.mark.parametrize(
    ("text", "code", "word", "position"),
    [
        ("STATE LIKES 2", "bad_operator", "LIKES", 7),
        ("STATE LIKE 'a'", "bad_operator", "LIKE", 7),
        ("STATE", "bad_operator", "", 6),
        ("STATE NOT = 2", "bad_operator", "=", 11),
        ("IS_READ < TRUE", "bad_operator", "<", 9),
        ("IS_READ IN (TRUE)", "bad_operator", "IN", 9),
        ("TKIID < '_TKI:1.1.1.1'", "bad_operator", "<", 7),
        ("NAME IS 5", "bad_operator", "5", 9),
        ("2=STATE", "bad_operand", "2", 1),
        ("'a'=NAME", "bad_operand", "a", 1),
        ("TRUE=IS_READ", "bad_operand", "TRUE", 1),
        ("NAME=TYPE", "bad_operand", "TYPE", 6),
        ("NAME=NULL", "bad_operand", "NULL", 6),
        ("NAME=5", "bad_operand", "5", 6),
        ("PRIORITY='5'", "bad_operand", "5", 10),
        ("PRIORITY=5x", "bad_operand", "5x", 10),
        ("STATE=STATE_RAEDY", "bad_operand", "STATE_RAEDY", 7),
        ("KIND=STATE_READY", "bad_operand", "STATE_READY", 6),
        ("STATE=TASK.KIND.KIND_HUMAN", "bad_operand", "TASK.KIND.KIND_HUMAN", 7),
        ("DUE='2031-01-01'", "bad_operand", "2031-01-01", 5),
        ("NAME LIKE 5", "bad_operand", "5", 11),
        (f"NAME LIKE '{'x' * 32_769}'", "bad_operand", "x" * 127 + "…", 11),
        ("NAME LIKE $USER", "bad_operand", "$USER", 11),
        ("NAME=", "bad_operand", "", 6),
        ("NAME IN ()", "bad_operand", ")", 10),
        ("NAME=BIN('00')", "bad_operand", "BIN", 6),
        ("NAME=PARAM(x)", "parameter_without_value", "x", 12),
        ("DUE>TS('soon')", "bad_timestamp", "soon", 8),
        ("DUE>TS(5)", "bad_timestamp", "5", 8),
        ("COLOUR=1", "bad_column", "COLOUR", 1),
        ("TASK.COLOUR=1", "bad_column", "TASK.COLOUR", 1),
        ("UPPER(NAME)='A'", "bad_column", "UPPER", 1),
        ("TASK_CPROP.NAME='a'", "bad_view", "TASK_CPROP", 1),
        ("TKIID=ID('_TKT:1.1.1.1')", "other_object_id", "_TKT:1.1.1.1", 10),
        ("TKIID='x'", "bad_object_id", "x", 7),
        ("NOT NAME='a'", "bad_expression", "NOT", 1),
        ("(NAME='a'", "bad_expression", "", 10),
        ("NAME='a')", "bad_expression", ")", 9),
        ("NAME='a' NAME='b'", "bad_expression", "NAME", 10),
        ("NAME='a' AND", "bad_expression", "", 13),
        ("()", "bad_expression", ")", 2),
        ("NAME='a", "bad_expression", "'a", 6),
        ("NAME='a' -- all", "bad_expression", "--", 10),
        ("NAME/**/='a'", "bad_expression", "/*", 5),
        ("NAME=\"a\"", "bad_expression", '"', 6),
        ("NAME='a';", "bad_expression", ";", 9),
        ("PRIORITY=--3", "bad_expression", "--", 10),
        ("NAME IN 'a'", "bad_expression", "a", 9),
        ("NAME IN ('a' 'b')", "bad_expression", "b", 14),
        ("größe=1", "bad_column", "größe", 1),
        ("ſTATE=2", "bad_column", "ſTATE", 1),
    ],
)  # fmt: skip
def test_a_fault_names_word_and_position(text: str, code: str, word: str, position: int) -> None:
    assert fault(text) == (code, (word, str(position)))


@pytest.mark.parametrize(
    ("text", "code", "word", "position"),
    [
        ("TASK.STATE LIKES 2", "bad_operator", "LIKES", 12),
        ("WI.REASON=1", "bad_view", "WI", 1),
        ("NAME=$USER", "bad_operand", "$USER", 6),
        ("NAME=PARAM(x)", "bad_operand", "PARAM", 6),
        ("TASK_CPROP0.NAME='a'", "bad_view", "TASK_CPROP0", 1),
        ("TASK_CPROP12.NAME='a'", "bad_view", "TASK_CPROP12", 1),
    ],
)
def test_a_where_clause_has_faults_of_its_own(text: str, code: str, word: str, position: int) -> None:
    assert fault(text, "whereClause") == (code, (word, str(position)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2031", 0),
        ("2031-01", 0),
        ("2031-1-1", 0),
        ("2031-01-01T01:02:03", 3_723),
        ("2031-01-01 T01:02:03", 3_723),
        ("2031-01-01T01:02", 3_720),
        ("2031-01-01T01.02.03", 3_723),
        ("2031-01-01T01:02:03.999", 3_723),
        ("2031-01-01T01:02:03Z", 3_723),
        ("2031-01-01T02:02:03+01:00", 3_723),
        ("2030-12-31T23:02:03-0200", 3_723),
    ],
)
def test_a_timestamp_may_be_short(text: str, seconds: int) -> None:
    begin = literals.moment("2031-01-01T00:00:00Z", NOON)
    assert begin is not None
    assert literals.moment(text, NOON) == begin + seconds * 10_000_000


@pytest.mark.parametrize("text", ["T12:00:00", "12:00", "12.00.00"])
def test_a_time_of_day_is_one_of_today(text: str) -> None:
    assert literals.moment(text, NOON) == literals.moment(f"{to_datetime(NOON):%Y-%m-%d}T12:00:00", NOON)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2031-13", "2031-02-30", "2031-01-01 01:02:03", "2031-01-01T", "2031T10:00", "2031-01-01T1:02", "0000",
     "2031-01-01T25:00", "2031-01-01T01:02:60", "2031-01-01  T01:02", " T01:02", "2031-01-01Z", "0001-01-01T00:00+01",
     "٢٠٣١", "2031-01-01T01:02:03+99:00"],
)  # fmt: skip
def test_no_other_timestamp_is_taken(text: str) -> None:
    assert literals.moment(text, NOON) is None


def test_brackets_and_terms_have_limits() -> None:
    deep = "(" * parser.MOST_BRACKETS + "NAME='a'" + ")" * parser.MOST_BRACKETS
    assert shape(read(deep)) == ("TASK.NAME", "=", "a")
    assert fault("(" + deep + ")")[1] == ("(", str(parser.MOST_BRACKETS + 1))
    many = " OR ".join(["PRIORITY=1"] * parser.MOST_TERMS)
    assert isinstance(read(many), Some)
    assert fault(many + " OR PRIORITY=1")[0] == "bad_expression"
    assert fault("x" * (tokens.LARGEST_BYTES + 1))[1][1] == str(tokens.LARGEST_BYTES + 2)
    assert fault("ä" * (tokens.LARGEST_BYTES // 2 + 1))[0] == "bad_expression"


def test_not_may_be_repeated_as_often_as_fits() -> None:
    text = "NOT " * 16_000 + "NAME='a'"
    assert shape(read(text, "whereClause")) == ("TASK.NAME", "=", "a")


HOSTILE = st.text(alphabet=st.sampled_from("'\"()=<>,.-/*%_ \n\x00\\;$ANDORTLIKEINS0123ä€𝄞\u2028"), max_size=80)


@settings(max_examples=200)
@given(HOSTILE, st.sampled_from(["queryFilter", "whereClause"]))
def test_whatever_is_sent_is_read_or_refused_with_a_position(text: str, language: Language) -> None:
    try:
        read(text, language)
    except Invalid as refused:
        values = refused.parameters["values"]
        assert isinstance(values, tuple)
        assert 1 <= int(values[1]) <= len(text) + 1


@pytest.mark.parametrize("piece", ["(", "'", "''", "NAME='a' AND ", "NOT ", "x.", "1", "<>", "a ", "%", "ä"])
def test_a_step_is_taken_for_each_token_and_none_twice(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    split = tokens.split

    def counted(text: str) -> object:
        nonlocal steps
        for token in split(text):
            steps += 1
            yield token

    monkeypatch.setattr(tokens, "split", counted)
    text = (piece * tokens.LARGEST_BYTES)[: tokens.LARGEST_BYTES // 2]
    with suppress(Invalid):
        read(text, "whereClause")
    assert steps <= len(text) + 1


def rows(*properties: tuple[str, str], **task: str | int) -> Rows:
    return {
        "TASK": [task],
        "TASK_CPROP": [{"NAME": name, "STRING_VALUE": value} for name, value in properties],
    }


@pytest.mark.parametrize(
    ("text", "is_selected"),
    [
        ("TASK_CPROP.NAME='a' AND TASK_CPROP.STRING_VALUE='1'", True),
        ("TASK_CPROP.NAME='a' AND TASK_CPROP.STRING_VALUE='2'", False),
        ("TASK_CPROP1.NAME='a' AND TASK_CPROP2.STRING_VALUE='2'", True),
        ("TASK_CPROP.NAME IS NULL", False),
        ("TASK.OWNER<>'paul'", False),
        ("NOT TASK.OWNER='paul'", False),
        ("TASK.OWNER IS NULL", True),
        ("TASK.NAME LIKE 'Re%w'", True),
        ("TASK.NAME LIKE 're%'", False),
        ("TASK.PRIORITY>4 AND (TASK.NAME='x' OR TASK_CPROP3.NAME='b')", True),
    ],
)
def test_an_expression_selects_by_one_choice_of_rows(text: str, is_selected: bool) -> None:
    one = rows(("a", "1"), ("b", "2"), NAME="Review", PRIORITY=5)
    assert selects(read(text, "whereClause"), one) is is_selected


def test_what_has_no_property_has_one_of_nulls() -> None:
    assert selects(read("TASK_CPROP.NAME IS NULL", "whereClause"), rows(NAME="Review"))
    assert not selects(read("TASK_CPROP.NAME<>'a'", "whereClause"), rows(NAME="Review"))


@pytest.mark.parametrize(
    ("value", "pattern", "is_one"),
    [
        ("", "", True), ("", "%", True), ("a", "", False), ("abc", "a%c", True), ("abc", "a_c", True),
        ("abc", "%b", False), ("a%c", "a%c", True), ("a\\c", "a\\c", True), ("a\nc", "a_c", True), ("𝄞", "_", True),
        ("aXbXc", "a%X%c", True), ("ab", "a%b%b", False), ("abab", "%ab", True), ("A", "a", False), ("ab", "%%b", True),
    ],
)  # fmt: skip
def test_like_knows_two_signs(value: str, pattern: str, is_one: bool) -> None:
    assert is_like(value, pattern) is is_one


@settings(max_examples=200)
@given(st.text("ab", max_size=8), st.text("ab%_", max_size=6))
def test_like_is_what_a_naive_comparison_says(value: str, pattern: str) -> None:
    assert is_like(value, pattern) is _naive(value, pattern)


def _naive(value: str, pattern: str) -> bool:
    if not pattern:
        return not value
    if pattern[0] == "%":
        return any(_naive(value[at:], pattern[1:]) for at in range(len(value) + 1))
    return bool(value) and pattern[0] in ("_", value[0]) and _naive(value[1:], pattern[1:])


def test_ops_have_opposites() -> None:
    assert all(OPPOSITE[OPPOSITE[op]] is op for op in Op)
