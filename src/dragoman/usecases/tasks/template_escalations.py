"""`[[template.escalation]]` of a template file."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.escalation import MOST, Action, Activation, Escalation, Escalations, Expectation, Increase
from dragoman.usecases.tasks.toml_positions import Path as Place

LONGEST_NAME, LONGEST_LENGTH, MOST_RECEIVERS, MOST_CHAINS = 220, 254, 1_000, 15
KEY = "escalation"

Fault = Callable[[Place, str], None]
Reader = Callable[[Any], Any]


def read_escalations(given: Any, fault: Fault) -> Escalations:
    """The escalations of a template, in their order; what can't be taken is reported to `fault`, and left out."""
    if not isinstance(given, list) or not all(isinstance(table, dict) for table in given):
        fault((KEY,), "an escalation is written as [[template.escalation]]")
        return ()
    if len(given) > MOST:
        fault((KEY,), f"a template has at most {MOST} escalations")
        return ()
    found = tuple(_escalation(table, (KEY, place), fault) for place, table in enumerate(given))
    for place, one in enumerate(found):
        if one.name in [other.name for other in found[:place]] and one.name:
            fault((KEY, place, "name"), "two escalations have this name")
    return found


def _escalation(table: Mapping[str, Any], place: Place, fault: Fault) -> Escalation:
    values: dict[str, Any] = {}
    for key, value in table.items():
        reader = READERS.get(key)
        if reader is None:
            fault((*place, key), f"there is no such key; there are {', '.join(READERS)}")
            continue
        try:
            values[key] = reader(value)
        except ValueError as error:
            fault((*place, key), str(error))
    for key in ("name", "after"):
        if key not in table:
            fault(place, f"an escalation has the key {key}")
    return Escalation(**{"name": "", **values})


def _name(value: Any) -> str:
    if type(value) is not str or not 1 <= len(value.encode()) <= LONGEST_NAME or not value.isprintable():
        raise ValueError(f"must be text of 1 to {LONGEST_NAME} bytes")
    return value


def _length(value: Any) -> str:
    if type(value) is not str or not 1 <= len(value.encode()) <= LONGEST_LENGTH:
        raise ValueError("must be a length of time, such as 2days or PT4H")
    try:
        timing.after(Moment(0), value)
    except Invalid as error:
        raise ValueError(error.message) from None
    return value


def _pause(value: Any) -> str:
    length = _length(value)
    if timing.after(Moment(0), length) == Moment(0):
        raise ValueError("must be longer than nothing")
    return length


def _one_of(words: Iterable[StrEnum]) -> Reader:
    known = {str(word): word for word in words}

    def read_word(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return known[value]

    return read_word


def _receivers(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_RECEIVERS:
        raise ValueError("must be a list of names")
    return tuple(dict.fromkeys(_name(name) for name in value))


def _chain(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MOST_CHAINS:
        raise ValueError(f"must be a whole number from 1 to {MOST_CHAINS}")
    return value


READERS: dict[str, Reader] = {
    "name": _name,
    "activation": _one_of(Activation),
    "expected": _one_of(Expectation),
    "after": _length,
    "repeat": _pause,
    "action": _one_of(Action),
    "increase_priority": _one_of(Increase),
    "receivers": _receivers,
    "chain": _chain,
}
"""Key of an escalation -> how it is read."""
