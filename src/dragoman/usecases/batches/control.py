"""Control of batches: decisions, pause, resume, stop, changed options, another preview.

Each works on the locked row of the batch, so that of two at once one is first. `if_match` names the revisions of the
batch that the client may have read: None where it named none, `*` for any. Commands are exclusive.
"""

from typing import Any, Literal

from msgspec import UNSET
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain import bulk_options
from dragoman.domain.access import Permission
from dragoman.domain.bulk import WAITING, Batch, Decided, Decision, Status
from dragoman.domain.bulk_options import Changes
from dragoman.domain.errors import StaleVersion
from dragoman.domain.job import ENDED as OVER
from dragoman.domain.job import FORMER, Job, JobKind
from dragoman.domain.job import WAITING as TO_COME
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.review import reviews
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

IfMatch = frozenset[int] | Literal["*"] | None
RUNS = (JobKind.BATCH_EXECUTE, *(former for former, kind in FORMER.items() if kind is JobKind.BATCH_EXECUTE))
PREPARATIONS = (
    JobKind.BATCH_FILL,
    JobKind.BATCH_PREVIEW,
    *(former for former, kind in FORMER.items() if kind is JobKind.BATCH_PREVIEW),
)


def decide(
    uow: UnitOfWork,
    batch: Batch,
    decision: Decision,
    *,
    reason: str | None = None,
    if_match: IfMatch = None,
    review: Status | None = None,
) -> Batch:
    """Approve or refuse a batch in review. A decision for the status that it has changes nothing. `review` is the one
    that is meant, where a dialect decides the first and that of a canary in different places.

    In this order: Forbidden without the right to decide; StaleVersion, or Invalid `if_match_required`; Conflict outside
    a review; Forbidden where the policy excludes the principal.
    """
    batch = _locked(uow, batch)
    reviews.must_have_right(uow, batch, decision)
    reviews.must_name_version(batch, names_version=if_match is not None)
    check_version(batch, if_match)
    present, who = batch.as_of(uow.now), uow.principal
    if review is not None:
        present.must_not_be_in_other(review)
    made = Decided(who.user, who.login, uow.now, decision, reason, batch.revision)
    decided = present.decide(made)  # or it comes too early, or too late
    reviews.must_suit_policy(uow, batch, decision)
    if decided is present:
        return batch
    said = {"decision": str(decision), "decided_revision": made.revision, "by": made.by or made.login}
    kept = batches.keep(uow, decided, said | _reason(reason))
    if kept.status in WAITING:
        queue_run(uow, kept)
    return kept


def pause(uow: UnitOfWork, batch: Batch, *, reason: str | None = None, if_match: IfMatch = None) -> Batch:
    """Let a batch stand still between two entries. Conflict unless it executes; again changes nothing."""
    batch = _controlled(uow, batch, if_match)
    return _settled(uow, batch, batch.pause(at=uow.now), "pause", reason)


def resume(uow: UnitOfWork, batch: Batch, *, reason: str | None = None, if_match: IfMatch = None) -> Batch:
    """Let a paused batch go on. Conflict unless it is paused; again changes nothing while it waits for its worker."""
    batch = _controlled(uow, batch, if_match)
    return _settled(uow, batch, batch.resume(at=uow.now), "resume", reason)


def stop(uow: UnitOfWork, batch: Batch, *, reason: str | None = None, if_match: IfMatch = None) -> Batch:
    """End a batch for good between two entries. Conflict unless it executes or waits; again changes nothing."""
    batch = _controlled(uow, batch, if_match)
    detail = reason or f"{uow.principal.login} stopped it."
    return _settled(uow, batch, batch.stop(at=uow.now, detail=detail), "stop", reason)


def change(uow: UnitOfWork, batch: Batch, changes: Changes, *, if_match: IfMatch = None) -> Batch:
    """Change options of a batch, which hold from its next entry on. Equal values change nothing.

    Conflict `batch_ended`, or `too_late` for some of them. Its title and purpose are its creator's.
    """
    is_renamed = changes.title is not UNSET or changes.purpose is not UNSET
    batch = _controlled(uow, batch, if_match, *((Permission.EDIT,) if is_renamed else ()))
    changed = bulk_options.changed(batch, changes, at=uow.now, review_days=uow.terms.review_days)
    if changed is batch:
        return batch
    _dress(uow, batch, changed)
    kept = batches.keep(uow, changed, {"options": bulk_options.differing(batch, changed)})
    _move_jobs(uow, kept)
    return kept


def preview_anew(uow: UnitOfWork, batch: Batch, *, if_match: IfMatch = None) -> Batch:
    """Make the preview again: approvals are void. Conflict unless the batch is under its first review."""
    batch = _controlled(uow, batch, if_match)
    kept = batches.keep(uow, batch.preview_anew(at=uow.now), {"action": "preview"})
    uow.enqueue(JobKind.BATCH_PREVIEW, batch.number, priority=batch.priority)
    return kept


def queue_run(uow: UnitOfWork, batch: Batch) -> None:
    """Queue the job of a batch that waits for a worker. It isn't due before the batch may begin."""
    uow.enqueue(JobKind.BATCH_EXECUTE, batch.number, run_at=batch.not_before, priority=batch.priority)


def _locked(uow: UnitOfWork, batch: Batch) -> Batch:
    """The present row, locked until the commit behind that of its task, as the order of locks asks."""
    uow.tasks.find(batch.number, Lock.CHANGE)
    found = uow.batches.find(batch.number, Lock.CHANGE)
    if found is None:
        raise uow.batches.missing(batch.uid)
    return found


def _controlled(uow: UnitOfWork, batch: Batch, if_match: IfMatch, *needed: Permission) -> Batch:
    """The locked row, as a review that is over leaves it. Forbidden or StaleVersion as above."""
    batch = _locked(uow, batch)
    tasks.get(uow, batch.number, Permission.FINISH, *needed)
    check_version(batch, if_match)
    return batch.as_of(uow.now)


def check_version(batch: Batch, if_match: IfMatch) -> None:
    """StaleVersion with the present batch, unless the client has read its revision."""
    if if_match is not None and if_match != "*" and batch.revision not in if_match:
        raise StaleVersion("stale", f"The batch is at revision {batch.revision}.", batch)


def _settled(uow: UnitOfWork, before: Batch, after: Batch, action: str, reason: str | None) -> Batch:
    """Save what a verb made of a batch. A batch that stands still or has ended has no job; a queued one has one."""
    if after is before:
        return before
    kept = batches.keep(uow, after, {"action": action} | _reason(reason))
    for job in _jobs(uow, kept, RUNS):
        uow.jobs.save(job.cancel(at=uow.now))
    if kept.status is Status.QUEUED:
        queue_run(uow, kept)
    return kept


def _dress(uow: UnitOfWork, before: Batch, after: Batch) -> None:
    """Let the task show the new title, purpose and priority, but for what was changed there by itself."""
    task = uow.tasks.get(before.number)
    pairs = (
        ("title", before.title, after.title),
        ("description", before.purpose, after.purpose),
        ("priority", before.priority or None, after.priority or None),
    )
    moved = {name: new for name, old, new in pairs if old != new and getattr(task, name) == old}
    if moved:
        tasks.save(uow, task, replace(task, **moved))


def _move_jobs(uow: UnitOfWork, batch: Batch) -> None:
    """Jobs that wait take the priority and the moment that the options ask for now."""
    for job in _jobs(uow, batch, (*RUNS, *PREPARATIONS)):
        if job.state in TO_COME:
            begins_at = batch.not_before if job.kind in RUNS else None
            uow.jobs.save(job.move(begins_at or uow.now, batch.priority, at=uow.now))


def _jobs(uow: UnitOfWork, batch: Batch, kinds: tuple[str, ...]) -> list[Job]:
    found = [job for kind in kinds for job in uow.jobs.about(kind, batch.number)]
    return [job for job in found if job.state not in OVER]


def _reason(reason: str | None) -> dict[str, Any]:
    return {} if reason is None else {"reason": reason}
