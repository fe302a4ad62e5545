"""The keys of a filter: what values each takes, and which faults a term has that no look at the store can tell."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto

from dragoman.domain.bulk import Status
from dragoman.domain.clock import Moment
from dragoman.domain.limits import LARGEST_NUMBER
from dragoman.domain.search import MOST_TERMS, MOST_VALUES
from dragoman.domain.task import State
from dragoman.domain.task_query.moments import number_range, range_of
from dragoman.domain.task_query.terms import Fault, Parsed, Term, Value, parse
from dragoman.domain.text import distance, folded

NONE = "none"
ANY = "any"
ME = "me"
SORT = "sort"
IN_REVIEW = str(Status.IN_REVIEW)
LONGEST = 2_000
"""Maximum characters of a filter."""
MOST_SORTS = 5
LONGEST_WORD = 64  # that is compared with others


class Takes(Enum):
    """What kind of values a key takes."""

    WORD = auto()  # one of `WORDS`
    PERSON = auto()
    CATEGORY = auto()
    NUMBER = auto()  # of another object
    MOMENT = auto()
    COUNT = auto()
    TEXT = auto()
    ATTRIBUTE = auto()
    ORDER = auto()


KEYS: dict[str, Takes] = {
    "is": Takes.WORD,
    "state": Takes.WORD,
    "assignee": Takes.PERSON,
    "creator": Takes.PERSON,
    "category": Takes.CATEGORY,
    "dialect": Takes.WORD,
    "case": Takes.NUMBER,
    "stage": Takes.NUMBER,
    "contact": Takes.NUMBER,
    "parent": Takes.NUMBER,
    "batch": Takes.NUMBER,
    "due": Takes.MOMENT,
    "created": Takes.MOMENT,
    "changed": Takes.MOMENT,
    "ended": Takes.MOMENT,
    "priority": Takes.COUNT,
    "type": Takes.TEXT,
    "name": Takes.TEXT,
    SORT: Takes.ORDER,
}
PROPERTY = "prop."
EXTENSION = "ext."
FAMILIES = {PROPERTY: Takes.TEXT, EXTENSION: Takes.ATTRIBUTE}
"""Keys that go on with a name."""

IS = ("open", "ended", "unassigned", "suspended", "escalated", "unread", "overdue", "batch")
SORTS = ("due", "priority", "number", "title", "created", "changed", "category", "contact", "assignee", "state")
ALWAYS_SET = frozenset({"created", "changed"})
OTHER_DIALECTS = ("web", "mcp", "cli")
"""Where tasks are made beside the dialects."""


def words_of(key: str, dialects: Iterable[str]) -> tuple[str, ...]:
    """The values that a key of words takes."""
    known = {"is": IS, "state": (*map(str, State), IN_REVIEW), "dialect": (*dialects, *OTHER_DIALECTS)}
    return known[key]


def takes(key: str) -> Takes | None:
    """What kind of values the key takes; None for an unknown one."""
    if key in KEYS:
        return KEYS[key]
    return next((kind for family, kind in FAMILIES.items() if key.startswith(family)), None)


def read(text: str, now: Moment, zone: str, dialects: Iterable[str]) -> Parsed:
    """The terms of a text whose keys and values are known, and all faults of the others, in the order of the text.

    Names of people, categories and attributes are looked up elsewhere.
    """
    if len(text) > LONGEST:
        return Parsed((), (Fault("too_long", 1, value=str(LONGEST)),))
    parsed, names = parse(text), tuple(dialects)
    terms: list[Term] = []
    faults = list(parsed.faults)
    for term in parsed.terms:
        found = list(_faults(term, now, zone, names))
        if term.key == SORT and any(each.key == SORT for each in terms):
            found.append(Fault("sort_twice", term.at, SORT))
        faults += found
        if not found:
            terms.append(term)
    if len(parsed.terms) > MOST_TERMS:
        faults.append(Fault("too_many_terms", parsed.terms[MOST_TERMS].at, value=str(MOST_TERMS)))
    return Parsed(tuple(terms), tuple(sorted(faults, key=lambda fault: fault.at)))


def _faults(term: Term, now: Moment, zone: str, dialects: tuple[str, ...]) -> Iterator[Fault]:
    key = term.key
    if key is None:
        return
    kind = takes(key)
    if kind is None:
        yield Fault("unknown_key", term.at, key, suggestion=closest(key, (*KEYS, *FAMILIES)))
    elif kind is Takes.ORDER:
        yield from _faults_of_order(term)
    else:
        if len(term.values) > MOST_VALUES:
            yield Fault("too_many_values", term.at, key, str(MOST_VALUES))
        for value in term.values:
            fault = _fault(term, key, kind, value, now, zone, dialects)
            if fault is not None:
                yield fault


def _fault(
    term: Term, key: str, kind: Takes, value: Value, now: Moment, zone: str, dialects: tuple[str, ...]
) -> Fault | None:
    if kind is Takes.WORD:
        known = words_of(key, dialects)
        if value.text in known:
            return None
        return Fault("unknown_value", term.at, key, value.text, closest(value.text, known))
    if value.text == NONE and not value.operator and key not in ALWAYS_SET | {"priority"}:
        return None
    if kind is Takes.MOMENT and range_of(value, now, zone) is None:
        return Fault("not_a_moment", term.at, key, value.text)
    if kind in (Takes.COUNT, Takes.NUMBER) and (
        number_range(value, LARGEST_NUMBER) is None or (kind is Takes.NUMBER and value.operator)
    ):
        return Fault("not_a_number", term.at, key, value.text)
    return None


def _faults_of_order(term: Term) -> Iterator[Fault]:
    if term.negated:
        yield Fault("negated_sort", term.at, SORT)
    if len(term.values) > MOST_SORTS:
        yield Fault("too_many_sorts", term.at, SORT, str(MOST_SORTS))
    for value in term.values:
        name = value.text.removeprefix("-")
        if name not in SORTS:
            yield Fault("unknown_value", term.at, SORT, value.text, closest(name, SORTS))


def closest(text: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None where none is near."""
    wanted = folded(text)
    words = [(distance(wanted[:LONGEST_WORD], folded(word)[:LONGEST_WORD]), word) for word in known]
    near = [each for each in words if each[0] <= min(2, len(wanted) // 2)]
    if near:
        return min(near)[1]
    return next((word for _, word in words if wanted and folded(word).startswith(wanted)), None)
