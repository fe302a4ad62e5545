"""Running batches: prepare, run the entries in slices, and end the batch in any case.

A slice is one transaction: the changes of its entries, their outcomes and the counts, and in the last one also the job
and the task. After a crash the run continues at the first entry without an outcome, and no entry runs twice.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import bulk_failures
from dragoman.domain.bulk import Batch, Outcome, Status
from dragoman.domain.clock import Moment
from dragoman.domain.job import ATTEMPTS, FORMER, Job, JobKind
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import entries as batch_entries
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches import policies, resource_types
from dragoman.usecases.batches.entries import Result
from dragoman.usecases.batches.payloads import Content
from dragoman.usecases.uow import UnitOfWork

GIVEN_UP = f"not executed: the server failed {ATTEMPTS} times to do this task"


class Progress(msgspec.Struct, frozen=True):
    """The first entry without an outcome after a slice, and whether the job is done. `dialect` is the batch's own."""

    cursor: int
    is_over: bool
    dialect: str = ""


class Prepare(msgspec.Struct, frozen=True):
    """Prepare a new batch for its review, or for a worker."""

    hold: Hold

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prepare(uow: UnitOfWork, command: Prepare) -> None:
    """A batch without review is queued. Does nothing for a batch that is prepared already, or deleted."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is not None and batch.status is Status.CREATED:
        batches.keep(uow, prepared := batch.prepare(at=uow.now, policy=policies.fix(uow, batch)))
        if prepared.status is Status.QUEUED:
            uow.enqueue(JobKind.BATCH_EXECUTE, batch.number, priority=batch.priority)
    jobs.complete(uow, job)


class Begin(msgspec.Struct, frozen=True):
    """Start the run of a batch."""

    hold: Hold

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def begin(uow: UnitOfWork, command: Begin) -> Progress:
    """Completes the job if the batch is cancelled, deleted or completed."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    running = None if batch is None else batch.begin(at=uow.now)
    if running is None or running.status is not Status.RUNNING:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    if running is not batch:
        batches.keep(uow, running)
    return Progress(running.cursor, is_over=False, dialect=running.dialect or _maker(uow, running))


def _maker(uow: UnitOfWork, batch: Batch) -> str:
    """The dialect of a batch that an earlier version made."""
    made = uow.history.page("task", batch.number, limit=1)
    return made[0].dialect if made else uow.dialect


class Slice(msgspec.Struct, frozen=True):
    """Run up to `size` entries, in the dialect of the batch. `failed` is the known result of the first entry, which was
    tried by itself."""

    hold: Hold
    content: Content
    dialect: str
    size: int
    failed: Result | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def run_slice(uow: UnitOfWork, command: Slice) -> Progress:
    """Run the entries of one transaction. Raises EntryRefused if the only entry of the transaction failed."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status is not Status.RUNNING:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    content, first = command.content, batch.cursor
    entries = range(first, min(first + command.size, content.stop, batch.stops_at()))
    if first < content.first or not entries:
        return Progress(first, is_over=False, dialect=command.dialect)  # another chunk is needed
    if command.failed is not None:
        return _advance(uow, job, batch, content, [command.failed])
    return _advance(uow, job, batch, content, batch_entries.outcomes(uow, batch, content, command.dialect, entries))


class BeginAbandon(msgspec.Struct, frozen=True):
    """The job of a batch was discarded."""

    hold: Hold

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def abandon(uow: UnitOfWork, command: BeginAbandon) -> Progress:
    """Where the first entry without an outcome is."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.has_ended or batch.status is Status.IN_REVIEW:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    return Progress(batch.cursor, is_over=False)


class Abandon(msgspec.Struct, frozen=True):
    """The job of a batch was discarded: fail up to `size` entries without an outcome."""

    hold: Hold
    content: Content
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def abandon_slice(uow: UnitOfWork, command: Abandon) -> Progress:
    """The batch is completed with the last one: there is no status for a batch that could not be run (rule 4.7)."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.has_ended or batch.status is Status.IN_REVIEW:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    prepared = replace(batch.give_up(at=uow.now), canary_passed=True, max_failures=None)
    count = min(command.size, command.content.stop - batch.cursor)
    return _advance(uow, job, prepared, command.content, [Result(bulk_failures.server_failed(GIVEN_UP))] * count)


def _batch(uow: UnitOfWork, job: Job) -> Batch | None:
    return None if job.subject is None else uow.batches.find(job.subject, Lock.CHANGE)


def _advance(uow: UnitOfWork, job: Job, batch: Batch, content: Content, results: list[Result]) -> Progress:
    """Record the outcomes of the next entries; the last one ends the batch, its task and its job."""
    type_ = resource_types.find(batch.type)
    natural = "" if type_ is None else type_.natural_key
    outcomes = [
        _outcome(result, index, "" if result.error is None else content.key(index, batch.field, natural), uow.now)
        for index, result in enumerate(results, batch.cursor)
    ]
    uow.batches.record(batch.number, outcomes)
    failures = sum(result.error is not None for result in results)
    unchanged = sum(outcome.unchanged for outcome in outcomes)
    advanced = batch.advance(len(results) - failures, failures, unchanged=unchanged, at=uow.now)
    if advanced.status is not Status.RUNNING:
        batches.keep(uow, advanced)
        jobs.complete(uow, job)
        return Progress(advanced.cursor, is_over=True)
    uow.batches.save(advanced)
    dialect = batch.dialect or _maker(uow, batch)
    return Progress(advanced.cursor, is_over=_begun_anew(uow, job, batch), dialect=dialect)


def _outcome(result: Result, index: int, key: str, at: Moment) -> Outcome:
    """A failure has the key of its entry, a success the revision of its object."""
    error, subject = result.error, result.subject
    if error is not None:
        code = bulk_failures.code_of(error)
        return Outcome(index, key, error, code, object=result.object, number=result.number, at=at)
    if subject is None:
        return Outcome(index, at=at)
    return Outcome(
        index,
        unchanged=result.unchanged,
        object=subject.uid,
        number=subject.number,
        revision=result.revision,
        at=at,
    )


def _begun_anew(uow: UnitOfWork, job: Job, batch: Batch) -> bool:
    """Replace a job that was retried and now made progress by a new one, which starts with no failed attempts. Returns
    whether it did."""
    if job.attempt == 1:
        return False
    uow.enqueue(JobKind(FORMER.get(job.kind, job.kind)), job.subject, priority=batch.priority)
    jobs.complete(uow, job)
    return True
