"""Results as NDJSON and CSV, which can be sent back as an upload: whole files, slice by slice.

The texts of a slice are made where it is read; what sends them only waits for the next one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch
from dragoman.domain.clock import Moment
from dragoman.domain.row_formats.csv_writer import CsvWriter, MemberColumns
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.outcomes import results
from dragoman.usecases.batches.outcomes.results import Became, Columns, Read, Row
from dragoman.usecases.uow import UnitOfWork

AT_ONCE = 4_000
"""Rows of a slice."""
SLICE_BYTES = 1024 * 1024
CHUNKS_AT_ONCE = 8
LEAD = ("index", "outcome", "unchanged", "object", "code", "message")
"""Columns of CSV that an upload leaves out."""


class Form(StrEnum):
    """The form of a file."""

    NDJSON = "ndjson"
    CSV = "csv"


class Start(msgspec.Struct, frozen=True):
    """Begin a file: find the batch. `page` reads its first rows."""

    page: Read
    form: Form

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Lines(msgspec.Struct, frozen=True):
    """Read a slice of rows as lines of a file. `writer` writes those of CSV."""

    page: Read
    writer: CsvWriter | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Slice(msgspec.Struct, frozen=True):
    """Lines, and the index behind which there may be more; None at the end."""

    text: bytes
    after: int | None


Command = Start | Lines | Columns
Run = Callable[[Any], Awaitable[Any]]
"""Runs a further command of a file."""


def start(batch: Ref, form: Form, moment: Callable[[Moment], str], **wanted: Any) -> Start:
    """The command that begins the file of all rows, or of those that are `wanted` (`results.Read`)."""
    return Start(Read(batch=batch, moment=moment, limit=AT_ONCE, max_bytes=SLICE_BYTES, **wanted), form)


def run(uow: UnitOfWork, command: Command) -> Batch | Slice | results.Members:
    """A step of a file. NotFound `batch_not_found`."""
    if isinstance(command, Start):
        return batches.get(uow, command.page.batch)
    if isinstance(command, Columns):
        return results.members(uow, command)
    page = results.read(uow, command.page)
    text = ndjson(page.rows) if command.writer is None else csv(command.writer, page.rows)
    return Slice(text, page.after)


async def pieces(batch: Batch, command: Start, run: Run) -> AsyncIterator[bytes]:
    """The file. The next slice is read when the one before it was sent."""
    writer = None
    if command.form is Form.CSV:
        writer = CsvWriter(LEAD, batch.field, await columns(command.page.batch, run))
        yield writer.header().encode()
    page: Read | None = command.page
    while page is not None:
        slice_: Slice = await run(Lines(page, writer))
        if slice_.text:
            yield slice_.text
        page = None if slice_.after is None else replace(page, after=slice_.after)


async def columns(batch: Ref, run: Run) -> MemberColumns:
    """The columns of all members of the data of the batch, in the order of their first use."""
    seen, first = MemberColumns(), 0
    while True:
        found: results.Members = await run(Columns(batch, first, CHUNKS_AT_ONCE))
        for text in found.data:
            seen.see(_object(text))
        if found.first is None:
            return seen
        first = found.first


_encode_lines = msgspec.json.Encoder().encode_lines


def ndjson(rows: list[Row]) -> bytes:
    """A line for each row, with all its members."""
    return _encode_lines(rows)


class _Failed(msgspec.Struct):
    code: str
    message: str


_failed = msgspec.json.Decoder(_Failed).decode


def csv(writer: CsvWriter, rows: list[Row]) -> bytes:
    """A line for each row."""
    lines, last, data = [], None, None
    for row in rows:
        if row.data is not last:  # all rows may share one
            last, data = row.data, None if row.data is None else _of_object(bytes(row.data).decode())
        lines.append(_csv_line(writer, row, data))
    return "".join(lines).encode()


_WORDS = {each: each.value for each in Became}
"""As plain texts: those of the enumeration are slower to write."""


def _csv_line(writer: CsvWriter, row: Row, data: str | None) -> str:
    code = message = ""
    if row.error is not None:
        failed = _failed(row.error)
        code, message = failed.code, failed.message
    flag = "true" if row.unchanged else "false"
    lead = (str(row.index), _WORDS[row.outcome], flag, row.object or "", code, message)
    entry = None if row.entry is None else json_numbers.decode(row.entry)
    return writer.line(lead, entry, data)


def _object(text: msgspec.Raw) -> dict[str, Any]:
    value = json_numbers.decode(bytes(text))
    return value if isinstance(value, dict) else {}


def _of_object(data: str) -> str | None:
    """The text of an object; data that is none has no columns."""
    return data if data.lstrip().startswith("{") else None
