"""The entries of a batch, as they were sent or selected: pages, and whole files that can be sent back as an upload."""

from collections.abc import AsyncIterator

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, Status
from dragoman.domain.errors import Conflict
from dragoman.domain.limits import PAGE_BYTES
from dragoman.domain.row_formats.csv_writer import CsvWriter
from dragoman.domain.row_formats.ndjson_writer import ndjson_line
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.outcomes import result_texts, results
from dragoman.usecases.batches.outcomes.result_texts import SLICE_BYTES, Form, Run
from dragoman.usecases.batches.outcomes.results import Columns
from dragoman.usecases.uow import UnitOfWork

LEAD = ("index",)
AT_ONCE = 4_000
"""Rows of a slice of a file."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Read entries from the index `first` on. A page ends early before it has more than `max_bytes`."""

    batch: Ref
    first: int = 0
    limit: int
    max_bytes: int = PAGE_BYTES

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Row(msgspec.Struct, frozen=True):
    """An entry and its data as JSON texts. Data that all share is in each of the rows."""

    index: int
    entry: msgspec.Raw | None
    data: msgspec.Raw | None


class Page(msgspec.Struct, frozen=True):
    """Entries in order. `next` is the index of the next page, None behind the last. `shared` is the data of all."""

    batch: Batch
    rows: list[Row]
    next: int | None
    shared: msgspec.Raw | None


class Lines(msgspec.Struct, frozen=True):
    """Read a slice of entries as lines of a file. `writer` writes those of CSV."""

    page: Read
    writer: CsvWriter | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


Command = Read | Lines | Columns


def file(batch: Ref) -> Read:
    """The command that begins a file."""
    return Read(batch=batch, limit=AT_ONCE, max_bytes=SLICE_BYTES)


def run(uow: UnitOfWork, command: Command) -> Page | result_texts.Slice | results.Members:
    """A page, or a step of a file. NotFound `batch_not_found`; Conflict `batch_not_prepared` as `read`."""
    if isinstance(command, Read):
        return read(uow, command)
    if isinstance(command, Columns):
        return results.members(uow, command)
    page = read(uow, command.page)
    lines = [_line(command.writer, row) for row in page.rows]
    return result_texts.Slice(b"".join(lines), page.next)


def read(uow: UnitOfWork, command: Read) -> Page:
    """A page. Conflict `batch_not_prepared` while a selection isn't resolved."""
    batch = batches.get(uow, command.batch)
    if batch.selection is not None and batch.status is Status.CREATED and batch.field is None:
        raise not_prepared()
    shared, texts = payloads.shared_of(uow, batch), payloads.NONE
    rows: list[Row] = []
    used, stop = 0, min(command.first + command.limit, batch.size)
    for index in range(command.first, stop):
        if not texts.first <= index < texts.stop:
            texts = payloads.texts_of(uow.chunks.holding(batch.uid, index), shared)
        used += texts.average
        if rows and used > command.max_bytes:
            stop = index
            break
        rows.append(Row(index, texts.entry(index), texts.data(index)))
    return Page(batch, rows, stop if stop < batch.size else None, shared)


def not_prepared() -> Conflict:
    """The refusal while a batch is being prepared."""
    return Conflict("batch_not_prepared", "The batch is being prepared; ask again soon.", retry_after_seconds=1)


async def pieces(batch: Batch, command: Read, form: Form, run: Run) -> AsyncIterator[bytes]:
    """The file. The next slice is read when the one before it was sent."""
    writer = None
    if form is Form.CSV:
        writer = CsvWriter(LEAD, batch.field, await result_texts.columns(batch.number, run))
        yield writer.header().encode()
    page: Read | None = command
    while page is not None:
        slice_: result_texts.Slice = await run(Lines(page, writer))
        if slice_.text:
            yield slice_.text
        page = None if slice_.after is None else replace(page, first=slice_.after)


def _line(writer: CsvWriter | None, row: Row) -> bytes:
    if writer is None:
        return ndjson_line({"index": row.index, "entry": row.entry, "data": row.data})
    entry = None if row.entry is None else json_numbers.decode(bytes(row.entry))
    data = None if row.data is None else bytes(row.data).decode()
    return writer.line((row.index,), entry, data).encode()
