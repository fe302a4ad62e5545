"""Resource types of batches: how objects are found, created, changed and deleted, and which scopes that needs.

A dialect declares its types (`Dialect.resource_types`); the application registers them at start.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from dragoman.domain.bulk import Method
from dragoman.domain.errors import Expected
from dragoman.usecases.uow import UnitOfWork

C = TypeVar("C")


class Found(NamedTuple):
    """The match of an entry: how many objects, and the object's number if it is one."""

    objects: int
    number: int | None = None


NOTHING = Found(0)

Create = Callable[[UnitOfWork, bytes], None]
"""Creates one object from JSON text that `ResourceType.create` has checked."""

Patch = Callable[[UnitOfWork, int], None]
"""Changes the object with a number."""


@dataclass(frozen=True)
class ResourceType:
    """One type. `keys` are the properties by which a batch may select objects; `natural_key` identifies a new object in
    an error report. `scopes`: the creator's token needs any one of them for the method.

    `find` returns the match of each value (as text) of a property, and loads the objects for change. `create` takes all
    new objects of one transaction as JSON text and returns a function that creates one; `patch` parses a change and
    returns a function that applies it. Both may query by condition for all entries. The returned functions, and
    `remove`, run entry by entry in a unit of work that finds rows by key only (`uow.entries`); if one calls
    `must_be_exclusive`, the entry runs again in its own transaction. All raise expected errors and check the
    principal's rights.
    """

    name: str
    methods: frozenset[Method]
    keys: tuple[str, ...]
    natural_key: str
    scopes: Mapping[Method, frozenset[str]]
    find: Callable[[UnitOfWork, str, Sequence[str]], list[Found]]
    create: Callable[[UnitOfWork, Sequence[bytes]], Create]
    patch: Callable[[UnitOfWork, bytes], Patch]
    remove: Callable[[UnitOfWork, int], None]
    number_keys: frozenset[str] = frozenset()  # keys whose values are numbers: a tool may have changed `7.0` of CSV
    moments: frozenset[str] = frozenset()  # members that are moments: CSV may write them as databases do
    removing: Callable[[UnitOfWork, Sequence[int]], Patch] | None = None  # `remove` for many, which looks up once


def making(commands: Mapping[bytes, C | Expected], make: Callable[[UnitOfWork, C], object]) -> Create:
    """Makes what each text asks for: `commands` holds the command of each, or its refusal."""

    def apply(part: UnitOfWork, text: bytes) -> None:
        command = commands[text]
        if isinstance(command, Expected):
            raise command.with_traceback(None)
        make(part, command)

    return apply


_known: dict[str, ResourceType] = {}


def register(types: Sequence[ResourceType]) -> None:
    """Register types. ValueError for a name that is taken."""
    for each in types:
        if _known.setdefault(each.name, each) != each:
            raise ValueError(f"the resource type {each.name} is registered already")


def find(name: str) -> ResourceType | None:
    """The type of this name, or None."""
    return _known.get(name)


def names() -> tuple[str, ...]:
    """The names of all types, sorted."""
    return tuple(sorted(_known))
