"""Conditions on what is looked at task by task: values of extensions by their types, properties, and batches."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.clock import Moment, from_datetime, read_iso, to_datetime
from dragoman.domain.extension import fold
from dragoman.domain.task_query.keys import ANY, NONE
from dragoman.domain.task_query.moments import Range, range_of, span
from dragoman.domain.task_query.terms import Fault, Term, Value
from dragoman.domain.text import folded
from dragoman.domain.zones import zone as zone_of

Holds = Callable[[Any], bool]
"""Whether a member of a record, not null, is what is wanted."""

INTEGERS = frozenset({"integer", "long"})
DECIMALS = frozenset({"double", "currency"})
WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
LONGEST_NUMBER = 40
FLAGS = {"true": True, "false": False}

_decode = json_numbers.decoder(Any)


class Test(msgspec.Struct, frozen=True):
    """One condition. `source` says what is looked at; `holds` are the wanted values, any of which suffices."""

    source: str  # property, attribute, batch
    name: str = ""  # of the property, or the extension (folded)
    attribute: str = ""  # folded
    holds: tuple[Holds, ...] = ()
    wants_none: bool = False
    wants_any: bool = False
    negated: bool = False
    batches: tuple[int, ...] = ()


def passes(test: Test, properties: Mapping[str, str], extensions: Mapping[str, str | None], by_batch: bool) -> bool:
    """Whether a task with these facts is what the test wants. `extensions`: folded name -> JSON text."""
    if test.source == "batch":
        found = by_batch
    elif test.source == "property":
        text = properties.get(test.name)
        found = test.wants_none if text is None else any(holds(text) for holds in test.holds)
    else:
        found = _has(test, members(extensions.get(test.name), test.attribute))
    return found is not test.negated


def members(text: str | None, attribute: str) -> list[Any]:
    """The values of an attribute, one of each record, those that are null or absent left out."""
    if text is None:
        return []
    value = _decode(text)
    records = value if isinstance(value, list) else [value]
    return [
        member
        for record in records
        if isinstance(record, dict)
        for name, member in record.items()
        if member is not None and fold(name) == attribute
    ]


def _has(test: Test, found: Sequence[Any]) -> bool:
    if not found:
        return test.wants_none
    return test.wants_any or any(holds(each) for each in found for holds in test.holds)


def test_of_property(term: Term, name: str) -> Test:
    """The test of a term `prop.NAME`."""
    texts = [value.text for value in term.values if value.text != NONE]
    wants_none = len(texts) < len(term.values)
    return Test("property", name, holds=tuple(map(_is_text, texts)), wants_none=wants_none, negated=term.negated)


def test_of_attribute(
    term: Term, name: str, attribute: str, type_: str | None, now: Moment, zone: str
) -> tuple[Test, list[Fault]]:
    """The test of a term `ext.NAME.ATTRIBUTE` by the attribute's type, and what is wrong with its values. Without a
    schema (None) values are compared as text."""
    faults: list[Fault] = []
    holds: list[Holds] = []
    asked = [value for value in term.values if value.operator or value.text not in (ANY, NONE)]
    for value in asked:
        one = _holds(value, type_, now, zone)
        if one is None:
            faults.append(Fault(CODES.get(type_ or "", "unknown_value"), term.at, term.key or "", value.text))
        else:
            holds.append(one)
    words = {value.text for value in term.values if value not in asked}
    wants_none, wants_any = NONE in words, ANY in words
    test = Test("attribute", fold(name), fold(attribute), tuple(holds), wants_none, wants_any, term.negated)
    return test, faults


CODES = {
    **dict.fromkeys(INTEGERS | DECIMALS, "not_a_number"),
    "date": "not_a_moment",
    "datetime": "not_a_moment",
}


def _holds(value: Value, type_: str | None, now: Moment, zone: str) -> Holds | None:
    if type_ in INTEGERS | DECIMALS:
        bounds = _numbers(value, whole=type_ in INTEGERS)
        return None if bounds is None else partial(_is_number, *bounds)
    if type_ == "boolean":
        return None if value.text not in FLAGS else partial(_is_flag, FLAGS[value.text])
    if type_ == "datetime":
        moments = range_of(value, now, zone)
        return None if moments is None else partial(_is_moment, moments)
    if type_ == "date":
        # A day is a day in every zone: it is compared with the days that are meant in UTC.
        days = range_of(_as_days(value, now, zone), now, "UTC")
        return None if days is None else partial(_is_day, days)
    return _is_text(value.text)


def _is_text(wanted: str) -> Holds:
    known = folded(wanted)
    return lambda found: folded(_shown(found)) == known


def _shown(found: Any) -> str:
    if isinstance(found, str):
        return found
    return json_numbers.encode(found).decode()


def _numbers(value: Value, *, whole: bool) -> tuple[Decimal | None, Decimal | None, str] | None:
    low = _decimal(value.low if value.operator else value.text, whole=whole)
    if low is None:
        return None
    if value.operator == "..":
        high = _decimal(value.high, whole=whole)
        return None if high is None else (low, high, "")
    if value.operator in ("<", "<="):
        return None, low, value.operator
    return (low, None, value.operator) if value.operator else (low, low, "")


def _decimal(text: str, *, whole: bool) -> Decimal | None:
    if len(text) > LONGEST_NUMBER or (whole and WHOLE.fullmatch(text) is None):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_number(low: Decimal | None, high: Decimal | None, operator: str, found: Any) -> bool:
    if isinstance(found, bool) or not isinstance(found, (int, float, str, Decimal)):
        return False
    number = _decimal(str(found), whole=False)
    if number is None or (operator in ("<", ">") and number in (low, high)):
        return False
    return (low is None or number >= low) and (high is None or number <= high)


def _is_flag(wanted: bool, found: Any) -> bool:
    return found is wanted


def _is_moment(wanted: Range, found: Any) -> bool:
    try:
        at = from_datetime(read_iso(str(found)))
    except (ValueError, TypeError, OverflowError):
        return False
    return _is_within(wanted, at)


def _is_day(wanted: Range, found: Any) -> bool:
    day = span(str(found), Moment(0), "UTC")
    return day is not None and _is_within(wanted, day.start)


def _is_within(wanted: Range, at: int) -> bool:
    return (wanted.low is None or at >= wanted.low) and (wanted.high is None or at <= wanted.high)


def _as_days(value: Value, now: Moment, zone: str) -> Value:
    """The value with words such as `today` written as the days that they are in this zone."""
    if not value.operator:
        return Value(_day_of(value.text, now, zone))
    high = _day_of(value.high, now, zone) if value.high else ""
    return Value(value.text, value.operator, _day_of(value.low, now, zone), high)


def _day_of(text: str, now: Moment, zone: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        found = span(text, now, zone)
        return text if found is None else to_datetime(found.start).astimezone(zone_of(zone)).date().isoformat()
