"""Filling a retry or an undo: its entries are taken from another batch, slice by slice, by its first job.

Each chunk tells where its entries come from, so the job goes on behind the last one. The other batch may be deleted
meanwhile; what this one needs of it stays until it is filled.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.bulk import CHUNK, Batch, BatchChunk, Method, Origin, Status
from dragoman.domain.job import Job, JobKind
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.content.payloads import CHUNK_BYTES, Content, Source
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.batches.outcomes import outside_undo, results, undoing
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.uow import UnitOfWork

NOTHING = msgspec.Raw(b"{}")
MOST_IMAGES = 100
"""How many images of outside objects are read at once."""


class Fill(msgspec.Struct, frozen=True):
    """Take up to `size` entries from the other batch."""

    hold: Hold
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def fill(uow: UnitOfWork, command: Fill) -> bool:
    """Whether all are there, which completes the job; the next one makes the preview."""
    job = jobs.held(uow, command.hold)
    batch = None if job.subject is None else uow.batches.find(job.subject, Lock.CHANGE)
    if batch is None or batch.status is not Status.CREATED:
        jobs.complete(uow, job)
        return True
    last = uow.chunks.last(batch.uid)
    chunks = _next(uow, batch, job, last, min(command.size, CHUNK))
    for chunk in chunks:
        uow.chunks.add(chunk)
    if chunks:
        return False
    size = 0 if last is None else last.first + last.count
    if size != batch.size:
        uow.batches.save(replace(batch, size=size))
    uow.enqueue(JobKind.BATCH_PREVIEW, batch.number)
    jobs.complete(uow, job)
    return True


def at_once(uow: UnitOfWork, batch: Batch) -> Content | None:
    """All entries of a new batch, where they make one chunk and its objects are ours."""
    type_ = resource_types.find(batch.type)
    if type_ is None or type_.entity is None:
        return None
    [job] = uow.jobs.about(JobKind.BATCH_FILL, batch.number)
    chunks = _next(uow, batch, job, None, CHUNK)
    if len(chunks) != 1 or chunks[0].count != batch.size:
        return None
    return payloads.content_of(batch, chunks[0], uow.payloads.find(batch.uid))


def _next(uow: UnitOfWork, batch: Batch, job: Job, last: BatchChunk | None, size: int) -> list[BatchChunk]:
    if batch.origin is Origin.UNDO:
        return _undone(uow, batch, job, last, size)
    return _retried(uow, batch, job, last, size)


def _position(last: BatchChunk | None) -> Source | None:
    """Where the last entry comes from."""
    return None if last is None or last.sources is None else payloads.sources_of(last.sources)[-1]


def _behind(last: BatchChunk | None) -> int:
    return 0 if last is None else last.first + last.count


# A retry


class Retried(msgspec.Struct, frozen=True):
    """Which rows of the other batch are tried again, and how far it came."""

    number: int
    uid: str
    size: int
    cursor: int
    status: Status
    outcomes: frozenset[Became]
    codes: tuple[str, ...] = ()

    def as_args(self) -> dict[str, object]:
        """What the job stores; `number` comes from elsewhere."""
        args: dict[str, object] = msgspec.to_builtins(self)
        return {name: value for name, value in args.items() if name != "number"}


def _retried(uow: UnitOfWork, batch: Batch, job: Job, last: BatchChunk | None, size: int) -> list[BatchChunk]:
    wanted = msgspec.convert(job.args, Retried)
    position = _position(last)
    other = replace(
        batch,
        number=wanted.number,
        uid=wanted.uid,
        size=wanted.size,
        cursor=wanted.cursor,
        status=wanted.status,
        ended_at=uow.now,
    )
    command = results.Read(
        batch=wanted.uid,
        moment=str,
        outcomes=wanted.outcomes,
        codes=wanted.codes,
        limit=size,
        after=-1 if position is None else position.index,
        max_bytes=CHUNK_BYTES,
    )
    rows, _ = results.rows_of(uow, other, command, shared=None)
    entries = None if batch.method is Method.POST else [row.entry or msgspec.Raw(b"null") for row in rows]
    own = [row.data or msgspec.Raw(b"{}") for row in rows] if any(row.data is not None for row in rows) else None
    sources = [Source(row.index) for row in rows]
    return list(payloads.cut(batch.tenant, batch.uid, entries, own, first=_behind(last), sources=sources))


# An undo


def _undone(uow: UnitOfWork, batch: Batch, job: Job, last: BatchChunk | None, size: int) -> list[BatchChunk]:
    position = _position(last)
    below = int(job.args["size"]) if position is None else position.index
    type_ = resource_types.find(batch.type)
    number, is_outside = int(job.args["number"]), type_ is not None and type_.outside is not None
    found = uow.batches.sources(number, below=below, limit=min(size, MOST_IMAGES) if is_outside else size)
    if is_outside:
        return _undone_outside(uow, batch, number, found, first=_behind(last))
    sources = [Source(index, number, revision) for index, number, revision, _ in found]
    own = None if type_ is None else _within_sight(uow, batch, type_, sources)
    entries = None if batch.method is Method.POST else [msgspec.Raw(msgspec.json.encode(uid)) for *_, uid in found]
    if entries is None and own is None:
        own = [NOTHING] * len(sources)
    return list(payloads.cut(batch.tenant, batch.uid, entries, own, first=_behind(last), sources=sources))


def _within_sight(
    uow: UnitOfWork, batch: Batch, type_: ResourceType, sources: list[Source]
) -> list[msgspec.Raw] | None:
    """The data of each entry of an undo; nothing of objects that its creator may not see. None for DELETE."""
    own = undoing.data_of(uow, type_, batch.method, sources)
    if own is None:
        return None
    named, _ = batch_entries.creator_of(uow, batch, type_, batch.dialect or uow.dialect)
    seen = undoing.seen(named, type_, [source.number for source in sources]) if named is not None else frozenset()
    return [text if source.number in seen else NOTHING for text, source in zip(own, sources, strict=True)]


def _undone_outside(
    uow: UnitOfWork, batch: Batch, number: int, found: list[tuple[int, int, int, str]], *, first: int
) -> list[BatchChunk]:
    """The entries that take back changes of another server's objects, as many as one chunk holds."""
    images = uow.batches.images(number, [index for index, *_ in found])
    sources: list[Source] = []
    entries: list[msgspec.Raw] = []
    used = 0
    for index, object_, _, uid in found:
        back = outside_undo.stored(batch.method, uid, images.get(index))
        used += len(back or "")
        if used > CHUNK_BYTES and sources:
            break
        sources.append(Source(index, object_, image=back))
        entries.append(msgspec.Raw(msgspec.json.encode(uid)))
    own = (
        None if batch.method is Method.DELETE else [outside_undo.data_of(batch.method, each.image) for each in sources]
    )
    named = None if batch.method is Method.POST else entries
    return list(payloads.cut(batch.tenant, batch.uid, named, own, first=first, sources=sources))
