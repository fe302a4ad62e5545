"""Types of objects that batches work on: how each is found, made, changed and deleted, and what that asks for.

A dialect offers its types (`Dialect.resource_types`); the application makes them known before anything runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.domain.batch import Method
from dragoman.usecases.uow import UnitOfWork

Patch = Callable[[UnitOfWork, int], None]
"""Changes one object, named by its number."""


@dataclass(frozen=True)
class ResourceType:
    """One type. `keys` are the properties by which a batch may pick objects; `natural_key` names one that is being
    made in an error report. `scopes`: what the creator's token must allow for each method; any one suffices.

    `find` answers, for each entry (as text), the numbers of the objects whose property equals it, and loads them.
    `patch` reads the change once and gives what applies it. All raise expected errors, entry by entry; they decide
    the rights of the unit of work's principal by themselves.
    """

    name: str
    methods: frozenset[Method]
    keys: tuple[str, ...]
    natural_key: str
    scopes: Mapping[Method, frozenset[str]]
    find: Callable[[UnitOfWork, str, Sequence[str]], list[tuple[int, ...]]]
    create: Callable[[UnitOfWork, Any], None]
    patch: Callable[[Any], Patch]
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
