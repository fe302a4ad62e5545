"""What changed along with an object: parts that ended or were deleted with their whole, stages that were deleted with
their case. History tells: the same batch or request changed them at the same moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dragoman.command import Lock
from dragoman.domain.restoring import Plan
from dragoman.store.repositories.history import Change, Tombstone
from dragoman.usecases.uow import UnitOfWork


@dataclass(frozen=True)
class Companion:
    """Entities that change with an object, which their `field` names: how they are restored, and stored again."""

    field: str
    plan: Plan
    save: Callable[[UnitOfWork, Any, Any], object]
    add: Callable[[UnitOfWork, Any], object]


class Went(NamedTuple):
    """One that went along: what it is, its change as JSON text, and what it left where it was deleted and is not there
    again."""

    entity: str
    number: int
    revision: int
    above: int
    changes: str
    left: Tombstone | None


Place = tuple[str, int, int]
"""An entity, its number and a revision."""


def along(
    uow: UnitOfWork, entity: str, companions: Mapping[str, Companion], rows: Sequence[Change], *, are_deleted: bool
) -> dict[int, list[Went]]:
    """What went along with the objects of these rows, by the number of the object; each behind what holds it. Of
    deleted ones those that are there again, too. The command must be exclusive."""
    if not companions or not rows:
        return {}
    own = {row.number for row in rows}
    places = [
        place
        for by in {(row.cause, row.request) for row in rows}
        for place in uow.history.beside(*by, [row.at for row in rows if (row.cause, row.request) == by])
        if place[0] in companions and not (place[0] == entity and place[1] in own)
    ]
    found = {
        (each.entity, each.number): each
        for name in companions
        for each in _of_entity(uow, name, companions[name], places, are_deleted=are_deleted)
    }
    return _by_object(entity, own, found)


def _of_entity(
    uow: UnitOfWork, name: str, companion: Companion, places: Iterable[Place], *, are_deleted: bool
) -> list[Went]:
    pairs = [(number, revision) for entity, number, revision in places if entity == name]
    rows = uow.history.rows(name, pairs)
    numbers = sorted({number for number, _ in pairs})
    objects = uow.objects(name)
    objects.load(numbers, Lock.CHANGE)
    there = [
        Went(name, number, revision, getattr(present, companion.field) or 0, row.changes, None)
        for (number, revision), row in rows.items()
        if (present := objects.find(number, Lock.CHANGE)) is not None
    ]
    if not are_deleted:
        return there
    left = {
        number: each
        for number, each in uow.history.tombstones(name, numbers).items()
        if (number, each.revision) in rows
    }
    gone = [
        Went(name, number, each.revision, getattr(each.snapshot, companion.field) or 0, "", each)
        for number, each in left.items()
    ]
    return [*there, *gone]


def _by_object(entity: str, own: set[int], found: Mapping[tuple[str, int], Went]) -> dict[int, list[Went]]:
    """Sorted by the object that they went along with, directly or through others."""
    sorted_: dict[int, list[tuple[int, int, Went]]] = {}
    for each in found.values():
        above, depth = each.above, 1
        while above not in own and depth <= len(found) and (entity, above) in found:
            above, depth = found[entity, above].above, depth + 1
        if above in own:
            sorted_.setdefault(above, []).append((depth, each.number, each))
    return {number: [each for _, _, each in sorted(items)] for number, items in sorted_.items()}
