"""Selections: the conditions of a batch, resolved once into the ids of objects, with its creator's eyes, and frozen.

Ids are read slice by slice, in order of the objects' numbers, and stored as the entries of the batch. A resolution that
was broken off begins again.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, EndCode, Status
from dragoman.domain.job import Job
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

FEW = 10
"""How many chunks are deleted at once."""
AT_ONCE = 1_000


class Clear(msgspec.Struct, frozen=True):
    """Delete some of the entries that a broken off resolution left."""

    hold: Hold

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def clear(uow: UnitOfWork, command: Clear) -> bool:
    """Whether nothing is left of it."""
    batch = _batch(uow, jobs.held(uow, command.hold))
    if batch is None or uow.chunks.forget(batch.uid, limit=FEW) == FEW:
        return batch is None
    if batch.size:
        uow.batches.save(replace(batch, size=0))
    return True


class Find(msgspec.Struct, frozen=True):
    """Read up to `limit` objects that a batch selects, those behind a number."""

    batch: int
    after: int
    limit: int = AT_ONCE

    def keys(self) -> Exclusive:
        return EXCLUSIVE


Found = list[tuple[int, str]]
"""Numbers and ids."""


def find(uow: UnitOfWork, command: Find) -> Found:
    """None are left where there are fewer. None at all without a creator who may do it, and without the type. For
    readers."""
    batch = uow.batches.find(command.batch)
    type_ = None if batch is None else resource_types.find(batch.type)
    if batch is None or type_ is None or type_.select is None:
        return []
    named, _ = batch_entries.creator_of(uow, batch, type_, uow.dialect)
    if named is None:
        return []
    return type_.select(json_numbers.decode(batch.selection or "{}"))(named, command.after, command.limit)


def count(uow: UnitOfWork, type_: ResourceType, conditions: Any) -> int:
    """How many objects the principal would select, counted up to one more than a batch may have. Invalid for conditions
    that the type doesn't have. For readers."""
    if type_.select is None:
        return 0
    select, total, after, most = type_.select(conditions), 0, 0, uow.terms.most_selected
    while total <= most:
        found = select(uow, after, AT_ONCE)
        total += len(found)
        if len(found) < AT_ONCE:
            break
        after = found[-1][0]
    return min(total, most + 1)


class Keep(msgspec.Struct, frozen=True):
    """Store the next ids as entries. `is_last` with the last of them."""

    hold: Hold
    first: int
    ids: list[str]
    is_last: bool

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def keep(uow: UnitOfWork, command: Keep) -> bool:
    """Whether the batch goes on. One that selects too many objects is cancelled."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status is not Status.CREATED or batch.size != command.first:
        return batch is not None and batch.status is Status.CREATED
    size = command.first + len(command.ids)
    if size > (most := uow.terms.most_selected):
        because = f"The selection has more than {most} objects."
        batches.keep(uow, replace(batch, size=0).cancel(EndCode.TOO_MANY_SELECTED, because, at=uow.now))
        jobs.complete(uow, job)
        return False
    ids = [msgspec.Raw(msgspec.json.encode(each)) for each in command.ids]
    for chunk in payloads.cut(batch.tenant, batch.uid, ids, None, first=command.first):
        uow.chunks.add(chunk)
    grown = replace(batch, size=size)
    uow.batches.save(_resolved(uow, grown) if command.is_last else grown)
    return True


def _resolved(uow: UnitOfWork, batch: Batch) -> Batch:
    """The batch with the field that its entries select by, and a computed title with their number."""
    type_ = resource_types.find(batch.type)
    field = "id" if type_ is None else type_.id_key
    if batch.title != f"{batch.method} selected {batch.type}":
        return replace(batch, field=field)
    title = f"{batch.method} {batch.size} × {batch.type} by {field}"
    task = uow.tasks.get(batch.number)
    tasks.save(uow, task, replace(task, title=title))
    return replace(batch, field=field, title=title)


def _batch(uow: UnitOfWork, job: Job) -> Batch | None:
    return None if job.subject is None else uow.batches.find(job.subject, Lock.CHANGE)
