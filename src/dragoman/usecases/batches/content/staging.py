"""Entries that are stored before their batch: in small transactions, under a uid that no batch has yet.

A job that is not due yet holds their place. The batch that adopts them cancels it; if none does, because the upload was
refused, its client left or its server was killed, the job deletes them.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.bulk import BatchChunk, BatchPayload
from dragoman.domain.clock import later
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import Job, JobKind, JobState
from dragoman.usecases.uow import UnitOfWork

LEASE_SECONDS = 600.0
"""How long staged entries stay when no further ones follow."""

AT_ONCE = 50
"""How many chunks are deleted at once."""


class Begin(msgspec.Struct, frozen=True):
    """Hold a place for entries under this uid."""

    uid: str

    def keys(self) -> Keys:
        return Keys()


def begin(uow: UnitOfWork, command: Begin) -> None:
    """Queues the job that deletes them, for the time when the lease runs out."""
    run_at = later(uow.now, seconds=LEASE_SECONDS)
    uow.jobs.queue(command.uid, str(JobKind.BATCH_FORGET), None, {"uid": command.uid}, uow.now, run_at)


class Stage(msgspec.Struct, frozen=True):
    """Store the next entries and renew the lease. `entries` and `data` are JSON text; a count of 0 only renews."""

    uid: str
    first: int = 0
    count: int = 0
    entries: str | None = None
    data: str | None = None

    def keys(self) -> Keys:
        return Keys(jobs={self.uid})


def stage(uow: UnitOfWork, command: Stage) -> None:
    """Unavailable when they are being deleted, because the lease ran out."""
    job = _marker(uow, command.uid)
    if job.run_at < later(uow.now, seconds=LEASE_SECONDS / 2):
        uow.jobs.save(replace(job, run_at=later(uow.now, seconds=LEASE_SECONDS)))
    if command.count:
        uow.chunks.add(BatchChunk(uow.tenant, command.uid, command.first, command.count, command.entries, command.data))


class Fill(msgspec.Struct, frozen=True):
    """Write the shared data into a chunk whose entries had none of their own, since later ones have."""

    uid: str
    first: int
    data: str

    def keys(self) -> Keys:
        return Keys(jobs={self.uid}).also("batch_chunk", [(self.uid, self.first)], Lock.CHANGE)


def fill(uow: UnitOfWork, command: Fill) -> None:
    """Raises as `stage` does."""
    _marker(uow, command.uid)
    chunk = uow.chunks.get((command.uid, command.first))
    uow.chunks.save(replace(chunk, data=f"[{','.join([command.data] * chunk.count)}]"))


class Discard(msgspec.Struct, frozen=True):
    """Delete the entries of an upload that failed."""

    uid: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def discard(uow: UnitOfWork, command: Discard) -> None:
    """Few at once; of many the job deletes the rest. Does nothing when a batch has adopted them."""
    job = uow.jobs.find(command.uid, Lock.CHANGE)
    if job is None or job.state is not JobState.SCHEDULED:
        return
    is_over = uow.chunks.forget(command.uid, limit=AT_ONCE) < AT_ONCE
    uow.jobs.save(job.cancel(at=uow.now) if is_over else replace(job, state=JobState.AVAILABLE, run_at=uow.now))


def adopt(uow: UnitOfWork, uid: str, shared: str | None) -> None:
    """Let the batch of this uid, which is made in this transaction, have the entries. `shared` is the data of all.

    The command names `Keys(jobs={uid})`. Raises as `stage` does.
    """
    uow.jobs.save(_marker(uow, uid).cancel(at=uow.now))
    uow.payloads.add(BatchPayload(uow.tenant, uid, None, shared))


def _marker(uow: UnitOfWork, uid: str) -> Job:
    job = uow.jobs.find(uid, Lock.CHANGE)
    if job is None or job.state is not JobState.SCHEDULED:
        raise Unavailable("upload_expired", "The upload stood still for too long; send it again.")
    return job
