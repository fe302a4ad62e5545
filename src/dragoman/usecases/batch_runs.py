"""Batches at work: prepared, run entry by entry in slices, and ended in any case.

A slice is one transaction: the changes of some entries, their outcomes, the counts, and with the last one the job and
the task. So after a crash the work goes on at the first entry without an outcome, and nothing is done twice. It is done
with the creator's rights as they are at that moment: an approver lends none, a creator gains none.
"""

from collections.abc import Callable

import msgspec

from dragoman.domain import batch_report
from dragoman.domain.access import Principal
from dragoman.domain.batch import Batch, Method, Outcome, Status
from dragoman.domain.errors import Expected, NotFound
from dragoman.domain.job import ATTEMPTS, Job
from dragoman.store.overlay import MustBeAlone
from dragoman.usecases import batches, jobs, people, resource_types
from dragoman.usecases.batch_payloads import Content
from dragoman.usecases.jobs import Hold
from dragoman.usecases.keys import ALONE, Alone, Lock
from dragoman.usecases.resource_types import Found, Patch, ResourceType
from dragoman.usecases.uow import Entries, UnitOfWork

GIVEN_UP = f"not executed: the server failed {ATTEMPTS} times to do this task"


class EntryRefused(Expected):
    """An entry that had the transaction to itself was refused: nothing of it is kept, and its failure is recorded by
    the next one."""


class Progress(msgspec.Struct, frozen=True):
    """Where a batch stands after a slice: the first entry without an outcome, and whether that is all."""

    cursor: int
    is_over: bool


class Prepare(msgspec.Struct, frozen=True):
    """Begin the counts of a new batch; it waits for its reviewers then, or for a worker."""

    hold: Hold

    def keys(self) -> Alone:
        return ALONE


def prepare(uow: UnitOfWork, command: Prepare) -> None:
    """Without a review it is queued. One that was prepared, or is gone, is left as it is."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is not None and batch.status is Status.CREATED:
        _keep(uow, prepared := batch.prepare(at=uow.now))
        if prepared.status is Status.QUEUED:
            uow.enqueue(batches.RUN, batch.number)
    jobs.complete(uow, job)


class Begin(msgspec.Struct, frozen=True):
    """A worker has the batch: it runs from now on."""

    hold: Hold

    def keys(self) -> Alone:
        return ALONE


def begin(uow: UnitOfWork, command: Begin) -> Progress:
    """One that isn't to be run (cancelled, gone, done) is over at once, and so is its job."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    running = None if batch is None else batch.queue(at=uow.now).run(at=uow.now)
    if running is None or running.status is not Status.RUNNING:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    if running is not batch:
        _keep(uow, running)
    return Progress(running.cursor, is_over=False)


class Slice(msgspec.Struct, frozen=True):
    """Do so many entries. `failure`: of the first one, which was tried by itself, it is known already what was wrong
    with it (JSON text)."""

    hold: Hold
    content: Content
    size: int
    failure: str | None = None

    def keys(self) -> Alone:
        return ALONE


def run_slice(uow: UnitOfWork, command: Slice) -> Progress:
    """One transaction's entries. EntryRefused when the one that had it to itself was refused."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status is not Status.RUNNING:
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    content, first = command.content, batch.cursor
    entries = range(first, min(first + command.size, batch.size))
    if command.failure is not None:
        return _advance(uow, job, batch, content, [command.failure])
    return _advance(uow, job, batch, content, _outcomes(uow, batch, content, entries))


class Abandon(msgspec.Struct, frozen=True):
    """A batch's job was given up: fail so many of the entries that have no outcome."""

    hold: Hold
    content: Content
    size: int

    def keys(self) -> Alone:
        return ALONE


def abandon_slice(uow: UnitOfWork, command: Abandon) -> Progress:
    """The batch is completed with the last one: there is no status for a batch that could not be run (rule 4.7)."""
    job = jobs.held(uow, command.hold)
    batch = _batch(uow, job)
    if batch is None or batch.status in (Status.PENDING_REVIEW, Status.COMPLETED, Status.CANCELLED):
        jobs.complete(uow, job)
        return Progress(0, is_over=True)
    prepared = batch.give_up(at=uow.now)
    count = min(command.size, batch.size - batch.cursor)
    return _advance(uow, job, prepared, command.content, [batch_report.failed(GIVEN_UP)] * count)


def _batch(uow: UnitOfWork, job: Job) -> Batch | None:
    return None if job.subject is None else uow.batches.find(job.subject, Lock.CHANGE)


def _keep(uow: UnitOfWork, batch: Batch) -> Batch:
    batches.follow(uow, batch)
    return uow.batches.save(batch)


def _advance(uow: UnitOfWork, job: Job, batch: Batch, content: Content, errors: list[str | None]) -> Progress:
    """Record what became of the next entries, in order; with the last one the batch, its task and its job are done."""
    type_ = resource_types.named(batch.type)
    natural = "" if type_ is None else type_.natural_key
    outcomes = [
        Outcome(index) if error is None else Outcome(index, content.key(index, batch.field, natural), error)
        for index, error in enumerate(errors, batch.cursor)
    ]
    uow.batches.record(batch.number, outcomes)
    failures = sum(error is not None for error in errors)
    advanced = batch.advance(len(errors) - failures, failures, at=uow.now)
    is_over = advanced.status is Status.COMPLETED
    if is_over:
        _keep(uow, advanced)
        jobs.complete(uow, job)
    else:
        uow.batches.save(advanced)
    return Progress(advanced.cursor, is_over)


# Entries


def _outcomes(uow: UnitOfWork, batch: Batch, content: Content, entries: range) -> list[str | None]:
    """For each entry what was wrong with it, None when it worked. Fewer than asked for when the next one needs a
    transaction of its own."""
    type_ = resource_types.named(batch.type)
    if type_ is None:
        return [batch_report.failed(f"there is no type {batch.type} any more")] * len(entries)
    creator, refusal = _creator(uow, batch, type_)
    if creator is None:
        return [refusal] * len(entries)
    named = uow.in_the_name_of(creator, _dialect(uow, batch), batches.RUN)
    if batch.field is not None and _changes_its_key(batch, content, entries):
        entries = entries[:1]  # what an entry finds depends on the one before it
    do = _doing(named, batch, type_, content, entries)
    errors: list[str | None] = []
    parts = named.entries()
    for index in entries:
        try:
            errors.append(_attempt(parts, do, index))
        except MustBeAlone:
            if not errors:
                return [_alone(named, do, index)]
            break
    return errors


def _creator(uow: UnitOfWork, batch: Batch, type_: ResourceType) -> tuple[Principal | None, str | None]:
    """Who made the batch, with what may be done in his name now; or why nothing may."""
    user = None if batch.creator is None else uow.users.find(batch.creator, Lock.SHARED)
    if user is None or user.disabled_at is not None:
        return None, batch_report.forbidden("the creator of this task may do nothing any more")
    scopes = None if batch.scopes is None else frozenset(batch.scopes)
    creator = people.principal_of(user, scopes=scopes)
    wanted = type_.scopes[batch.method]
    if not creator.has_scope(wanted):
        return None, batch_report.scope_missing(wanted)
    return creator, None


def _dialect(uow: UnitOfWork, batch: Batch) -> str:
    """The dialect in which the batch was made."""
    made = uow.history.page("task", batch.number, limit=1)
    return made[0].dialect if made else uow.dialect


def _changes_its_key(batch: Batch, content: Content, entries: range) -> bool:
    if batch.method is not Method.PATCH:
        return False
    spelled = msgspec.json.encode(batch.field)
    return any(spelled in content.text(index) for index in entries[: len(content.texts)])


Do = Callable[[UnitOfWork, int], str | None]
"""Does one entry; answers what was wrong with finding its object, and raises what the object had against it."""


def _doing(uow: UnitOfWork, batch: Batch, type_: ResourceType, content: Content, entries: range) -> Do:
    if batch.method is Method.POST:
        create = type_.create(uow, [content.text(index) for index in entries])

        def make(part: UnitOfWork, index: int) -> str | None:
            create(part, content.text(index))
            return None

        return make

    field, values = batch.field or "", _texts(content, entries)
    found = dict(zip(entries, type_.find(uow, field, values), strict=True))
    change = _changing(uow, batch, type_, content)

    def pick(part: UnitOfWork, index: int) -> str | None:
        match = found[index]
        if match.number is None:
            return _unmatched(type_, field, match)
        try:
            change(part, index, match.number)
        except NotFound as gone:
            if gone.parameters.get("id") != match.number:
                raise
            return batch_report.not_found(type_.name, field)  # an entry before it deleted the object
        return None

    return pick


def _unmatched(type_: ResourceType, field: str, match: Found) -> str:
    if match.objects:
        return batch_report.ambiguous(field, match.objects)
    return batch_report.not_found(type_.name, field)


def _changing(
    uow: UnitOfWork, batch: Batch, type_: ResourceType, content: Content
) -> Callable[[UnitOfWork, int, int], None]:
    """What does the batch's method to the object that an entry picked."""
    if batch.method is Method.DELETE:
        return lambda part, index, number: type_.remove(part, number)
    patches: dict[bytes, Patch | Expected] = {}

    def patch(part: UnitOfWork, index: int, number: int) -> None:
        text = content.text(index)
        apply = patches.get(text)
        if apply is None:
            apply = patches[text] = _patch(uow, type_, text)
        if isinstance(apply, Expected):
            raise apply.with_traceback(None)
        apply(part, number)

    return patch


def _patch(uow: UnitOfWork, type_: ResourceType, text: bytes) -> Patch | Expected:
    try:
        return type_.patch(uow, text)
    except Expected as refused:
        return refused


def _texts(content: Content, entries: range) -> list[str]:
    """The entries as text: a number and its text pick the same object."""
    return [] if content.entries is None else [str(entry) for entry in content.entries[entries.start : entries.stop]]


def _attempt(parts: Entries, do: Do, index: int) -> str | None:
    try:
        return parts.attempt(do, index)
    except Expected as refused:
        return batch_report.refused(refused)


def _alone(uow: UnitOfWork, do: Do, index: int) -> str | None:
    try:
        return do(uow, index)
    except Expected as refused:
        raise EntryRefused("entry_refused", refused.message, failure=batch_report.refused(refused)) from refused
