"""What the slices of a preview before this one made of objects, from the rows that they stored.

A row of an entry has its object. What entries made of other objects (parts that end with their whole, counts of a
company's persons) stands in rows of negative indexes, one for each object and slice.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from dragoman.domain.bulk import Batch, Effect, Preview
from dragoman.usecases.batches.review import images
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.uow import UnitOfWork

BESIDE = 1 << 20
"""The most other objects of one slice."""
MOST = 20_000
"""The most objects of earlier slices that are put into a slice whose entries are found by conditions. In a batch that
touches more, such an entry is shown without the results of the first of them."""


def left(
    uow: UnitOfWork, batch: Batch, type_: ResourceType, numbers: Sequence[int], *, with_others: bool
) -> dict[int, Any]:
    """These objects as they were left last; None for one that was deleted. Untouched ones are left out. `with_others`:
    entries touched objects beside their own."""
    entity = type_.entity or ""
    beside = uow.previews.beside(batch.number, numbers) if with_others else {}
    own = uow.previews.last_of(batch.number, numbers)
    found: dict[int, Any] = {}
    for number in numbers:
        mine, other = own.get(number), beside.get(number)
        if other is not None and (mine is None or _entry_of(other) >= mine.index):
            found[number] = images.after(entity, other)
        elif mine is not None:
            found[number] = images.after(entity, mine)
    return found


def load_all(uow: UnitOfWork, batch: Batch, type_: ResourceType) -> None:
    """Load all objects that earlier slices touched, so that conditions find what they left. MOST at most."""
    numbers = uow.previews.touched(batch.number, limit=MOST)
    uow.objects(type_.entity or "").load([number for number in numbers if number > 0])
    _leave(uow, batch, type_, [number for number in numbers if number < 0])


def load_named(uow: UnitOfWork, batch: Batch, type_: ResourceType, contents: Sequence[bytes]) -> None:
    """Load the objects that earlier slices made with the natural keys of these new ones."""
    if type_.naturals is not None:
        _leave(uow, batch, type_, [hashed(natural) for natural in set(type_.naturals(contents))])


def _leave(uow: UnitOfWork, batch: Batch, type_: ResourceType, hashes: Sequence[int]) -> None:
    entity = type_.entity or ""
    for row in uow.previews.last_of(batch.number, hashes).values():
        uow.leave(entity, images.after(entity, row))


def hashed(natural: str) -> int:
    """The number in the row of a new object that others may not share a natural key with: negative."""
    return -(int.from_bytes(blake2b(natural.encode(), digest_size=8).digest(), "big") >> 1) - 1


def rows_beside(last: int, others: Iterable[tuple[int, int | None, Any]]) -> list[Preview]:
    """The rows for objects that the entries up to `last` touched beside their own: of each the number, the revision as
    it was stored, and the object as it was left."""
    return [
        Preview(
            -(last + 1) * BESIDE - place,
            Effect.WILL_CHANGE,
            number=number,
            version=None if revision is None else str(revision),
            after=None if now is None else images.whole(now),
        )
        for place, (number, revision, now) in enumerate(others)
    ]


def _entry_of(row: Preview) -> int:
    """The last entry of the slice of a row of a negative index."""
    return -row.index // BESIDE - 1
