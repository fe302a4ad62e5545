"""The preview of a batch as it is asked for: pages with its summary, and whole files."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, Effect, Status
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.row_formats.csv_writer import CsvWriter
from dragoman.domain.row_formats.ndjson_writer import ndjson_line
from dragoman.usecases.batches import documents
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import contents, payloads
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.outcomes import result_texts, results
from dragoman.usecases.batches.outcomes.result_texts import Form, Run
from dragoman.usecases.batches.outcomes.results import Columns
from dragoman.usecases.batches.review import previews
from dragoman.usecases.batches.review.previews import Row
from dragoman.usecases.uow import UnitOfWork

LEAD = ("index", "effect", "object", "changed", "code", "message")
"""Columns of CSV that an upload leaves out."""
AT_ONCE = 500
"""Rows of a slice of a file."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Read rows from the index `first` on: of these effects, with a change of the member at `pointer`, and `after` as
    its new value. `with_…` select what else is shown."""

    batch: Ref
    first: int = 0
    limit: int
    effects: tuple[Effect, ...] = ()
    pointer: str | None = None
    after: Any = UNSET
    with_moved: bool = False
    with_groups: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """A page. `moved` is how many objects are at another version by now, and whether there are more; null where it
    wasn't asked for, or where the batch doesn't wait for a decision."""

    shown: Shown
    rows: list[Row]
    next: int | None
    moved: tuple[int, bool] | None = None
    groups: list[dict[str, Any]] | None = None


class Lines(msgspec.Struct, frozen=True):
    """Read a slice of rows as lines of a file. `writer` writes those of CSV."""

    page: Read
    writer: CsvWriter | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


Command = Read | Lines | Columns


def run(uow: UnitOfWork, command: Command) -> Found | result_texts.Slice | results.Members:
    """A page, or a step of a file. Refused as `must_have_preview` does."""
    if isinstance(command, Read):
        return read(uow, command)
    if isinstance(command, Columns):
        return results.members(uow, command)
    batch = _batch(uow, command.page)
    page = _page(uow, batch, command.page)
    shared = payloads.shared_of(uow, batch)
    lines = [_line(command.writer, row, shared) for row in page.rows]
    return result_texts.Slice(b"".join(lines), page.next)


def read(uow: UnitOfWork, command: Read) -> Found:
    """A page with its summary."""
    batch = _batch(uow, command)
    page = _page(uow, batch, command)
    waits = batch.status is Status.IN_REVIEW
    return Found(
        documents.shown(uow, batch),
        page.rows,
        page.next,
        previews.moved(uow, batch) if command.with_moved and waits else None,
        previews.groups(uow, batch) if command.with_groups else None,
    )


def _batch(uow: UnitOfWork, command: Read) -> Batch:
    batch = batches.get(uow, command.batch)
    must_have_preview(uow, batch)
    return batch


def _page(uow: UnitOfWork, batch: Batch, command: Read) -> previews.Page:
    return previews.page(
        uow,
        batch,
        first=command.first,
        limit=command.limit,
        effects=command.effects,
        pointer=command.pointer,
        after=command.after,
    )


def must_have_preview(uow: UnitOfWork, batch: Batch) -> None:
    """Conflict `no_preview` without a review, `batch_not_prepared` while it is being made; NotFound `preview_gone` once
    it isn't kept any longer."""
    if not batch.review:
        raise Conflict("no_preview", "The batch was made without review, so it has no preview.")
    if batch.status is Status.CREATED:
        raise contents.not_prepared()
    until = documents.images_until(uow, batch)
    if until is not None and until <= uow.now:
        raise NotFound("preview_gone", "The preview is not kept any longer; its summary is in the batch.", status=410)
    if batch.summary is None and batch.size:
        raise Conflict("no_preview", "The preview of this batch was not made.")


async def pieces(batch: Batch, command: Read, form: Form, run: Run) -> AsyncIterator[bytes]:
    """The file. The next slice is read when the one before it was sent."""
    writer = None
    if form is Form.CSV:
        writer = CsvWriter(LEAD, batch.field, await result_texts.columns(batch.number, run))
        yield writer.header().encode()
    page: Read | None = replace(command, limit=AT_ONCE)
    while page is not None:
        slice_: result_texts.Slice = await run(Lines(page, writer))
        if slice_.text:
            yield slice_.text
        page = None if slice_.after is None else replace(page, first=slice_.after)


def members_of(row: Row) -> dict[str, Any]:
    """A row as it is shown."""
    members = msgspec.structs.asdict(row)
    del members["data"]
    return members


def _line(writer: CsvWriter | None, row: Row, shared: msgspec.Raw | None) -> bytes:
    if writer is None:
        return ndjson_line(members_of(row))
    error = row.error or {}
    lead = (row.index, row.effect, row.object, " ".join(row.changed), error.get("code"), error.get("message"))
    data = row.data if row.data is not None else shared
    text = None if data is None else bytes(data).decode()
    return writer.line(lead, row.entry, _of_object(text)).encode()


def _of_object(data: str | None) -> str | None:
    """The text of an object; data that is none has no columns."""
    return data if data is not None and isinstance(json_numbers.decode(data), dict) else None
