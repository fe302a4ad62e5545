"""Values on the right of an operator: what each type of column takes, and how it refuses the rest."""

import msgspec

from dragoman.dialects.ibm_htm.wire.expressions import faults, literals
from dragoman.dialects.ibm_htm.wire.expressions.columns import Column, Ref, Type
from dragoman.dialects.ibm_htm.wire.expressions.tokens import Token
from dragoman.dialects.ibm_htm.wire.expressions.tree import Op, Some, Term, Tree, Value, Variable
from dragoman.domain.clock import Moment, whole_seconds

FUNCTIONS = frozenset({"ID", "TS", "PARAM", "BIN"})
BOOLEANS = {"TRUE": True, "FALSE": False}
NOW = "CURRENT_DATE"  # house: ok, because it is the vendor's word, and no SQL
VARIABLES = {str(each): each for each in Variable}
_VALUES = FUNCTIONS | BOOLEANS.keys() | VARIABLES.keys() | {NOW, "NULL"}

LONGEST_PATTERN = 32_768
"""In bytes; SQLite takes 50,000."""
LOWEST, HIGHEST = -(2**63), 2**63 - 1
"""The range of a column of numbers."""

WANTED: dict[Type, str] = {
    Type.STRING: "a text in quotes is expected",
    Type.NUMBER: "a number is expected",
    Type.SYMBOL: "a constant of this column or its number is expected",
    Type.BOOLEAN: "TRUE or FALSE is expected",
    Type.ID: "an ID such as ID('_TKI:a01b0144.2bf91704.fec7573f.1') is expected",
    Type.TIMESTAMP: f"TS('2031-05-04T10:20:30') or {NOW} is expected",
}


class Operand(msgspec.Struct, frozen=True):
    """A value. A number that isn't whole is the whole number below it."""

    value: Value
    is_whole: bool = True


def is_value(word: str) -> bool:
    """Whether a name stands for a value, so that it can't be a column."""
    return word in _VALUES


def wrong(token: Token, column: Column) -> Exception:
    """The refusal of what is no value for the column."""
    return faults.operand(token.text, token.position, f"{WANTED[column.type]} for {column.name}")


def of_token(token: Token, ref: Ref, language: str, now: Moment) -> Operand:
    """A value without brackets."""
    column = ref.column
    if token.kind == "text":
        return _text(token, column)
    if token.kind == "number":
        found = literals.number(token.text)
        if found is None or column.type not in (Type.NUMBER, Type.SYMBOL):
            raise wrong(token, column)
        return Operand(*found)
    return _word(token, ref, language, now)


def of_function(token: Token, inner: Token, column: Column, language: str, now: Moment) -> Operand:
    """ID(), TS(), PARAM() or BIN(), with what stands in its brackets."""
    if token.word == "PARAM" and language == "queryFilter":
        raise faults.parameter(inner.text, inner.position)
    if token.word == "ID" and column.type is Type.ID and inner.kind == "text":
        return _id(inner, column)
    if token.word == "TS" and column.type is Type.TIMESTAMP:
        found = literals.moment(inner.text, now) if inner.kind == "text" else None
        if found is None:
            raise faults.timestamp(inner.text, inner.position)
        return Operand(found)
    raise wrong(token, column)


def check_pattern(token: Token) -> None:
    """Invalid (`bad_operand`) for a pattern that is longer than engines take."""
    if len(token.text.encode()) > LONGEST_PATTERN:
        raise faults.operand(token.text, token.position, f"a pattern has at most {LONGEST_PATTERN} bytes")


def test(ref: Ref, op: Op, given: list[Operand]) -> Tree:
    """The condition; one with numbers is put so that it needs none but those that a column can hold."""
    if ref.column.type not in (Type.NUMBER, Type.SYMBOL):
        return Term(ref, op, tuple(dict.fromkeys(each.value for each in given)))
    if op in (Op.IN, Op.NOT_IN):
        held = {each.value: None for each in given if each.is_whole and _is_held(each.value)}
        return Term(ref, op, tuple(held)) if held else _never(ref, op is Op.NOT_IN)
    return _compared(ref, op, given[0])


def _compared(ref: Ref, op: Op, given: Operand) -> Tree:
    value = int(given.value)
    if not _is_held(value):
        is_above = value > 0
        return _never(ref, op is Op.NE or op in ((Op.LT, Op.LE) if is_above else (Op.GT, Op.GE)))
    if given.is_whole:
        return Term(ref, op, (value,))
    if op in (Op.EQ, Op.NE):
        return _never(ref, op is Op.NE)
    return Term(ref, Op.LE, (value,)) if op in (Op.LT, Op.LE) else Term(ref, Op.GT, (value,))


def _never(ref: Ref, is_denied: bool) -> Tree:
    """What no value is, or its opposite, which every value is."""
    return Term(ref, Op.NOT_NULL) if is_denied else Some(())


def _is_held(value: Value) -> bool:
    return LOWEST <= int(value) <= HIGHEST


def _text(token: Token, column: Column) -> Operand:
    if column.type is Type.ID:
        return _id(token, column)
    if column.type is not Type.STRING:
        raise wrong(token, column)
    return Operand(token.text)


def _id(token: Token, column: Column) -> Operand:
    if not literals.is_id(token.text):
        raise faults.bad_id(token.text, token.position)
    found = literals.canonical(token.text)
    if column.prefix and not found.startswith(f"{column.prefix}:"):
        raise faults.other_id(token.text, token.position, column.prefix)
    return Operand(found)


def _word(token: Token, ref: Ref, language: str, now: Moment) -> Operand:
    column, word = ref.column, token.word
    if column.type is Type.STRING and word in VARIABLES and language == "queryFilter":
        return Operand(VARIABLES[word])
    if column.type is Type.BOOLEAN and word in BOOLEANS:
        return Operand(BOOLEANS[word])
    if column.type is Type.TIMESTAMP and word == NOW:
        return Operand(whole_seconds(now))
    if column.type is Type.SYMBOL:
        code = column.codes.get(_constant(word, ref))
        if code is not None:
            return Operand(code)
    raise wrong(token, column)


def _constant(word: str, ref: Ref) -> str:
    """The constant of the column that a word names, with view and column before it or without."""
    *qualifiers, constant = word.split(".")
    if not qualifiers:
        return constant
    view, *rest = qualifiers
    names = {ref.view.name, ref.view.other_name, ref.row} - {""}
    is_of_view = view in names or (ref.view.is_many and view[:-1] in names)
    return constant if is_of_view and rest == [ref.column.name] else ""
