"""A filter as a person typed it, as conditions on tasks for this reader, in his zone, at this moment.

What the text names is looked up here: people, categories, links, schemas. A name that isn't there is a fault with its
place; an object that the reader may not see is like one that isn't there.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.extension import Owner, fold
from dragoman.domain.limits import LARGEST_NUMBER
from dragoman.domain.task import Kind, State
from dragoman.domain.task_query import keys
from dragoman.domain.task_query.inspection import Test, test_of_attribute, test_of_property
from dragoman.domain.task_query.keys import ANY, IN_REVIEW, ME, NONE, closest
from dragoman.domain.task_query.moments import number_range, range_of
from dragoman.domain.task_query.terms import Fault, Term, Value, parse
from dragoman.domain.text import folded
from dragoman.store.repositories.task_filters import Between, Ranged
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.tasks import references
from dragoman.usecases.tasks.lists import Sort, SortKey, TaskFilter, words
from dragoman.usecases.uow import UnitOfWork

NOTHING = 0  # no entity has this number
NO_USER = "0"
MOST_BATCHES = 20  # of one term
MOST_NAMES = 200  # of people, for a suggestion

IS: dict[str, TaskFilter] = {
    "open": TaskFilter(is_open=True),
    "ended": TaskFilter(is_open=False),
    "unassigned": TaskFilter(unassigned=True),
    "suspended": TaskFilter(suspended=True),
    "escalated": TaskFilter(escalated=True),
    "unread": TaskFilter(read=False),
    "overdue": TaskFilter(is_overdue=True),
    "batch": TaskFilter(kind=str(Kind.BATCH)),
}
RANGES: dict[str, Ranged] = {
    "due": "due",
    "created": "created",
    "changed": "modified",
    "ended": "completed",
    "priority": "priority",
}
UNSET = {"due": "due_at", "ended": "completed_at"}
LINKS = ("case", "stage", "contact", "parent")
SORTS: dict[str, SortKey] = {"changed": "modified"}
"""Keys of orders that lists call otherwise."""


class Filter(msgspec.Struct, frozen=True):
    """A filter that was read. With faults it has no conditions. `tests` are looked at task by task."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    faults: tuple[Fault, ...] = ()
    wanted: TaskFilter = TaskFilter()
    tests: tuple[Test, ...] = ()
    sorts: tuple[Sort, ...] = ()


def zone_of(uow: UnitOfWork) -> str:
    """The reader's time zone, else the tenant's."""
    user = persons.find(uow, uow.principal.user)
    return (user.zone if user is not None else None) or uow.home.zone


def read(uow: UnitOfWork, text: str, dialects: Sequence[str]) -> Filter:
    """The filter of a text. `dialects` are the names that `dialect:` takes beside those of the server itself."""
    parsed = keys.read(text, uow.now, zone_of(uow), dialects)
    found = read_terms(uow, parsed.terms)
    faults = tuple(sorted((*parsed.faults, *found.faults), key=lambda fault: fault.at))
    return Filter(text, parsed.terms, faults) if faults else replace(found, text=text)


def read_terms(uow: UnitOfWork, terms: Sequence[Term]) -> Filter:
    """The filter of terms without faults of their own."""
    reader = _Reader(uow, zone_of(uow))
    for term in terms:
        reader.add(term)
    if reader.faults:
        return Filter(terms=tuple(terms), faults=tuple(reader.faults))
    return Filter("", tuple(terms), (), reader.whole(), tuple(reader.tests), tuple(reader.sorts))


def both(one: TaskFilter, other: TaskFilter) -> TaskFilter:
    """The conditions of both. Those that can't stand side by side are nested, which costs indexes."""
    set_ = {name: value for name, value in asdict(other).items() if value != getattr(EVERY, name)}
    joined = {name: getattr(one, name) + set_.pop(name) for name in ("words", "all_of", "none_of") if name in set_}
    if any(getattr(one, name) != getattr(EVERY, name) for name in set_):
        rest = replace(EVERY, **set_)
        return replace(one, **joined | {"all_of": (*joined.get("all_of", one.all_of), rest)})
    return replace(one, **set_, **joined)


EVERY = TaskFilter()


class _Reader:
    """Collects the conditions of one text."""

    def __init__(self, uow: UnitOfWork, zone: str) -> None:
        self._uow = uow
        self._zone = zone
        self._wanted = EVERY
        self._words: list[str] = []
        self.faults: list[Fault] = []
        self.tests: list[Test] = []
        self.sorts: list[Sort] = []

    def whole(self) -> TaskFilter:
        """All conditions."""
        return both(self._wanted, TaskFilter(words=words(" ".join(self._words), "q"))) if self._words else self._wanted

    def add(self, term: Term) -> None:
        """Take one more term."""
        key = term.key
        if key is None:
            self._add_words(term)
        elif key == keys.SORT:
            self.sorts = [_sort(value.text) for value in term.values]
        elif key.startswith(keys.PROPERTY):
            self.tests.append(test_of_property(term, key.removeprefix(keys.PROPERTY)))
        elif key.startswith(keys.EXTENSION):
            self._add_extension(term, key)
        elif key == "batch":
            self._add_batch(term)
        else:
            parts = [part for value in term.values if (part := self._part(term, key, value)) is not None]
            self._join(term, _merged(key, parts))

    def _join(self, term: Term, parts: Sequence[TaskFilter]) -> None:
        if not parts:
            return
        if term.negated:
            self._wanted = both(self._wanted, TaskFilter(none_of=tuple(parts)))
        else:
            self._wanted = both(self._wanted, parts[0] if len(parts) == 1 else TaskFilter(any_of=tuple(parts)))

    def _add_words(self, term: Term) -> None:
        try:
            words(" ".join((*self._words, term.values[0].text)), "q")
        except Invalid:
            self.faults.append(Fault("too_many_words", term.at))
        else:
            self._words.append(term.values[0].text)

    def _part(self, term: Term, key: str, value: Value) -> TaskFilter | None:
        if key == "is":
            return IS[value.text]
        if key == "state":
            is_review = value.text == IN_REVIEW
            return TaskFilter(in_review=True) if is_review else TaskFilter(states=(State(value.text),))
        if key == "dialect":
            return TaskFilter(made_through=(value.text,))
        if key in RANGES:
            return self._range(key, value)
        if key in LINKS:
            return self._link(key, value)
        if key == "category":
            return self._category(term, value)
        if key in ("assignee", "creator"):
            return self._person(term, key, value)
        return _filter(**{key: value.text})

    def _range(self, key: str, value: Value) -> TaskFilter:
        if value.text == NONE and key in UNSET:
            return TaskFilter(unset=(UNSET[key],))
        found = (
            number_range(value, LARGEST_NUMBER)
            if keys.KEYS[key] is keys.Takes.COUNT
            else range_of(value, self._uow.now, self._zone)
        )
        assert found is not None  # noqa: S101 - checked by `keys.read`
        if key == "due":
            low, high = (None if bound is None else Moment(bound) for bound in found)
            return TaskFilter(due_from=low, due_to=high)
        return TaskFilter(between=(Between(RANGES[key], found.low, found.high),))

    def _link(self, key: str, value: Value) -> TaskFilter:
        if value.text == NONE:
            return TaskFilter(case=self._uow.home.inbox_case) if key == "case" else TaskFilter(unset=(key,))
        number = int(value.text)
        if references.hidden(self._uow, key, [number]):
            number = NOTHING
        return TaskFilter(contacts=(number,)) if key == "contact" else _filter(**{key: number})

    def _category(self, term: Term, value: Value) -> TaskFilter | None:
        if value.text == NONE:
            return TaskFilter(unset=("category",))
        known = self._uow.categories.all()
        for category in known:
            if str(category.number) == value.text or folded(category.title) == folded(value.text):
                return TaskFilter(category=category.number)
        self._unknown(term, value.text, [category.title for category in known])
        return None

    def _person(self, term: Term, key: str, value: Value) -> TaskFilter | None:
        if value.text == NONE:
            return TaskFilter(unassigned=True) if key == "assignee" else TaskFilter(unset=(key,))
        if value.text == ME:
            return _filter(**{key: self._uow.principal.user or NO_USER})
        user = persons.by_id_or_login(self._uow, value.text)
        if user is None:
            self._unknown(term, value.text, _logins(self._uow))
            return None
        return _filter(**{key: user.uid})

    def _unknown(self, term: Term, text: str, known: Iterable[str]) -> None:
        self.faults.append(Fault("unknown_value", term.at, term.key or "", text, closest(text, known)))

    def _add_batch(self, term: Term) -> None:
        if any(value.text == NONE for value in term.values):
            self._unknown(term, NONE, ())
            return
        numbers = dict.fromkeys(int(value.text) for value in term.values)
        if len(numbers) > MOST_BATCHES:
            self.faults.append(Fault("too_many_values", term.at, "batch", str(MOST_BATCHES)))
            return
        seen = tuple(NOTHING if references.hidden(self._uow, "parent", [each]) else each for each in numbers)
        self.tests.append(Test("batch", batches=seen, negated=term.negated))

    def _add_extension(self, term: Term, key: str) -> None:
        rest = key.removeprefix(keys.EXTENSION)
        schemas = {schema.folded: schema for schema in self._uow.schemas.all(Owner.TASK)}
        name, dot, attribute = rest.partition(".")
        if fold(rest) in schemas or not dot:
            name, attribute = rest, ""
        schema = schemas.get(fold(name))
        if schema is None and not self._is_stored(name):
            meant = closest(name, (each.name for each in schemas.values()))
            suggestion = None if meant is None else f"{keys.EXTENSION}{meant}{dot}{attribute}"
            self.faults.append(Fault("unknown_key", term.at, key, suggestion=suggestion))
            return
        if not attribute:
            self._add_extension_itself(term, name)
            return
        types = {fold(each.name): each for each in (() if schema is None else schema.attributes)}
        known = types.get(fold(attribute))
        if schema is not None and known is None:
            meant = closest(attribute, (each.name for each in schema.attributes))
            suggestion = None if meant is None else f"{keys.EXTENSION}{schema.name}.{meant}"
            self.faults.append(Fault("unknown_key", term.at, key, suggestion=suggestion))
            return
        type_ = None if known is None else known.type
        test, faults = test_of_attribute(term, name, attribute, type_, self._uow.now, self._zone)
        self.faults += faults
        self.tests.append(test)
        if not term.negated and not test.wants_none:
            self._wanted = both(self._wanted, TaskFilter(extensions=(fold(name),)))

    def _is_stored(self, name: str) -> bool:
        return bool(name) and self._uow.tasks.bounded_counts([TaskFilter(extensions=(fold(name),))], 1) == [1]

    def _add_extension_itself(self, term: Term, name: str) -> None:
        has = TaskFilter(extensions=(fold(name),))
        parts: list[TaskFilter] = []
        for value in term.values:
            if value.text == ANY:
                parts.append(has)
            elif value.text == NONE:
                parts.append(TaskFilter(none_of=(has,)))
            else:
                self._unknown(term, value.text, (ANY, NONE))
        self._join(term, parts)


TOGETHER = {"state": "states", "dialect": "made_through", "contact": "contacts"}
"""Keys whose values stand in one field together."""


def _merged(key: str, parts: Sequence[TaskFilter]) -> Sequence[TaskFilter]:
    """Several values of one column as one condition."""
    field = TOGETHER.get(key)
    if field is None or not all(getattr(part, field) for part in parts):
        return parts
    return [_filter(**{field: tuple(dict.fromkeys(value for part in parts for value in getattr(part, field)))})]


def _filter(**fields: Any) -> TaskFilter:
    return TaskFilter(**fields)


def sorts_of(text: str) -> tuple[Sort, ...]:
    """The order that a filter names; none where it names none, or an unknown one."""
    named = next((term.values for term in parse(text).terms if term.key == keys.SORT), ())
    known = [value.text for value in named if value.text.removeprefix("-") in keys.SORTS]
    return tuple(map(_sort, known)) if len(known) == len(named) else ()


def _sort(text: str) -> Sort:
    name: Any = text.removeprefix("-")
    return Sort(SORTS.get(name, name), text.startswith("-"))


def _logins(uow: UnitOfWork) -> list[str]:
    return [user.login for user in persons.enabled(uow)[:MOST_NAMES]]
