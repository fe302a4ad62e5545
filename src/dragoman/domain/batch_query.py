"""The text by which people filter batches, such as `status:completed,stopped is:mine created:>=today-7d`."""

from collections.abc import Callable
from typing import NamedTuple

from dragoman.domain.bulk import Method, Status
from dragoman.domain.clock import Moment
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.domain.task_query.keys import closest
from dragoman.domain.task_query.moments import Range, range_of
from dragoman.domain.task_query.terms import Fault, Parsed, Term, parse

WORDS: dict[str, Callable[[], tuple[str, ...]]] = {
    "status": lambda: tuple(map(str, Status)),
    "method": lambda: tuple(map(str, Method)),
    "is": lambda: ("mine",),
    "needs": lambda: ("me",),
}
KEYS = (*WORDS, "type", "creator", "created", "origin")
ALONE = frozenset({"is", "needs", "creator", "created", "origin"})
"""Keys that take one value."""


class Asked(NamedTuple):
    """What a text asks for, and what is wrong with it."""

    terms: tuple[Term, ...]
    faults: tuple[Fault, ...]


def read(text: str, now: Moment, zone: str) -> Asked:
    """The terms of a text, and all faults in the order of the text."""
    parsed: Parsed = parse(text)
    faults = [*parsed.faults, *(fault for term in parsed.terms for fault in _faults(term, now, zone))]
    return Asked(parsed.terms, tuple(sorted(faults, key=lambda fault: fault.at)))


def spelled(key: str, text: str) -> str:
    """A word as it is stored: methods are written in capitals."""
    return text.upper() if key == "method" else text


def created(term: Term, now: Moment, zone: str) -> Range | None:
    """The moments that a term `created` stands for."""
    return range_of(term.values[0], now, zone)


def _faults(term: Term, now: Moment, zone: str) -> list[Fault]:
    key = term.key
    if key is None or key not in KEYS:
        word = term.values[0].text if key is None else key
        return [Fault("unknown_key", term.at, word, suggestion=closest(word, KEYS))]
    found: list[Fault] = []
    if key in ALONE and (len(term.values) > 1 or term.negated):
        found.append(Fault("too_many_values", term.at, key, "1"))
    for value in term.values:
        if key in WORDS:
            known = WORDS[key]()
            if spelled(key, value.text) not in known:
                found.append(Fault("unknown_value", term.at, key, value.text, closest(value.text, known)))
        elif key == "created" and range_of(value, now, zone) is None:
            found.append(Fault("not_a_moment", term.at, key, value.text))
        elif key == "origin" and not _is_ref(value.text):
            found.append(Fault("not_a_number", term.at, key, value.text))
    return found


def _is_ref(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_NUMBER
    return is_number or uuid_of(text) is not None
