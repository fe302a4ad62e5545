"""Filters of events: types, exact, as a prefix such as `task.*`, or all; and one subject."""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from dragoman.domain.event import HIDDEN, PLURALS, TYPES
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of

EVERY_TYPE = ("*",)
MOST_TYPES = 50
LATER = {"mail": "mail", "absences": "absence", "calendars": "calendar", "ladders": "ladder"}
"""Subjects of types that this version doesn't write: like the types, they can be asked for."""
SINGULARS = LATER | {plural: entity for entity, plural in PLURALS.items()}

TYPE_PATTERN = r"^(\*|[a-z]+(_[a-z]+)*\.(\*|[a-z]+(_[a-z]+)*))$"
"""What can stand in a filter of types. Types that this version doesn't know are none of its faults."""
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_NAMED = frozenset({"tenant", "calendar", "ladder"})
"""Entities that are known by a name, which may be digits."""


class Subject(msgspec.Struct, frozen=True):
    """One subject: as it is spelled in events, or an entity by its number."""

    text: str | None = None
    entity: str | None = None
    number: int | None = None


class Filter(msgspec.Struct, frozen=True):
    """Which events somebody wants to hear."""

    types: tuple[str, ...] = EVERY_TYPE
    subject: Subject | None = None

    @property
    def wants_all(self) -> bool:
        """Whether every event is wanted."""
        return self.subject is None and "*" in self.types

    def wants_type(self, type_: str) -> bool:
        """Whether events of this type are wanted."""
        return wants(self.types, type_)

    def wants_subject(self, subject: str, entity: str, number: int | None) -> bool:
        """Whether events with this subject are wanted."""
        wanted = self.subject
        if wanted is None:
            return True
        if wanted.text is not None:
            return wanted.text == subject
        return (wanted.entity, wanted.number) == (entity, number)


@lru_cache(maxsize=4_096)
def wants(types: tuple[str, ...], type_: str) -> bool:
    """Whether a filter of types takes this type."""
    return "*" in types or type_ in types or f"{type_.partition('.')[0]}.*" in types


@lru_cache(maxsize=1_024)
def stored_types(types: tuple[str, ...]) -> tuple[str, ...] | None:
    """The types of stored events that a filter takes; None: all."""
    return None if "*" in types else tuple(sorted(type_ for type_ in TYPES - {*HIDDEN} if wants(types, type_)))


@lru_cache(maxsize=1_024)
def hidden_entities(types: tuple[str, ...]) -> tuple[str, ...]:
    """The entities of which a filter takes the events that stand for hidden ones."""
    return tuple(type_.partition(".")[0] for type_ in HIDDEN if wants(types, type_))


def subject_of(text: str) -> Subject | None:
    """The subject that `tasks/12`, `tasks/UUID` or `tenants/main` names; None where it names none."""
    plural, slash, id_ = text.partition("/")
    entity = SINGULARS.get(plural)
    if entity is None or not slash or not id_ or "/" in id_:
        return None
    if entity not in _NAMED and _NUMBER.fullmatch(id_) and int(id_) <= LARGEST_NUMBER:
        return Subject(entity=entity, number=int(id_))
    return Subject(text=f"{plural}/{uuid_of(id_) or id_}")


def types_of(words: Iterable[str]) -> tuple[str, ...]:
    """The types of a filter, once each, in order."""
    return tuple(dict.fromkeys(words))
