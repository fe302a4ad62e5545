"""Running batches: prepare, run the entries in slices, and end the batch in any case.

A slice is one transaction: the changes of its entries, their outcomes and the counts, and in the last one also the job
and the task. After a crash the run continues at the first entry without an outcome, and no entry runs twice. A slice
begins with the locked row of the batch, so what people decide holds from its next entry on, on any node.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import bulk_failures, bulk_rates, failure_groups
from dragoman.domain.bulk import WAITING, Batch, BatchDetail, ChangeGroup, EndCode, Outcome, Status, Summary
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.job import ATTEMPTS, FORMER, Job, JobKind
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.batches.execution.entries import Result
from dragoman.usecases.batches.review import policies
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.uow import UnitOfWork

HELD_SECONDS = 1.0
"""A run that waits for longer gives its job back, and another worker may take it."""
ABANDONED = WAITING | {Status.CREATED, Status.RUNNING}
"""Statuses in which a batch fails with its job; in all others it has no job."""
GIVEN_UP = f"not executed: the server failed {ATTEMPTS} times to do this task"

NOT_PREPARED = "The server failed again and again to take the entries from another batch."


class Progress(msgspec.Struct, frozen=True):
    """The first entry without an outcome after a slice, and whether the worker is done with the job. `dialect` is the
    batch's own. A slice before `ready_at` would do nothing."""

    cursor: int
    is_over: bool
    dialect: str = ""
    ready_at: Moment = Moment(0)


class Prepare(msgspec.Struct, frozen=True):
    """Prepare a new batch for its review, or for a worker, with what its preview adds up to."""

    hold: Hold
    summary: Summary | None = None
    groups: tuple[ChangeGroup, ...] = ()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prepare(uow: UnitOfWork, command: Prepare) -> None:
    """A batch without review is queued. Does nothing for a batch that is prepared already, or deleted."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is not None and batch.status is Status.CREATED:
        policy = policies.fix(uow, batch)
        batches.keep(uow, prepared := batch.prepare(at=uow.now, policy=policy, summary=command.summary))
        _keep_groups(uow, batch, command.groups)
        if prepared.status is Status.QUEUED:
            control.queue_run(uow, prepared)
    jobs.complete(uow, job)


def _keep_groups(uow: UnitOfWork, batch: Batch, groups: tuple[ChangeGroup, ...]) -> None:
    detail = uow.batch_details.find(batch.uid, Lock.CHANGE)
    if detail is not None:
        uow.batch_details.save(replace(detail, groups=groups))
    elif groups:
        uow.batch_details.add(BatchDetail(batch.tenant, batch.uid, groups))


class Begin(msgspec.Struct, frozen=True):
    """Start the run of a batch."""

    hold: Hold

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def begin(uow: UnitOfWork, command: Begin) -> Progress:
    """Completes the job if the batch is deleted, has ended, or waits for somebody. Gives it back if the batch may not
    begin yet."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is not None and batch.status in WAITING and batch.not_before is not None and batch.not_before > uow.now:
        return _give_back(uow, job, batch, batch.not_before)
    running = None if batch is None else batch.begin(at=uow.now)
    if running is None or running.status is not Status.RUNNING:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    if running is not batch:
        batches.keep(uow, running)
    return Progress(running.cursor, is_over=False, dialect=running.dialect or _maker(uow, running))


def _later(uow: UnitOfWork, job: Job, batch: Batch, ready_at: Moment) -> Progress:
    """Where a run goes on that has to wait: here after a short time, else with whatever worker takes the job then."""
    if ready_at - uow.now >= HELD_SECONDS * TICKS_PER_SECOND:
        return _give_back(uow, job, batch, ready_at)
    return Progress(batch.cursor, is_over=False, dialect=batch.dialect or _maker(uow, batch), ready_at=ready_at)


def _give_back(uow: UnitOfWork, job: Job, batch: Batch, ready_at: Moment) -> Progress:
    uow.jobs.save(job.give_back(at=uow.now, pause_seconds=(ready_at - uow.now) / TICKS_PER_SECOND))
    return Progress(batch.cursor, is_over=True)


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
    stopped = batch.stop_for_failures(at=uow.now)
    if stopped is not batch:  # fewer are borne since the last slice
        return _rest(uow, job, stopped)
    content, first = command.content, batch.cursor
    entries = range(first, min(first + command.size, content.stop, batch.stops_at()))
    if first < content.first or not entries:
        return Progress(first, is_over=False, dialect=command.dialect)  # another chunk is needed
    ready_at = bulk_rates.ready_at(batch, uow.now)
    if ready_at > uow.now:
        return _later(uow, job, batch, ready_at)
    if (allowed := bulk_rates.allowed(batch, uow.now)) is not None:
        entries = entries[:allowed]
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
    if batch is None or batch.status not in ABANDONED:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    if not payloads.are_complete(uow, batch):
        batches.keep(uow, batch.cancel(EndCode.SERVER_FAILED, NOT_PREPARED, at=uow.now))
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
    if batch is None or batch.status not in ABANDONED:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    given_up, count = batch.give_up(at=uow.now), min(command.size, command.content.stop - batch.cursor)
    _record(uow, given_up, command.content, [Result(bulk_failures.server_failed(GIVEN_UP))] * count)
    after = given_up.abandon(count, at=uow.now)
    if after.has_ended:
        return _rest(uow, job, after)
    if batch.status is after.status:
        uow.batches.save(after)
    else:
        batches.keep(uow, after)
    return Progress(after.cursor, is_over=False)


def _batch(uow: UnitOfWork, job: Job) -> Batch | None:
    return None if job.subject is None else uow.batches.find(job.subject, Lock.CHANGE)


def _advance(uow: UnitOfWork, job: Job, batch: Batch, content: Content, results: list[Result]) -> Progress:
    """Record the outcomes of the next entries; the last one ends the batch, its task and its job."""
    outcomes = _record(uow, batch, content, results)
    failures = sum(outcome.error is not None for outcome in outcomes)
    unchanged = sum(outcome.unchanged for outcome in outcomes)
    advanced = batch.advance(len(outcomes) - failures, failures, unchanged=unchanged, at=uow.now)
    if advanced.status is not Status.RUNNING:
        return _rest(uow, job, advanced)
    advanced = uow.batches.save(bulk_rates.taken(advanced, len(outcomes), uow.now))
    if begun_anew(uow, job, batch):
        return Progress(advanced.cursor, is_over=True)
    return _later(uow, job, advanced, bulk_rates.ready_at(advanced, uow.now))


def _rest(uow: UnitOfWork, job: Job, batch: Batch) -> Progress:
    """Save a batch that doesn't run any more, and complete its job."""
    batches.keep(uow, batch)
    jobs.complete(uow, job)
    return Progress(batch.cursor, is_over=True)


def _record(uow: UnitOfWork, batch: Batch, content: Content, results: list[Result]) -> list[Outcome]:
    """Store the outcomes of the next entries, and count equal failures."""
    type_ = resource_types.find(batch.type)
    natural = "" if type_ is None else type_.natural_key
    outcomes = [
        _outcome(result, index, "" if result.error is None else content.key(index, batch.field, natural), uow.now)
        for index, result in enumerate(results, batch.cursor)
    ]
    uow.batches.record(batch.number, outcomes)
    failed = [(each.index, each.error) for each in outcomes if each.error is not None]
    if failed:
        _count_failures(uow, batch, failed)
    return outcomes


def _count_failures(uow: UnitOfWork, batch: Batch, failed: list[tuple[int, str]]) -> None:
    detail = uow.batch_details.find(batch.uid, Lock.CHANGE)
    grouped = failure_groups.counted(detail or BatchDetail(batch.tenant, batch.uid), failed)
    if detail is None:
        uow.batch_details.add(grouped)
    else:
        uow.batch_details.save(grouped)


def _outcome(result: Result, index: int, key: str, at: Moment) -> Outcome:
    """A failure has the key of its entry, a success the revision of its object."""
    error, before, after = result.error, result.before, result.after
    if error is not None:
        code = bulk_failures.code_of(error)
        return Outcome(index, key, error, code, object=result.object, number=result.number, at=at)
    subject = before if before is not None else after
    if subject is None:
        return Outcome(index, at=at)
    unchanged = result.unchanged
    return Outcome(index, None, None, None, unchanged, subject.uid, subject.number, result.revision, at)


def begun_anew(uow: UnitOfWork, job: Job, batch: Batch) -> bool:
    """Replace a job that was retried and now made progress by a new one, which starts with no failed attempts. Returns
    whether it did."""
    if job.attempt == 1:
        return False
    uow.enqueue(JobKind(FORMER.get(job.kind, job.kind)), job.subject, priority=batch.priority)
    jobs.complete(uow, job)
    return True
