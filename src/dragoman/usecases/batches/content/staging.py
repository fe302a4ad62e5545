"""Entries that are stored before their batch, and files before their draft: in small transactions, under a uid that
nothing refers to yet.

A job that is not due yet holds their place. The batch or draft that adopts them cancels it; if none does, because the
upload was refused, its client left or its server was killed, the job deletes them.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.batch_draft import FilePiece
from dragoman.domain.bulk import BatchChunk, BatchPayload
from dragoman.domain.clock import later
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import Job, JobKind, JobState
from dragoman.usecases.uow import UnitOfWork

LEASE_SECONDS = 600.0
"""How long what is staged stays when no more follows."""

AT_ONCE = 50
"""How many chunks or pieces are deleted at once."""


class Begin(msgspec.Struct, frozen=True):
    """Hold a place for entries, or for a file, under this uid."""

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
    _renew(uow, command.uid)
    if command.count:
        uow.chunks.add(BatchChunk(uow.tenant, command.uid, command.first, command.count, command.entries, command.data))


class StagePiece(msgspec.Struct, frozen=True):
    """Store the next piece of a file and renew the lease."""

    uid: str
    place: int
    text: str

    def keys(self) -> Keys:
        return Keys(jobs={self.uid})


def stage_piece(uow: UnitOfWork, command: StagePiece) -> None:
    """Raises as `stage` does."""
    _renew(uow, command.uid)
    uow.file_pieces.add(FilePiece(uow.tenant, command.uid, command.place, command.text))


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
    """Delete the entries, or the file, of an upload that failed."""

    uid: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def discard(uow: UnitOfWork, command: Discard) -> None:
    """Few at once; of many the job deletes the rest. Does nothing when they were adopted."""
    job = uow.jobs.find(command.uid, Lock.CHANGE)
    if job is None or job.state is not JobState.SCHEDULED:
        return
    is_over = forget(uow, command.uid, AT_ONCE)
    uow.jobs.save(job.cancel(at=uow.now) if is_over else replace(job, state=JobState.AVAILABLE, run_at=uow.now))


def adopt(uow: UnitOfWork, uid: str, shared: str | None) -> None:
    """Let the batch of this uid, which is made in this transaction, have the entries. `shared` is the data of all.

    The command names `Keys(jobs={uid})`. Raises as `stage` does.
    """
    _release(uow, uid)
    uow.payloads.add(BatchPayload(uow.tenant, uid, None, shared))


def adopt_file(uow: UnitOfWork, uid: str) -> None:
    """Let the draft that is stored in this transaction have the file. Raises as `stage` does."""
    _release(uow, uid)


def drop_file(uow: UnitOfWork, uid: str) -> None:
    """Delete the file of a draft: few pieces now; of many a job deletes the rest. The command must be exclusive."""
    if not forget(uow, uid, AT_ONCE):
        uow.enqueue(JobKind.BATCH_FORGET, uid=uid)


def forget(uow: UnitOfWork, uid: str, limit: int) -> bool:
    """Delete up to so many chunks and pieces that nothing refers to; whether these were all. The command must be
    exclusive."""
    has_chunks = uow.chunks.forget(uid, limit=limit) == limit
    has_pieces = uow.file_pieces.forget(uid, limit=limit) == limit
    return not has_chunks and not has_pieces


def _renew(uow: UnitOfWork, uid: str) -> None:
    job = _marker(uow, uid)
    if job.run_at < later(uow.now, seconds=LEASE_SECONDS / 2):
        uow.jobs.save(replace(job, run_at=later(uow.now, seconds=LEASE_SECONDS)))


def _release(uow: UnitOfWork, uid: str) -> None:
    uow.jobs.save(_marker(uow, uid).cancel(at=uow.now))


def _marker(uow: UnitOfWork, uid: str) -> Job:
    job = uow.jobs.find(uid, Lock.CHANGE)
    if job is None or job.state is not JobState.SCHEDULED:
        raise Unavailable("upload_expired", "The upload stood still for too long; send it again.")
    return job
