"""Types of objects that batches work on: how each is found, made, changed and deleted, and what that asks for.

A dialect offers its types (`Dialect.resource_types`); the application makes them known before anything runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dragoman.domain.bulk import Method
from dragoman.usecases.uow import UnitOfWork


class Found(NamedTuple):
    """What matches an entry: how many objects, and the number of the one if it is one."""

    objects: int
    number: int | None = None


NOTHING = Found(0)

Create = Callable[[UnitOfWork, bytes], None]
"""Makes one object of what was sent for it, JSON text that was handed to `ResourceType.create`."""

Patch = Callable[[UnitOfWork, int], None]
"""Changes one object, named by its number."""


@dataclass(frozen=True)
class ResourceType:
    """One type. `keys` are the properties by which a batch may pick objects; `natural_key` names one that is being
    made in an error report. `scopes`: what the creator's token must allow for each method; any one suffices.

    `find` tells for each value (as text) what has it as that property, and loads them for change. `create` is given
    all that one transaction will make, as JSON text, and gives what makes one; `patch` reads a change and gives what
    applies it: both may look up by condition what all of them need. What they give, and `remove`, run entry by entry
    in a unit of work that knows rows by key alone (`uow.entries`); where more is needed they say so
    (`must_be_exclusive`) and run again by themselves. All raise expected errors, and decide the rights of the unit of
    work's principal by themselves.
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


_known: dict[str, ResourceType] = {}


def offer(types: Sequence[ResourceType]) -> None:
    """Make types known. ValueError when another has the name."""
    for each in types:
        if _known.setdefault(each.name, each) != each:
            raise ValueError(f"there is a resource type {each.name} already")


def named(name: str) -> ResourceType | None:
    """The type of this name, or None."""
    return _known.get(name)


def names() -> tuple[str, ...]:
    """Every known type's name, in order."""
    return tuple(sorted(_known))
