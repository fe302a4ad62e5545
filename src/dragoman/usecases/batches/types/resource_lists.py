"""Lists of plain objects, filtered and sorted by properties in their JSON, paged."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from dragoman.domain.errors import Invalid
from dragoman.domain.json_numbers import decoder
from dragoman.domain.limits import PAGE_BYTES
from dragoman.domain.resource import Resource
from dragoman.usecases.batches.types.resources import Body, PlainType, shown_as
from dragoman.usecases.uow import UnitOfWork

MOST_LOOKED_AT = 200_000
AT_ONCE = 1_000

_body_of = decoder(dict[str, Any])


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A request for one page. `by` is the property to sort by, None for the newest first. `after` and `before` are
    sids; at most one is set, and neither with an offset. `natural` selects one natural key."""

    matches: Callable[[Body], bool] | None = None
    natural: str | None = None
    by: str | None = None
    descending: bool = False
    is_shuffled: bool = False
    limit: int
    offset: int = 0
    after: str | None = None
    before: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether columns alone determine the page."""
        asked = (self.matches, self.natural, self.by, self.after, self.before)
        return not self.is_shuffled and all(each is None for each in asked)


class Found(msgspec.Struct, frozen=True):
    """One page. `first` is the index of its first item in the list, `total` the length of the list."""

    items: list[Resource]
    first: int
    total: int


def find(uow: UnitOfWork, plain: PlainType, wanted: Wanted) -> Found:
    """The page. It ends early where it would hold more than PAGE_BYTES.

    Invalid `edge_not_found` when `after` or `before` is not in the list, `filter_too_wide` when too many objects would
    have to be read.
    """
    if wanted.is_plain:
        numbers = uow.resources.page_numbers(plain.name, limit=wanted.limit, offset=wanted.offset)
        return Found(_load(uow, _bounded(uow, numbers)), wanted.offset, uow.resources.count(plain.name))
    listed = list(_listed(uow, plain, wanted))
    if wanted.by is not None:
        listed.sort(key=lambda each: _rank(each[2]), reverse=wanted.descending)
    if wanted.is_shuffled:
        secrets.SystemRandom().shuffle(listed)
    first, until = _place(listed, wanted)
    numbers = [number for number, _, _ in listed[first:until]]
    if wanted.before is None:
        return Found(_load(uow, _bounded(uow, numbers)), first, len(listed))
    nearest = _bounded(uow, numbers[::-1])[::-1]
    return Found(_load(uow, nearest), first + len(numbers) - len(nearest), len(listed))


def select(
    uow: UnitOfWork, plain: PlainType, matches: Callable[[Body], bool], after: int, limit: int
) -> list[tuple[int, str]]:
    """Numbers and ids of up to `limit` matching objects behind a number, in order; fewer where there are no more."""
    found: list[tuple[int, str]] = []
    while len(found) < limit:
        rows = uow.resources.behind(plain.name, after, limit=AT_ONCE)
        if not rows:
            break
        for number, uid, text in rows:
            if matches(shown_as(plain, uid, _body_of(text))):
                found.append((number, uid))
        after = rows[-1][0]
    return found[:limit]


def _bounded(uow: UnitOfWork, numbers: list[int]) -> list[int]:
    """The first of these objects that fit in a page; always one, so that the list goes on."""
    sizes, used = uow.resources.sizes(numbers), 0
    for place, number in enumerate(numbers):
        used += sizes.get(number, 0)
        if used > PAGE_BYTES and place > 0:
            return numbers[:place]
    return numbers


def _load(uow: UnitOfWork, numbers: list[int]) -> list[Resource]:
    uow.resources.load(numbers)
    return [item for number in numbers if (item := uow.resources.find(number)) is not None]


Listed = tuple[int, str, Any]
"""An object of the list: its number, its sid, and its sort value."""


def _listed(uow: UnitOfWork, plain: PlainType, wanted: Wanted) -> Iterator[Listed]:
    for number, uid, content in _candidates(uow, plain, wanted):
        body = shown_as(plain, uid, content)
        if wanted.matches is None or wanted.matches(body):
            yield number, uid, None if wanted.by is None else body.get(wanted.by)


def _candidates(uow: UnitOfWork, plain: PlainType, wanted: Wanted) -> Iterator[tuple[int, str, Body]]:
    if wanted.natural is not None:
        named = uow.resources.by_natural(plain.name, [wanted.natural]).get(wanted.natural, [])
        yield from ((each.number, each.uid, each.body) for each in reversed(named))
        return
    if uow.resources.count(plain.name) > MOST_LOOKED_AT:
        raise Invalid("filter_too_wide", f"more than {MOST_LOOKED_AT} objects would have to be read")
    for number, uid, text in uow.resources.bodies(plain.name):
        yield number, uid, _body_of(text)


def _place(listed: list[Listed], wanted: Wanted) -> tuple[int, int]:
    edge = wanted.after if wanted.after is not None else wanted.before
    if edge is None:
        return wanted.offset, wanted.offset + wanted.limit
    name = "after" if wanted.after is not None else "before"
    place = next((place for place, (_, uid, _) in enumerate(listed) if uid == edge), None)
    if place is None:
        raise Invalid("edge_not_found", f"{name} is not in this list", parameter=name)
    if wanted.after is not None:
        return place + 1, place + 1 + wanted.limit
    return max(0, place - wanted.limit), place


def _rank(value: Any) -> tuple[int, Any]:
    """A sort key over all JSON types: null, booleans, numbers, text, everything else."""
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int | float):
        return 2, value
    return (3, value) if isinstance(value, str) else (4, 0)
