"""Previews, as they are read: rows with the objects before and after as the type's own GET shows them, sums of equal
changes, and how many objects were changed since."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from dragoman.domain import json_numbers
from dragoman.domain.access import sees_all
from dragoman.domain.bulk import Batch, ChangeGroup, Effect, Preview, Status
from dragoman.domain.limits import PAGE_BYTES
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.review import images
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.uow import UnitOfWork

COUNTED = 1_000
"""The largest number of changed objects that is counted."""
BLOCK = 500
LOOKS, LOOKED_AT = 4, 100
"""How many pages of rows, and of how many rows, are searched for objects that a reader may see."""


class Row(msgspec.Struct, frozen=True):
    """One entry of a preview. `data` is the entry's own, null where all share one; `error` is a failure as an object.

    `stale` is null outside a review, and for outside types. Where `hidden`, the reader may not see the object.
    """

    index: int
    entry: str | int | None
    data: msgspec.Raw | None
    effect: Effect
    object: str | None
    version: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    changed: list[str]
    error: dict[str, Any] | None
    warning: str | None
    stale: bool | None
    hidden: bool


class Page(NamedTuple):
    """Rows in order; `next` is the index from which the following ones are read, null behind the last."""

    rows: list[Row]
    next: int | None


def page(
    uow: UnitOfWork,
    batch: Batch,
    *,
    first: int = 0,
    limit: int = 50,
    effects: Collection[Effect] = (),
    pointer: str | None = None,
    after: Any = UNSET,
) -> Page:
    """Up to `limit` rows from an index on: with one of these effects, a change of the member at `pointer`, and `after`
    as its new value, where these are given. A page ends early before its images exceed PAGE_BYTES. For readers."""
    type_, rows = resource_types.find(batch.type), list[Row]()
    while len(rows) < limit:
        wanted = limit - len(rows) if after is UNSET else BLOCK
        found = uow.previews.page(
            batch.number, first=first, limit=wanted, effects=effects, pointer=pointer, max_bytes=PAGE_BYTES
        )
        if not found:
            return Page(rows, None)
        for row in rendered(uow, batch, type_, found):
            first = row.index + 1
            if _is_wanted(row, pointer, after):
                rows.append(row)
                if len(rows) == limit:
                    break
        if after is UNSET and len(found) < wanted:
            break  # ended early, or there are no more
    more = uow.previews.page(batch.number, first=first, limit=1, effects=effects, pointer=pointer, max_bytes=0)
    return Page(rows, first if more else None)


def _is_wanted(row: Row, pointer: str | None, after: Any) -> bool:
    if pointer is not None and pointer not in row.changed:
        return False
    return after is UNSET or (pointer is not None and json_numbers.are_same(value_at(row.after, pointer), after))


def value_at(document: Any, pointer: str) -> Any:
    """The value at a pointer; None where there is none."""
    value = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, msgspec.Raw):
            value = json_numbers.decode(bytes(value))
        elif isinstance(value, msgspec.Struct):
            value = getattr(value, name, None)
            continue
        value = value.get(name) if isinstance(value, dict) else None
    return json_numbers.decode(bytes(value)) if isinstance(value, msgspec.Raw) else value


def rendered(uow: UnitOfWork, batch: Batch, type_: ResourceType | None, found: Sequence[Preview]) -> list[Row]:
    """Rows as the principal may see them."""
    contents = payloads.Contents(uow, batch)
    if type_ is None or type_.entity is None or type_.show is None or type_.sees is None:
        return [_row(row, contents.holding(row.index), documents(row), stale=None, hidden=False) for row in found]
    present = _present(uow, type_.entity, [row.number for row in found if row.number is not None and row.number > 0])
    subjects = [subject(type_.entity, row, present) for row in found]
    seen = iter(type_.sees(uow, [each for each in subjects if each is not None]))
    rows = []
    for row, about in zip(found, subjects, strict=True):
        hidden = about is not None and not next(seen)
        found_documents = (None, None) if hidden else shown(uow, type_, row)
        stale = is_stale(row, present) if batch.status is Status.IN_REVIEW else None
        rows.append(_row(row, contents.holding(row.index), found_documents, stale=stale, hidden=hidden))
    return rows


def _present(uow: UnitOfWork, entity: str, numbers: Sequence[int]) -> dict[int, Any]:
    objects = uow.objects(entity)
    objects.load(sorted(set(numbers)))
    return {number: found for number in set(numbers) if (found := objects.find(number)) is not None}


def subject(entity: str, row: Preview, present: Mapping[int, Any]) -> Any:
    """The object that decides who may see a row: as it is, or as it was shown where it is gone or to be made."""
    there = None if row.object is None else present.get(row.number or 0)
    return there or images.before(entity, row) or images.after(entity, row)


def is_stale(row: Preview, present: Mapping[int, Any]) -> bool:
    """Whether the object of a row is at another version now than the one seen, or gone."""
    there = present.get(row.number or 0)
    return row.version is not None and (there is None or str(there.revision) != row.version)


Documents = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]
"""Of an object before and after an entry."""


def shown(uow: UnitOfWork, type_: ResourceType, row: Preview) -> Documents:
    """The documents of a row. What only the run can know is as before, and null for new objects."""
    entity, show = type_.entity, type_.show
    if row.effect not in (Effect.WILL_CHANGE, Effect.NO_OP) or entity is None or show is None:
        return None, None
    before, after = images.before(entity, row), images.after(entity, row)
    old = None if before is None else show(uow, before)
    if after is None:
        return old, None
    new = show(uow, after)
    return old, {**new, **{name: (old or {}).get(name) for name in type_.run_only if name in new}}


def documents(row: Preview) -> Documents:
    """The documents of a row of an outside type, whose images are documents already."""
    before, after = (None if text is None else json_numbers.decode(text) for text in (row.before, row.after))
    return before, before if row.effect is Effect.NO_OP and after is None else after


def _row(row: Preview, content: Content | None, documents: Documents, *, stale: bool | None, hidden: bool) -> Row:
    own = content is not None and content.own is not None
    return Row(
        row.index,
        None if content is None else content.entry(row.index),
        msgspec.Raw(content.text(row.index)) if own and content is not None else None,
        row.effect,
        row.object,
        row.version,
        *documents,
        [] if row.changed is None else msgspec.json.decode(row.changed),
        None if row.error is None else msgspec.json.decode(row.error),
        row.warning,
        stale,
        hidden,
    )


def moved(uow: UnitOfWork, batch: Batch) -> tuple[int, bool]:
    """How many objects of the preview are at another version by now, counted up to COUNTED, and whether there are more.
    Outside types count none. For readers."""
    type_ = resource_types.find(batch.type)
    if type_ is None or type_.entity is None:
        return 0, False
    count = uow.previews.moved(batch, type_.entity, limit=COUNTED + 1)
    return min(count, COUNTED), count > COUNTED


def groups(uow: UnitOfWork, batch: Batch) -> list[dict[str, Any]]:
    """Equal changes together, the largest first: `pointer`, `after`, `count`, `befores`, `before`. For readers."""
    type_ = resource_types.find(batch.type)
    return [shown_group(type_, readable.group) for readable in readable_groups(uow, batch)]


class ReadableGroup(NamedTuple):
    """A group of equal changes as the principal may read it: its single old value may be hidden."""

    group: ChangeGroup
    shows_before: bool = True


def readable_groups(uow: UnitOfWork, batch: Batch) -> list[ReadableGroup]:
    """The groups of equal changes, the largest first. For readers.

    A group's old value is null unless the principal may see one of its objects among the first rows with a change.
    """
    detail, type_ = uow.batch_details.find(batch.uid), resource_types.find(batch.type)
    found = [] if detail is None else list(detail.groups)
    if type_ is None or type_.sees is None or sees_all(uow.principal):
        return [ReadableGroup(group) for group in found]
    hidden = {place for place, group in enumerate(found) if group.before is not None}
    first = 0
    for _ in range(LOOKS):
        rows = _changing(uow, batch, first) if hidden else []
        if not rows:
            break
        for row in rendered(uow, batch, type_, rows):
            if not row.hidden:
                hidden = {place for place in hidden if not _has(row, found[place], type_)}
        first = rows[-1].index + 1
    return [
        ReadableGroup(replace(group, before=None), shows_before=False) if place in hidden else ReadableGroup(group)
        for place, group in enumerate(found)
    ]


def _changing(uow: UnitOfWork, batch: Batch, first: int) -> list[Preview]:
    return uow.previews.page(
        batch.number, first=first, limit=LOOKED_AT, effects=(Effect.WILL_CHANGE,), max_bytes=PAGE_BYTES
    )


def _has(row: Row, group: ChangeGroup, type_: ResourceType) -> bool:
    """Whether a row is one of the group's."""
    return _is_wanted(row, group.pointer, _value(type_, group.pointer, group.after))


def _value(type_: ResourceType | None, pointer: str, text: str | None) -> Any:
    known = None if text is None else json_numbers.decode(text)
    return known if type_ is None else type_.member(pointer, known)


def shown_group(type_: ResourceType | None, group: ChangeGroup) -> dict[str, Any]:
    """The members of a group."""
    return {
        "pointer": group.pointer,
        "after": _value(type_, group.pointer, group.after),
        "count": group.count,
        "befores": group.befores,
        "before": _value(type_, group.pointer, group.before) if group.befores == 1 else None,
    }
