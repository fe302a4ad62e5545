"""Runs of batches on outside types: what their job stores and reads between two calls of the other server.

A turn is one transaction: it stores what came of the entries that were sent, and takes the next ones, with what the
preview showed of each. `sent_to` of the batch is stored with it: an entry below that index without an outcome may have
been sent by a run that ended before it could store it.

Outcomes are stored also when the job is lost meanwhile, to a pause, a stop or another worker: what was sent is done.
"""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import bulk_failures, bulk_rates, failure_groups
from dragoman.domain.bulk import (
    CHUNK,
    Batch,
    BatchDetail,
    Method,
    OnChange,
    OnConflict,
    Origin,
    Outcome,
    Preview,
    Status,
)
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.job import Job, JobKind, LeaseLost
from dragoman.domain.outside import OutsideType
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.batches.execution.outside_work import Touched, Work, left_by, number_of
from dragoman.usecases.batches.execution.runs import HELD_SECONDS
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.uow import UnitOfWork


class Ask(msgspec.Struct, frozen=True):
    """Which outside type a batch is of."""

    batch: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def outside_type(uow: UnitOfWork, command: Ask) -> str | None:
    """The name of the type; None for another type, and for a batch that is deleted. For readers."""
    batch = uow.batches.find(command.batch)
    type_ = None if batch is None else resource_types.find(batch.type)
    return type_.name if type_ is not None and type_.outside is not None else None


class Look(msgspec.Struct, frozen=True):
    """Take up to `most` entries for the preview, from `first` on."""

    batch: int
    first: int
    most: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Looked(msgspec.Struct, frozen=True):
    """The entries to look for; or how many entries fail alike, and how (JSON text)."""

    works: tuple[Work, ...] = ()
    count: int = 0
    refusal: str | None = None


def look(uow: UnitOfWork, command: Look) -> Looked:
    """Nothing for a batch that is deleted."""
    batch = uow.batches.find(command.batch)
    content = None if batch is None else payloads.holding(uow, batch, command.first)
    if batch is None or content is None:
        return Looked()
    stop = min(command.first + command.most, content.stop)
    type_ = resource_types.find(batch.type)
    refusal = _refusal(uow, batch, type_)
    if refusal is not None or type_ is None or type_.outside is None:
        return Looked(count=stop - command.first, refusal=refusal)
    return Looked(tuple(_work(batch, type_.outside, content, index, None) for index in range(command.first, stop)))


class Earlier(msgspec.Struct, frozen=True):
    """Read what earlier rows of a preview left of objects."""

    batch: int
    objects: tuple[str, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def earlier(uow: UnitOfWork, command: Earlier) -> dict[str, Touched]:
    """By the ids of the objects; without those that nothing was done to. For readers."""
    found = uow.previews.last_of(command.batch, [number_of(each) for each in command.objects])
    rows = {row.object: row for row in found.values()}
    touched = {each: left_by(rows[each]) for each in command.objects if each in rows}
    return {each: left for each, left in touched.items() if left is not None}


class Turn(msgspec.Struct, frozen=True):
    """Store outcomes, in the order of their entries, and take the next ones unless `takes` is false."""

    hold: Hold
    batch: int
    outcomes: tuple[Outcome, ...] = ()
    takes: bool = True

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Next(msgspec.Struct, frozen=True):
    """What to send; nothing before `ready_at`. `is_over`: the worker is done with the job."""

    works: tuple[Work, ...] = ()
    is_over: bool = False
    ready_at: Moment = Moment(0)


OVER = Next(is_over=True)


def turn(uow: UnitOfWork, command: Turn) -> Next:
    """The next entries, as many as the type, the batch and its rate let be sent at the same time."""
    batch = uow.batches.find(command.batch, Lock.CHANGE)
    if batch is not None and command.outcomes:
        batch = _store(uow, batch, command.outcomes)
    job = _held(uow, command.hold)
    if job is None:
        return OVER
    if batch is None or batch.status is not Status.RUNNING:
        jobs.complete(uow, job)
        return OVER
    if command.outcomes and _begun_anew(uow, job, batch):
        return OVER
    stopped = batch.stop_for_failures(at=uow.now)
    if stopped is not batch:
        batches.keep(uow, stopped)
        jobs.complete(uow, job)
        return OVER
    return _take(uow, job, batch) if command.takes else Next()


def _held(uow: UnitOfWork, hold: Hold) -> Job | None:
    try:
        return jobs.held(uow, hold)
    except LeaseLost:
        return None


# Storing


def _store(uow: UnitOfWork, batch: Batch, outcomes: Sequence[Outcome]) -> Batch:
    """Count outcomes and store those that follow the last one. An entry that has its outcome already keeps it."""
    new = [each for each in outcomes if each.index >= batch.cursor]
    if not new or new[0].index != batch.cursor:
        return batch
    _record(uow, batch, [_complete(uow, batch, each) for each in new])
    failures = sum(each.error is not None for each in new)
    counts = {"success": len(new) - failures, "failure": failures, "unchanged": sum(each.unchanged for each in new)}
    if batch.status is Status.STOPPED:
        return uow.batches.save(batch.count_late(**counts, at=uow.now))
    advanced = batch.advance(**counts, at=uow.now)
    return batches.keep(uow, advanced) if advanced.status is not batch.status else uow.batches.save(advanced)


def _record(uow: UnitOfWork, batch: Batch, outcomes: Sequence[Outcome]) -> None:
    uow.batches.record(batch.number, outcomes)
    failed = [(each.index, each.error) for each in outcomes if each.error is not None]
    if not failed:
        return
    detail = uow.batch_details.find(batch.uid, Lock.CHANGE)
    grouped = failure_groups.counted(detail or BatchDetail(batch.tenant, batch.uid), failed)
    if detail is None:
        uow.batch_details.add(grouped)
    else:
        uow.batch_details.save(grouped)


def _begun_anew(uow: UnitOfWork, job: Job, batch: Batch) -> bool:
    """Replace a job that was retried and now made progress by a new one, which starts with no failed attempts."""
    if job.attempt == 1:
        return False
    uow.enqueue(JobKind.BATCH_EXECUTE, batch.number, priority=batch.priority)
    jobs.complete(uow, job)
    return True


def _complete(uow: UnitOfWork, batch: Batch, outcome: Outcome) -> Outcome:
    if outcome.error is None:
        return replace(outcome, at=uow.now)
    content = payloads.holding(uow, batch, outcome.index)
    type_ = resource_types.find(batch.type)
    key = None if content is None else content.key(outcome.index, batch.field, type_.natural_key if type_ else "")
    return replace(outcome, at=uow.now, key=key)


# Taking


def _take(uow: UnitOfWork, job: Job, batch: Batch) -> Next:
    ready_at = bulk_rates.ready_at(batch, uow.now)
    if ready_at > uow.now:
        return _wait(uow, job, ready_at)
    content = payloads.holding(uow, batch, batch.cursor)
    type_ = resource_types.find(batch.type)
    if content is None:
        raise LookupError(f"batch {batch.number} has no entry {batch.cursor}")
    refusal = _refusal(uow, batch, type_)
    if type_ is None or type_.outside is None or refusal is not None:
        return _refuse(uow, job, batch, content, refusal or bulk_failures.type_gone(batch.type))
    most = min(type_.outside.table.http.concurrency, batch.concurrency or CHUNK)
    allowed = bulk_rates.allowed(batch, uow.now)
    stop = min(batch.cursor + (most if allowed is None else min(most, allowed)), content.stop, batch.stops_at())
    works = tuple(_works(uow, batch, type_.outside, content, range(batch.cursor, stop)))
    taken = bulk_rates.taken(batch, len(works), uow.now)
    uow.batches.save(replace(taken, sent_to=max(batch.sent_to, batch.cursor + len(works))))
    return Next(works)


def _wait(uow: UnitOfWork, job: Job, ready_at: Moment) -> Next:
    """Go on here after a short time; after a longer one, with whatever worker takes the job then."""
    seconds = (ready_at - uow.now) / TICKS_PER_SECOND
    if seconds < HELD_SECONDS:
        return Next(ready_at=ready_at)
    uow.jobs.save(job.give_back(at=uow.now, pause_seconds=seconds))
    return OVER


def _refusal(uow: UnitOfWork, batch: Batch, type_: ResourceType | None) -> str | None:
    """Why no entry may be done now; None if they may."""
    if type_ is None or type_.outside is None or not _is_configured(batch, type_.outside):
        return bulk_failures.type_gone(batch.type)
    return batch_entries.creator_of(uow, batch, type_, batch.dialect or uow.dialect)[1]


def _is_configured(batch: Batch, type_: OutsideType) -> bool:
    """Whether the type still has what the batch uses."""
    return batch.method in type_.table.methods and (batch.field is None or batch.field in type_.table.find)


def _refuse(uow: UnitOfWork, job: Job, batch: Batch, content: Content, failure: str) -> Next:
    """Fail the next entries alike, as many as are borne."""
    left = batch.failures_left()
    stop = min(batch.cursor + CHUNK, content.stop, batch.stops_at())
    count = stop - batch.cursor if left is None else min(stop - batch.cursor, left + 1)
    code = bulk_failures.code_of(failure)
    outcomes = [Outcome(batch.cursor + each, error=failure, code=code) for each in range(count)]
    after = _store(uow, batch, outcomes)
    if after.status is Status.RUNNING:
        return Next()
    jobs.complete(uow, job)
    return OVER


def _works(uow: UnitOfWork, batch: Batch, type_: OutsideType, content: Content, entries: range) -> Iterator[Work]:
    """The works of these entries, up to one that meets an object again: it is sent when the first is done."""
    rows = _shown(uow, batch, entries)
    met: set[str] = set()
    for index in entries:
        row, value = rows.get(index), content.entry(index)
        names = {name for name in (None if row is None else row.object, None if value is None else f"={value}") if name}
        if met & names:
            return
        met |= names
        yield _work(batch, type_, content, index, row)


def _work(batch: Batch, type_: OutsideType, content: Content, index: int, row: Preview | None) -> Work:
    value = content.entry(index)
    work = Work(
        batch=batch.uid,
        index=index,
        method=batch.method,
        type=batch.type,
        field=batch.field or "",
        value="" if value is None else str(value),
        data=content.text(index),
        on_change=batch.on_change,
        row=row,
        was_tried=index < batch.sent_to,
        is_kept=type_.table.undo,
    )
    return _taking_back(batch, type_, content, work) if batch.origin is Origin.UNDO else work


def _taking_back(batch: Batch, type_: OutsideType, content: Content, work: Work) -> Work:
    """The work of an undo, with what the other batch changed."""
    back = content.source(work.index).image or "null"
    field = (type_.table.id_key or "") if batch.method is Method.POST else work.field
    return replace(work, field=field, back=back, on_conflict=batch.on_conflict or OnConflict.FAIL)


def _shown(uow: UnitOfWork, batch: Batch, entries: range) -> dict[int, Preview]:
    if not batch.review or batch.on_change is OnChange.PROCEED:
        return {}
    return {row.index: row for row in uow.previews.page(batch.number, first=entries.start, limit=len(entries))}
