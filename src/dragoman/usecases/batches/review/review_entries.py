"""Entries of a review as people read them: the object by its name, what differs, and who changed it since.

The number of statements doesn't depend on that of the entries.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, ChangeGroup, Effect, Preview, Status
from dragoman.domain.clock import Moment
from dragoman.domain.limits import PAGE_BYTES
from dragoman.domain.text import folded
from dragoman.store.repositories.batch_previews import Sought
from dragoman.usecases.batches.review import previews
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.identity import called
from dragoman.usecases.uow import UnitOfWork

MOST_CHUNKS = 20
"""The most chunks whose entries are read for a page."""
SEARCHED = 250
"""How many rows that may match a search are looked at for a page."""
NAMES = ("title", "display_name", "name", "phonenumber", "prefix")
"""The members that name an object, in this order."""


class Difference(NamedTuple):
    """A member that changes, with its values as the document shows them."""

    pointer: str
    before: Any
    after: Any


class Entry(msgspec.Struct, frozen=True):
    """One row of the table. `number` and `name` are those of the object, None where there is none or it is hidden.

    Of a stale one `changed_by` is the name of who changed the object last, and `changed_at` when.
    """

    index: int
    entry: str | int | None
    effect: Effect
    number: int | None
    name: str | None
    made_through: str | None
    changed: tuple[str, ...]
    differences: tuple[Difference, ...]
    error: dict[str, Any] | None
    warning: str | None
    is_stale: bool
    is_hidden: bool
    changed_by: str | None = None
    changed_at: Moment | None = None

    @property
    def is_unusual(self) -> bool:
        """Whether it is out of the ordinary."""
        return self.effect not in (Effect.WILL_CHANGE, Effect.NO_OP) or self.is_stale or self.warning is not None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: from an index on, with one of these effects, of one group of equal changes, with this text in the
    entry or in the object's name or number."""

    first: int = 0
    limit: int = 100
    effects: tuple[Effect, ...] = ()
    pointer: str | None = None
    group: ChangeGroup | None = None
    find: str = ""


class Page(NamedTuple):
    """Entries in order; `next` is the index from which the following ones are read, None behind the last."""

    entries: list[Entry]
    next: int | None


def page(uow: UnitOfWork, batch: Batch, wanted: Wanted) -> Page:
    """The entries of a page, as the principal may see them. For readers."""
    type_ = resource_types.find(batch.type)
    limit = SEARCHED if wanted.find or wanted.group is not None else wanted.limit
    rows = uow.previews.matching(
        batch.number, _sought(uow, batch, type_, wanted), limit=limit + 1, max_bytes=PAGE_BYTES
    )
    more = len(rows) > limit or (len(rows) > 1 and _are_cut(rows, limit))
    rows, following = rows[:limit], rows[limit].index if len(rows) > limit else rows[-1].index + 1 if rows else None
    entries = _entries(uow, batch, type_, rows)
    known = {entry.index for entry in entries}
    if len(entries) < len(rows):  # their entries are in too many chunks
        following, more = next(row.index for row in rows if row.index not in known), True
    found = [entry for entry in entries if _is_wanted(entry, wanted)]
    if len(found) > wanted.limit:
        return Page(found[: wanted.limit], found[wanted.limit].index)
    return Page(found, following if more else None)


def _are_cut(rows: Sequence[Preview], limit: int) -> bool:
    """Whether the rows may have ended early because of their size."""
    size = sum(len(row.before or "") + len(row.after or "") for row in rows)
    return len(rows) <= limit and 2 * size > PAGE_BYTES // 2


def _sought(uow: UnitOfWork, batch: Batch, type_: ResourceType | None, wanted: Wanted) -> Sought:
    group, before, after = wanted.group, None, None
    if group is not None and type_ is not None and type_.entity is not None and group.pointer.count("/") == 1:
        name = group.pointer[1:]
        before = None if group.befores != 1 or group.before is None else f'"{name}":{group.before}'
        after = None if group.after is None else f'"{name}":{group.after}'
    text = json_numbers.encode(wanted.find).decode()[1:-1] if wanted.find else None
    return Sought(
        first=wanted.first,
        effects=wanted.effects,
        pointer=group.pointer if group is not None else wanted.pointer,
        before=before,
        after=after,
        anywhere=text,
        indexes=() if text is None else _indexes(uow, batch, text, wanted),
    )


def _indexes(uow: UnitOfWork, batch: Batch, text: str, wanted: Wanted) -> tuple[int, ...]:
    """The indexes of entries that contain a text."""
    found: list[int] = []
    for first, _, entries in uow.chunks.entries_with(batch.uid, text, first=wanted.first, most=MOST_CHUNKS):
        listed = msgspec.json.decode(entries, type=list[Any])
        matches = (first + place for place, each in enumerate(listed) if folded(wanted.find) in folded(str(each)))
        found += [index for index in matches if index >= wanted.first]
    return tuple(found[:SEARCHED])


def _is_wanted(entry: Entry, wanted: Wanted) -> bool:
    if wanted.group is not None and not _is_in_group(entry, wanted.group):
        return False
    if not wanted.find:
        return True
    texts = (entry.entry, entry.name, entry.number)
    return any(folded(wanted.find) in folded(str(text)) for text in texts if text is not None)


def _is_in_group(entry: Entry, group: ChangeGroup) -> bool:
    """Of a hidden one no values are known: it is shown among those that change the member."""
    if group.pointer not in entry.changed:
        return False
    mine = next((each for each in entry.differences if each.pointer == group.pointer), None)
    return mine is None or _is_text_of(mine.after, group.after)


def _is_text_of(value: Any, text: str | None) -> bool:
    known = None if text is None else json_numbers.decode(text)
    is_moment = isinstance(known, int) and isinstance(value, str)  # stored as a number: found by its text
    return is_moment or json_numbers.are_same(value, known)


def _entries(uow: UnitOfWork, batch: Batch, type_: ResourceType | None, rows: Sequence[Preview]) -> list[Entry]:
    entity = None if type_ is None or type_.show is None or type_.sees is None else type_.entity
    present = {} if entity is None else _present(uow, entity, rows)
    hidden = frozenset() if type_ is None or entity is None else _hidden(uow, type_, entity, rows, present)
    sent = texts(uow, batch, [row.index for row in rows if row.object is None])
    stale = {
        row.index for row in rows if batch.status is Status.IN_REVIEW and entity and previews.is_stale(row, present)
    }
    changes = _changes(uow, entity, [present.get(row.number or 0) for row in rows if row.index in stale])
    found = []
    for row in rows:
        if row.object is None and batch.field is not None and row.index not in sent:
            break
        there = present.get(row.number or 0)
        is_hidden = row.index in hidden
        before, after = (None, None) if is_hidden else _documents(uow, type_, entity, row)
        by, at = changes.get(row.number or 0, (None, None)) if row.index in stale and not is_hidden else (None, None)
        changed = tuple(msgspec.json.decode(row.changed or "[]", type=list[str]))
        found.append(
            Entry(
                row.index,
                sent.get(row.index),
                row.effect,
                None if is_hidden or row.object is None or (row.number or 0) <= 0 else row.number,
                None if is_hidden else _name(before) or name_of(there) or _name(after),
                None if is_hidden else getattr(there, "made_through", None),
                changed,
                () if is_hidden else tuple(_differences(changed, before, after)),
                None if row.error is None else msgspec.json.decode(row.error),
                None if is_hidden else row.warning,
                row.index in stale,
                is_hidden,
                by,
                at,
            )
        )
    return found


def _differences(changed: Sequence[str], before: Any, after: Any) -> "list[Difference]":
    return [
        Difference(pointer, previews.value_at(before, pointer), previews.value_at(after, pointer))
        for pointer in changed
    ]


def _documents(
    uow: UnitOfWork, type_: ResourceType | None, entity: str | None, row: Preview
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    if type_ is not None and entity is not None:
        return previews.shown(uow, type_, row)
    return previews.documents(row)


def _present(uow: UnitOfWork, entity: str, rows: Sequence[Preview]) -> dict[int, Any]:
    """The objects by number, as they are now; of tasks without their extensions."""
    numbers = sorted({row.number for row in rows if row.number is not None and row.number > 0})
    if not numbers:
        return {}
    if entity == "task":
        found: Sequence[Any] = uow.tasks.plain(numbers, PAGE_BYTES)
    else:
        objects = uow.objects(entity)
        objects.load(numbers)
        found = [each for number in numbers if (each := objects.find(number)) is not None]
    return {each.number: each for each in found}


def _hidden(
    uow: UnitOfWork, type_: ResourceType, entity: str, rows: Sequence[Preview], present: Mapping[int, Any]
) -> frozenset[int]:
    subjects = {row.index: previews.subject(entity, row, present) for row in rows}
    asked = {index: each for index, each in subjects.items() if each is not None}
    assert type_.sees is not None  # noqa: S101 - checked by the caller
    seen = type_.sees(uow, list(asked.values())) if asked else []
    return frozenset(index for index, is_seen in zip(asked, seen, strict=True) if not is_seen)


def texts(uow: UnitOfWork, batch: Batch, indexes: Sequence[int]) -> dict[int, str | int | None]:
    """The entries of these indexes, as they were sent."""
    if not indexes or batch.field is None:
        return {}
    wanted, found = set(indexes), dict[int, str | int | None]()
    for first, count, entries in uow.chunks.entries_of(batch.uid, indexes, most=MOST_CHUNKS):
        listed = msgspec.json.decode(entries, type=list[str | int | None])
        found |= {index: listed[index - first] for index in range(first, first + count) if index in wanted}
    return found


def _changes(
    uow: UnitOfWork, entity: str | None, objects: Sequence[Any]
) -> dict[int, tuple[str | None, Moment | None]]:
    """Who changed these objects last, and when."""
    there = [each for each in objects if each is not None]
    if entity is None or not there:
        return {}
    rows = uow.history.authors(entity, [(each.number, each.revision) for each in there])
    names = called.names(uow, (actor for actor, _, _ in rows.values()))
    found = {place: (names.get(actor or "", login), at) for place, (actor, login, at) in rows.items()}
    return {each.number: found.get((each.number, each.revision), (None, each.modified_at)) for each in there}


def _name(document: Mapping[str, Any] | None) -> str | None:
    if document is None:
        return None
    return next((str(document[name]) for name in NAMES if document.get(name)), None)


def name_of(entity: Any) -> str | None:
    """What an object is called; None for none, or one without a name."""
    return next((str(value) for name in NAMES if (value := getattr(entity, name, None))), None)
