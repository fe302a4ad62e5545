"""Trials of new batches: all that a real one is checked for, and what its preview would say, with nothing stored.

The transaction of a trial must be rolled back by its caller.
"""

import msgspec
from msgspec.structs import replace

from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, Method, Summary
from dragoman.domain.bulk_sums import Sums
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads, selections
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.review import previewing
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.uow import UnitOfWork

MOST_PREVIEWED = 1_000
"""The most entries of a trial whose summary is made."""
NO_JOB = Hold("", "", 0)


def tried(uow: UnitOfWork, order: NewBatch) -> Batch:
    """The batch that would be made, without id and number. Its total is known, also for a selection; so is its summary
    where it has no more than MOST_PREVIEWED entries, and its objects are ours."""
    batch = batches.preview(uow, order).batch
    content = _content(uow, order) if order.selection is None else _selected(uow, order)
    total = order.size if content is None or order.selection is None else content.count
    if order.selection is not None and content is None:
        total = _count(uow, order)
    shown = replace(batch, total=total, size=total)
    type_ = resource_types.find(order.type)
    if content is None:
        return shown
    field = batch.field if order.selection is None or type_ is None else type_.id_key
    return replace(shown, summary=summary_of(uow, replace(shown, field=field), content))


def _content(uow: UnitOfWork, order: NewBatch) -> Content | None:
    """The entries; None for more than are previewed."""
    if order.size > MOST_PREVIEWED or (order.entries is None and order.method is not Method.POST):
        return None
    is_shared = payloads.is_shared(order.method, order.data, order.size)
    own = None if is_shared or order.data is None else payloads.raws(order.data)
    entries = None if order.entries is None else json_numbers.decode(order.entries)
    return Content(0, order.size, entries, own, _shared(order) if is_shared else None)


def _shared(order: NewBatch) -> msgspec.Raw | None:
    return None if order.data is None else payloads.shared_object(order.data)


def _selected(uow: UnitOfWork, order: NewBatch) -> Content | None:
    """The objects that a selection picks; None for more than are previewed."""
    type_ = resource_types.find(order.type)
    if type_ is None or type_.select is None:
        return Content(0, 0, [], None)
    select = type_.select(json_numbers.decode(order.selection or "{}"))
    found = select(uow, 0, MOST_PREVIEWED + 1)
    if len(found) > MOST_PREVIEWED:
        return None
    return Content(0, len(found), [uid for _, uid in found], None, _shared(order))


def _count(uow: UnitOfWork, order: NewBatch) -> int:
    type_ = resource_types.find(order.type)
    assert type_ is not None  # noqa: S101 - something was selected
    return selections.count(uow, type_, json_numbers.decode(order.selection or "{}"))


def summary_of(uow: UnitOfWork, batch: Batch, content: Content) -> Summary | None:
    """What the preview of a batch with these entries would add up to. None for an outside type: no other server is
    called here."""
    type_ = resource_types.find(batch.type)
    if type_ is not None and type_.outside is not None:
        return None
    sums = Sums()
    while sums.count < content.count:
        first, made = sums.count, sums.made() if content.entries is None else 0
        command = previewing.Slice(NO_JOB, content, uow.dialect, first, content.count, frozenset(sums.members), made)
        found = previewing.tried(uow, batch, command, range(first, content.count))
        sums.add((row.effect for row in found.rows), found.changes)
        if not found.rows:
            break
    return sums.summary()
