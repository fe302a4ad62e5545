"""Merging what two people did to one thing: the value that a member began with, what others made of it, and mine.

A member that only one of both changed has that value; changed to the same by both it has that; else they clash, and a
person chooses. Records of a list are members by their place in the list that both began with.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class Clash(NamedTuple, Generic[V]):
    """A member that both changed, each to another value. None: it isn't there."""

    name: str
    begun: V | None
    theirs: V | None
    mine: V | None


class Merged(NamedTuple, Generic[V]):
    """What is to be written over theirs, and what clashes."""

    changes: dict[str, V | None]
    clashes: list[Clash[V]]


class Placed(NamedTuple, Generic[V]):
    """A record of mine; `origin` is its place in the list that it began with, None for a new one."""

    origin: int | None
    record: V


class MergedRecords(NamedTuple, Generic[V]):
    """The list, and the places (in the list that both began with) at which they clash; there it has mine."""

    records: list[V]
    clashes: list[int]


def merge(begun: Mapping[str, V | None], theirs: Mapping[str, V | None], mine: Mapping[str, V | None]) -> Merged[V]:
    """The changes that make mine of theirs. Only members named in `mine` are looked at; a missing one is None."""
    changes: dict[str, V | None] = {}
    clashes: list[Clash[V]] = []
    for name, value in mine.items():
        first, present = begun.get(name), theirs.get(name)
        if value in (first, present):
            continue
        if present == first:
            changes[name] = value
        else:
            clashes.append(Clash(name, first, present, value))
    return Merged(changes, clashes)


def merge_records(begun: Sequence[V], theirs: Sequence[V], mine: Sequence[Placed[V]]) -> MergedRecords[V]:
    """The records of both: those that stay in my order, then the new ones of theirs, then mine.

    Where others removed a record, places say nothing any more: then every record that differs clashes.
    """
    if [placed.record for placed in mine] == list(theirs):
        return MergedRecords(list(theirs), [])
    if [(placed.origin, placed.record) for placed in mine] == list(enumerate(begun)):
        return MergedRecords(list(theirs), [])
    if list(theirs) == list(begun):
        return MergedRecords([placed.record for placed in mine], [])
    if len(theirs) < len(begun):
        return MergedRecords([placed.record for placed in mine], list(range(len(begun))))
    return _merged(begun, theirs, mine)


def _merged(begun: Sequence[V], theirs: Sequence[V], mine: Sequence[Placed[V]]) -> MergedRecords[V]:
    kept, clashes = [], []
    for origin, record in mine:
        if origin is None or origin >= len(begun):
            continue
        first, present = begun[origin], theirs[origin]
        kept.append(present if record == first else record)
        if record not in (first, present) and present != first:
            clashes.append(origin)
    removed = set(range(len(begun))) - {placed.origin for placed in mine}
    clashes += [place for place in sorted(removed) if theirs[place] != begun[place]]
    added = [placed.record for placed in mine if placed.origin is None or placed.origin >= len(begun)]
    new = list(theirs[len(begun) :])
    return MergedRecords([*kept, *new, *(record for record in added if record not in new)], sorted(clashes))
