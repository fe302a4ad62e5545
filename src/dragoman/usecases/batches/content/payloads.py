"""The entries and data of batches: cut into chunks when they are stored, read chunk by chunk, put together for reading.

What all entries share (one object, or an array of one) is stored once; what each has of its own is in the chunks.
"""

from collections.abc import Iterator, Sequence

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain import bulk_failures
from dragoman.domain.bulk import CHUNK, Batch, BatchChunk, BatchPayload, Method
from dragoman.usecases.uow import UnitOfWork

CHUNK_BYTES = 1024 * 1024

_entries_of = msgspec.json.Decoder(list[str | int]).decode
_items_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Source(msgspec.Struct, frozen=True, array_like=True):
    """Where an entry of a retry or an undo comes from: its index in the other batch, the number of the object, and its
    revision behind that entry; of an outside object, what the entry changed (JSON text)."""

    index: int
    number: int = 0
    revision: int = 0
    image: str | None = None


sources_of = msgspec.json.Decoder(list[Source]).decode


class Content(msgspec.Struct, frozen=True):
    """The entries of one chunk and their data. `sources` are where those of a retry or an undo come from."""

    first: int
    count: int
    entries: list[str | int] | None
    own: list[msgspec.Raw] | None
    shared: msgspec.Raw | None = None
    sources: list[Source] | None = None

    @property
    def stop(self) -> int:
        """The index behind the last entry."""
        return self.first + self.count

    def entry(self, index: int) -> str | int | None:
        """The entry as it was sent; None for POST."""
        return None if self.entries is None else self.entries[index - self.first]

    def source(self, index: int) -> Source:
        """Where the entry of a retry or an undo comes from."""
        return Source(0) if self.sources is None else self.sources[index - self.first]

    def text(self, index: int) -> bytes:
        """The data of an entry as JSON text."""
        if self.own is not None:
            return bytes(self.own[index - self.first])
        return b"{}" if self.shared is None else bytes(self.shared)

    def texts(self, entries: range) -> bytes:
        """The data of several entries, one after the other."""
        if self.own is not None:
            return b" ".join(self.own[entries.start - self.first : entries.stop - self.first])
        return b" ".join(map(self.text, entries))

    def key(self, index: int, field: str | None, natural: str) -> str:
        """The key of an entry in a failure: JSON text."""
        entry = self.entry(index)
        if entry is None:
            return bulk_failures.key_of_content(natural, self.text(index))
        return bulk_failures.key_of_entry(field or "", entry)


class Load(msgspec.Struct, frozen=True):
    """Read the chunk of a batch that holds the entry of an index."""

    batch: Ref
    index: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def load(uow: UnitOfWork, command: Load) -> Content | None:
    """None if the batch is deleted, or ends before this index. For readers."""
    batch = uow.batches.find(command.batch)
    return None if batch is None else holding(uow, batch, command.index)


def holding(uow: UnitOfWork, batch: Batch, index: int) -> Content | None:
    """The chunk with the entry of this index; None behind the last one. For readers and exclusive commands."""
    chunk = uow.chunks.holding(batch.uid, index)
    if chunk is None or index >= chunk.first + chunk.count:
        return None
    return content_of(batch, chunk, uow.payloads.find(batch.uid))


class Contents:
    """The chunks of a batch, read one after the other."""

    def __init__(self, uow: UnitOfWork, batch: Batch) -> None:
        self._uow, self._batch = uow, batch
        self._known: Content | None = None

    def holding(self, index: int) -> Content | None:
        """The chunk with the entry of this index."""
        if self._known is None or not self._known.first <= index < self._known.stop:
            self._known = holding(self._uow, self._batch, index)
        return self._known


def content_of(batch: Batch, chunk: BatchChunk, payload: BatchPayload | None) -> Content:
    """The entries of a chunk, with the data that the batch shares."""
    entries = None if batch.method is Method.POST else _entries_of(chunk.entries or "[]")
    own = None if chunk.data is None else _items_of(chunk.data)
    shared = None if payload is None or payload.data is None else shared_object(payload.data)
    sources = None if chunk.sources is None else sources_of(chunk.sources)
    return Content(chunk.first, chunk.count, entries, own, shared, sources)


class Texts(msgspec.Struct, frozen=True):
    """The entries of one chunk and their data as JSON texts, each on one line. `average`: the bytes of one of each."""

    first: int
    stop: int
    entries: list[msgspec.Raw] | None
    own: list[msgspec.Raw] | None
    shared: msgspec.Raw | None
    average: int = 0

    def entry(self, index: int) -> msgspec.Raw | None:
        """The entry; None for POST."""
        return None if self.entries is None else self.entries[index - self.first]

    def data(self, index: int) -> msgspec.Raw | None:
        """The data of an entry; None for DELETE."""
        return self.shared if self.own is None else self.own[index - self.first]


NONE = Texts(0, 0, None, None, None)


def texts_of(chunk: BatchChunk | None, shared: msgspec.Raw | None) -> Texts:
    """The texts of a chunk, with the data that the batch shares."""
    if chunk is None:
        return NONE
    entries = None if chunk.entries is None else raws(chunk.entries)
    own = None if chunk.data is None else raws(chunk.data)
    size = len(chunk.entries or "") + len(chunk.data or "")
    average = size // chunk.count + (0 if shared is None else len(memoryview(shared)))
    return Texts(chunk.first, chunk.first + chunk.count, entries, own, shared, average)


def shared_of(uow: UnitOfWork, batch: Batch) -> msgspec.Raw | None:
    """The data that all entries share, on one line; None where each has its own, or there is none."""
    payload = uow.payloads.find(batch.uid)
    if payload is None or payload.data is None or batch.method is Method.DELETE:
        return None
    return msgspec.Raw(_on_one_line(bytes(shared_object(payload.data)).decode()).encode())


def raws(array: str | None) -> list[msgspec.Raw]:
    """The items of a JSON array, each on one line."""
    return [] if array is None else _items_of(_on_one_line(array))


def _on_one_line(text: str) -> str:
    return msgspec.json.format(text, indent=-1) if "\n" in text or "\r" in text else text


def shared_object(data: str) -> msgspec.Raw:
    """The object that applies to every entry, from an object or an array of one."""
    return _items_of(data)[0] if data.lstrip().startswith("[") else msgspec.Raw(data.encode())


def is_shared(method: Method, data: str | None, size: int) -> bool:
    """Whether one object of data applies to all entries."""
    if data is None or method is not Method.PATCH:
        return False
    return not data.lstrip().startswith("[") or (size > 1 and len(_items_of(data)) == 1) or size == 1


def cut(
    tenant: int,
    uid: str,
    entries: Sequence[msgspec.Raw] | None,
    data: Sequence[msgspec.Raw] | None,
    *,
    first: int = 0,
    sources: Sequence[Source] | None = None,
) -> Iterator[BatchChunk]:
    """The chunks for entries and their own data, both JSON texts, from the index `first` on."""
    size = len(entries if entries is not None else data or ())
    start = 0
    while start < size:
        stop = _stop(entries, data, start, size)
        yield BatchChunk(
            tenant,
            uid,
            first + start,
            stop - start,
            None if entries is None else _text(entries[start:stop]),
            None if data is None else _text(data[start:stop]),
            None if sources is None else _text(sources[start:stop]),
        )
        start = stop


def _stop(entries: Sequence[msgspec.Raw] | None, data: Sequence[msgspec.Raw] | None, start: int, size: int) -> int:
    """The end of the chunk that begins at `start`: a thousand entries, or as many as have so many bytes."""
    used, stop = 0, start
    while stop < min(start + CHUNK, size):
        used += sum(len(memoryview(texts[stop])) for texts in (entries, data) if texts is not None)
        if used > CHUNK_BYTES and stop > start:
            break
        stop += 1
    return stop


def cut_texts(tenant: int, uid: str, entries: str | None, data: str | None) -> Iterator[BatchChunk]:
    """The same for JSON arrays."""
    return cut(tenant, uid, None if entries is None else _items_of(entries), None if data is None else _items_of(data))


def whole(uow: UnitOfWork, batch: Batch) -> BatchPayload:
    """All entries and data as one text each. The command must be exclusive, or a reader."""
    shared = uow.payloads.find(batch.uid)
    entries: list[str] = []
    data: list[str] = []
    for chunk in uow.chunks.of(batch.uid):
        entries.extend(() if chunk.entries is None else (chunk.entries[1:-1],))
        data.extend(() if chunk.data is None else (chunk.data[1:-1],))
    own = f"[{','.join(data)}]" if data else None
    return BatchPayload(
        batch.tenant,
        batch.uid,
        f"[{','.join(entries)}]" if entries else None,
        own if shared is None or shared.data is None else shared.data,
    )


def are_complete(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether the entries of all indexes are stored. The command must be exclusive."""
    last = uow.chunks.last(batch.uid)
    return batch.size == (0 if last is None else last.first + last.count)


def sizes(uow: UnitOfWork, uids: Sequence[str]) -> dict[str, int]:
    """How many characters the entries and data of each of these batches have."""
    shared, own = uow.payloads.sizes(uids), uow.chunks.sizes(uids)
    return {uid: shared.get(uid, 0) + own.get(uid, 0) for uid in uids}


def data_of(uow: UnitOfWork, uid: str) -> str | None:
    """The data of a batch as JSON text, for looking through many."""
    shared = uow.payloads.data_of(uid)
    if shared is not None:
        return shared
    data = [chunk.data[1:-1] for chunk in uow.chunks.of(uid) if chunk.data is not None]
    return f"[{','.join(data)}]" if data else None


def _text(items: Sequence[msgspec.Raw] | Sequence[Source]) -> str:
    return msgspec.json.encode(items).decode()
