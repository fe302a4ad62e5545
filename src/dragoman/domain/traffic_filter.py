"""The filter of traffic: which requests its terms are about, and what is wrong with them.

Its grammar is that of task filters (`task_query/terms.py`); words are looked for in path and query.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dragoman.domain.limits import LARGEST_NUMBER
from dragoman.domain.search import MOST_TERMS
from dragoman.domain.task_query.keys import LONGEST, closest
from dragoman.domain.task_query.terms import Fault, Term, Value, parse
from dragoman.domain.traffic import Entry

NUMBERS = ("status", "duration")
TEXTS = ("client", "operation", "request")
KEYS = ("dialect", "status", "client", "operation", "duration", "task", "request")
TASK = "task"
FAILING = "status:>=400"
LONGEST_DIGITS = 18


class Wanted(NamedTuple):
    """The terms that could be read, and the faults of the others in the order of the text."""

    terms: tuple[Term, ...]
    faults: tuple[Fault, ...]

    @property
    def tasks(self) -> tuple[int, ...]:
        """The numbers of the tasks that it names: what these were changed by has to be looked up."""
        return tuple(int(value.text) for term in self.terms if term.key == TASK for value in term.values)


def read(text: str, dialects: Iterable[str]) -> Wanted:
    """The filter of a text."""
    if len(text) > LONGEST:
        return Wanted((), (Fault("too_long", 1, value=str(LONGEST)),))
    names = tuple(dialects)
    terms: list[Term] = []
    parsed = parse(text)
    faults = list(parsed.faults)
    for term in parsed.terms:
        found = list(_faults(term, names))
        faults += found
        if not found:
            terms.append(term)
    if len(parsed.terms) > MOST_TERMS:
        faults.append(Fault("too_many_terms", parsed.terms[MOST_TERMS].at, value=str(MOST_TERMS)))
    return Wanted(tuple(terms), tuple(sorted(faults, key=lambda fault: fault.at)))


def _faults(term: Term, dialects: tuple[str, ...]) -> Iterator[Fault]:
    key = term.key
    if key is None:
        return
    if key not in KEYS:
        yield Fault("unknown_key", term.at, key, suggestion=closest(key, KEYS))
        return
    for value in term.values:
        if key == "dialect" and value.text not in dialects:
            yield Fault("unknown_value", term.at, key, value.text, closest(value.text, dialects))
        if key in NUMBERS and _bounds(value) is None:
            yield Fault("not_a_number", term.at, key, value.text)
        if key == TASK and (not _is_digits(value.text) or int(value.text) > LARGEST_NUMBER):
            yield Fault("not_a_number", term.at, key, value.text)


def matches(entry: Entry, terms: Iterable[Term], changed: Mapping[int, frozenset[str]]) -> bool:
    """Whether all terms hold. `changed`: number of a task -> the ids of the requests that changed it."""
    return all(any(_holds(entry, term.key, value, changed) for value in term.values) != term.negated for term in terms)


def _holds(entry: Entry, key: str | None, value: Value, changed: Mapping[int, frozenset[str]]) -> bool:
    if key is None:
        return value.text.casefold() in entry.target.casefold()
    if key == TASK:
        return entry.request in changed.get(int(value.text), ())
    if key in NUMBERS:
        return _is_within(entry.status if key == "status" else entry.milliseconds, value)
    return str(getattr(entry, key)).casefold() == value.text.casefold()


def _is_within(number: float, value: Value) -> bool:
    bounds = _bounds(value)
    if bounds is None:
        return False
    low, high = bounds
    if value.operator == "":
        return number == low if number == int(number) else int(number) == low
    return {
        "<": number < low,
        "<=": number <= low,
        ">": number > low,
        ">=": number >= low,
        "..": low <= number <= high,
    }[value.operator]


def _bounds(value: Value) -> tuple[int, int] | None:
    low = value.low if value.operator else value.text
    high = value.high if value.operator == ".." else low
    return (int(low), int(high)) if _is_digits(low) and _is_digits(high) else None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_DIGITS
