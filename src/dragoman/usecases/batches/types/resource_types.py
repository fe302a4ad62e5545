"""Resource types of batches: how objects are found, created, changed and deleted, and which scopes that needs.

A dialect declares its types (`Dialect.resource_types`); the application registers them at start.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from dragoman.domain.bulk import Method
from dragoman.domain.errors import Expected
from dragoman.domain.outside import OutsideType
from dragoman.domain.restoring import Plan
from dragoman.usecases.along import Companion
from dragoman.usecases.uow import UnitOfWork

C = TypeVar("C")


Select = Callable[[UnitOfWork, int, int], list[tuple[int, str]]]
"""Number and id of the objects that a selection picks, in order of number: those behind a number, so many at most."""


class Found(NamedTuple):
    """The match of an entry: how many objects, and the object's number if it is one."""

    objects: int
    number: int | None = None


NOTHING = Found(0)

Create = Callable[[UnitOfWork, bytes], int]
"""Creates one object from JSON text that `ResourceType.create` has checked, and returns its number."""

Patch = Callable[[UnitOfWork, int], None]
"""Changes the object with a number."""


@dataclass(frozen=True)
class Undoing:
    """How what a batch did to objects of a type is taken back. All check the principal's rights.

    `plan` tells which fields belong together and what members show them. `save` stores an object whose members have
    their old values again: its state before and after, and the fields that may differ. `adding` takes deleted objects
    and returns what stores one of them again, with its number, id and history. `held` are those of some objects that
    hold others, but for these (entity, number and revision). `along` are entities that change with the objects.
    """

    plan: Plan
    save: Callable[[UnitOfWork, Any, Any, Sequence[str]], None]
    adding: Callable[[UnitOfWork, Sequence[Any]], Callable[[UnitOfWork, Any], None]]
    held: Callable[[UnitOfWork, Sequence[int], Collection[tuple[str, int, int]]], Collection[int]] = (
        lambda uow, numbers, known: ()
    )
    along: Mapping[str, Companion] = field(default_factory=dict)


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

    `entity` names the rows of the objects; an outside type has none, and the images in its preview rows are documents.
    `show` gives the document of the type's own GET, `sees` which objects the principal may see, `member` a stored value
    as the document shows it. `run_only` are members that only the run can know. `id_key` is the key with the id.
    `select` reads conditions, raises Invalid with their faults, and returns what picks. `moved_by`: the members besides
    a key's own whose change may change which object has the key. `naturals`: the natural keys of new objects, where no
    two may share one.
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
    entity: str | None = None
    id_key: str = "id"
    show: Callable[[UnitOfWork, Any], dict[str, Any]] | None = None
    sees: Callable[[UnitOfWork, Sequence[Any]], list[bool]] | None = None
    member: Callable[[str, Any], Any] = lambda pointer, value: value
    run_only: frozenset[str] = frozenset()
    select: Callable[[Any], Select] | None = None
    moved_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    naturals: Callable[[Sequence[bytes]], list[str]] | None = None
    undoing: Undoing | None = None  # None: batches of the type can't be undone
    outside: OutsideType | None = None  # its objects are on another server: jobs call it, and none of the functions


def making(commands: Mapping[bytes, C | Expected], make: Callable[[UnitOfWork, C], Any]) -> Create:
    """Makes what each text asks for: `commands` holds the command of each, or its refusal."""

    def apply(part: UnitOfWork, text: bytes) -> int:
        command = commands[text]
        if isinstance(command, Expected):
            raise command.with_traceback(None)
        number: int = make(part, command).number
        return number

    return apply


_known: dict[str, ResourceType] = {}
_outside: dict[str, ResourceType] = {}


def register(types: Sequence[ResourceType]) -> None:
    """Register types. ValueError for a name that is taken."""
    for each in types:
        if _known.setdefault(each.name, each) != each:
            raise ValueError(f"the resource type {each.name} is registered already")


def set_outside(types: Sequence[OutsideType]) -> None:
    """Register outside types in place of those before. ValueError for a name that is taken."""
    for each in types:
        if each.name in _known:
            raise ValueError(f"batch.type.{each.name}: the name is taken by a type of the server")
    _outside.clear()
    _outside.update({each.name: _of_outside(each) for each in types})


def _of_outside(type_: OutsideType) -> ResourceType:
    methods = type_.table.methods
    return ResourceType(
        name=type_.name,
        methods=methods,
        keys=tuple(type_.table.find),
        natural_key=type_.table.natural_key,
        scopes={method: type_.scopes(method) for method in methods},
        find=_not_here,
        create=_not_here,
        patch=_unchecked,
        remove=_not_here,
        id_key=type_.table.id_key or "id",
        outside=type_,
    )


def _unchecked(uow: UnitOfWork, content: bytes) -> Patch:
    """What the data of an outside object may hold is known to the other server only."""
    return _not_here


def _not_here(*_: object) -> Any:
    raise RuntimeError("objects of an outside type are on another server")


def find(name: str) -> ResourceType | None:
    """The type of this name, or None."""
    return _known.get(name) or _outside.get(name)


def names() -> tuple[str, ...]:
    """The names of all types, sorted."""
    return tuple(sorted({*_known, *_outside}))
