"""Jobs of workers: claimed under a lease, held, completed, retried, released.

Every slice of a job begins with `held`, and the last one ends with `complete`, in the transaction of its effects: so no
slice is applied twice, and a worker that lost the job writes nothing.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.clock import Moment, later
from dragoman.domain.job import LEASE_SECONDS, Job, JobKind, JobState, LeaseLost
from dragoman.usecases.uow import UnitOfWork

KEPT_SECONDS = 7 * 86_400.0
"""How long a completed job is stored. A discarded job stays until an operator removes it."""

SLICE = 1_000

AFTERMATH: dict[str, JobKind] = {
    JobKind.BATCH_FILL: JobKind.BATCH_ABANDON,
    JobKind.BATCH_PREVIEW: JobKind.BATCH_ABANDON,
    JobKind.BATCH_EXECUTE: JobKind.BATCH_ABANDON,
}
"""The kind of the job that follows, for the same subject, when a job of a kind is discarded."""


class Hold(msgspec.Struct, frozen=True):
    """One attempt at a job, by its worker. Every write of the attempt names it."""

    uid: str
    owner: str
    attempt: int


def held(uow: UnitOfWork, hold: Hold) -> Job:
    """The job, locked until the commit, if this attempt still has it. LeaseLost otherwise: then write nothing. So it is
    for the jobs of a disabled tenant, which stand still.

    The first line of every slice. Its command names `Keys(jobs={hold.uid})`, or is exclusive.
    """
    job = uow.jobs.find(hold.uid, Lock.CHANGE)
    if job is None:
        raise LeaseLost("lease_lost", "The job is gone.")
    if uow.home.disabled_at is not None:
        raise LeaseLost("tenant_disabled", "The tenant is disabled; the job goes on once it is enabled.")
    return job.held(hold.owner, hold.attempt)


def complete(uow: UnitOfWork, job: Job) -> None:
    """The job is done; the last line of the last slice."""
    uow.jobs.save(job.complete(at=uow.now))


class Due(msgspec.Struct, frozen=True):
    """Find the tenants that have a due job. Run under the directory tenant."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def tenants_with_due(uow: UnitOfWork, command: Due) -> list[int]:
    """The numbers of the tenants."""
    return uow.jobs.tenants_with_due(uow.now)


def next_due(uow: UnitOfWork, command: Due) -> Moment | None:
    """When the next job of any tenant becomes due that isn't due yet."""
    return uow.jobs.next_due(uow.now)


class Claim(msgspec.Struct, frozen=True):
    """Take jobs of a tenant that are due, the oldest first."""

    owner: str
    limit: int
    lease_seconds: float = LEASE_SECONDS

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def claim(uow: UnitOfWork, command: Claim) -> list[Job]:
    """The claimed jobs: running for this owner, or discarded if the worker of their last attempt was lost."""
    due = uow.jobs.due(uow.now, limit=command.limit)
    return [_kept(uow, job.claim(command.owner, at=uow.now, lease_seconds=command.lease_seconds)) for job in due]


def _kept(uow: UnitOfWork, job: Job) -> Job:
    """Save the job. A discarded job queues its follow-up job."""
    if job.state is JobState.DISCARDED and job.kind in AFTERMATH:
        uow.enqueue(AFTERMATH[job.kind], job.subject)
    return uow.jobs.save(job)


class ReleaseOrphans(msgspec.Struct, frozen=True):
    """Release the running jobs of a tenant at start, when no other process works on this database.

    What was staged before `started_at` and adopted by no batch is deleted now, not when its lease runs out.
    """

    started_at: Moment = Moment(0)

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def release_orphans(uow: UnitOfWork, command: ReleaseOrphans) -> int:
    """The number of jobs released; they can be claimed at once. Their attempts are counted."""
    running = uow.jobs.running()
    for job in running:
        uow.jobs.save(job.prolong(at=uow.now, lease_seconds=0.0))
    for job in uow.jobs.scheduled(str(JobKind.BATCH_FORGET), before=command.started_at):
        uow.jobs.save(replace(job, run_at=uow.now))
    return len(running)


class Prolong(msgspec.Struct, frozen=True):
    """Renew the lease of a job."""

    hold: Hold
    lease_seconds: float = LEASE_SECONDS

    def keys(self) -> Keys:
        return Keys(jobs={self.hold.uid})


def prolong(uow: UnitOfWork, command: Prolong) -> None:
    """LeaseLost if another worker has the job, or it has ended."""
    uow.jobs.save(held(uow, command.hold).prolong(at=uow.now, lease_seconds=command.lease_seconds))


class Fail(msgspec.Struct, frozen=True):
    """An attempt failed; the text gives operators the reason."""

    hold: Hold
    error: str

    def keys(self) -> Keys:
        return Keys(jobs={self.hold.uid})


def fail(uow: UnitOfWork, command: Fail) -> Job:
    """The job, waiting for its next attempt or discarded. LeaseLost as above."""
    return _kept(uow, held(uow, command.hold).retry(command.error, at=uow.now))


class GiveBack(msgspec.Struct, frozen=True):
    """Release a job without a failure; any worker may claim it after a pause."""

    hold: Hold
    pause_seconds: float = 0.0

    def keys(self) -> Keys:
        return Keys(jobs={self.hold.uid})


def give_back(uow: UnitOfWork, command: GiveBack) -> None:
    """The attempt is not counted. LeaseLost as above."""
    uow.jobs.save(held(uow, command.hold).give_back(at=uow.now, pause_seconds=command.pause_seconds))


class Prune(msgspec.Struct, frozen=True):
    """Delete one slice of a tenant's jobs that ended a week ago."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune(uow: UnitOfWork, command: Prune) -> int:
    """The number of deleted jobs; 0 when none is left."""
    return uow.jobs.forget_ended(later(uow.now, seconds=-KEPT_SECONDS), limit=SLICE)
