"""Uploads: lines of text that become the entries of a batch while they arrive.

Few entries go the way of a body of JSON; from the second chunk on they are staged (`staging.py`), so that no more than
one chunk is held.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from msgspec.structs import replace

from dragoman.command import Command
from dragoman.domain import ids, json_numbers
from dragoman.domain.bulk import CHUNK, Method
from dragoman.domain.clock import uptime
from dragoman.domain.errors import Invalid, Problem, TooLarge
from dragoman.domain.row_formats.cells import ReadJson
from dragoman.domain.row_formats.csv_reader import CsvReader
from dragoman.domain.row_formats.faults import Faults, Layout, Row
from dragoman.domain.row_formats.merging import merged
from dragoman.domain.row_formats.ndjson_reader import NdjsonReader
from dragoman.usecases.batches.content import staging
from dragoman.usecases.batches.content.payloads import CHUNK_BYTES
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.types import resource_types

CSV = "text/csv"
NDJSON = "application/x-ndjson"
MEDIA = (CSV, NDJSON)

RENEW_SECONDS = 60.0
MOST_TRIED_BYTES = 64 * 1024 * 1024
"""The most bytes of the entries and data that a trial holds."""

Step = tuple[Callable[[Any, Any], Any], Command]
Encode = Callable[[Any], bytes]


class Reader(Protocol):
    """Reads lines of one format."""

    faults: Faults

    def feed(self, piece: bytes) -> list[Row]: ...
    def close(self) -> list[Row]: ...


def reader_of(media: str, order: NewBatch, read_json: ReadJson) -> Reader:
    """The reader of an upload for this batch."""
    type_ = resource_types.find(order.type)
    layout = Layout(
        order.method,
        order.field,
        has_number_key=type_ is not None and order.field in type_.number_keys,
        has_shared_data=order.data is not None,
        moments=frozenset() if type_ is None else type_.moments,
    )
    return CsvReader(layout, read_json) if media == CSV else NdjsonReader(layout, read_json)


def refusal(faults: Faults) -> Invalid:
    """The error for an upload with these faults."""
    problems = tuple(Problem("", fault.code, fault.detail, fault.line, fault.column) for fault in faults.found)
    return Invalid("invalid_upload", "The upload isn't as it should be; each fault is listed.", problems)


def too_many(most: int) -> TooLarge:
    """The error for an upload of more entries."""
    return TooLarge("too_many_entries", f"An upload has at most {most} entries.", limit=most)


class Upload:
    """One upload. `order` is the batch without its entries, its data what they share (JSON text of an object).

    `command` makes the command that creates the batch. With `is_trial` nothing is stored, and the entries of a batch of
    more than `most_held` are counted only. `encode` writes data as the dialect stores it.
    """

    def __init__(
        self,
        reader: Reader,
        order: NewBatch,
        *,
        most: int,
        command: Callable[[NewBatch], Any],
        is_trial: bool = False,
        most_held: int = CHUNK,
        encode: Encode = json_numbers.encode,
    ) -> None:
        self._reader = reader
        self._order = order
        self._most = most
        self._command = command
        self._is_trial = is_trial
        self._most_held = most_held
        self._encode = encode
        self._uid = ids.new_id()
        self._shared = None if order.data is None else json_numbers.decode(order.data)
        self._size = 0
        self._entries: list[str | int | None] = []
        self._texts: list[bytes | None] = []  # None: the data is what all share
        self._bytes = 0
        self._first = 0  # index of the first entry that isn't staged
        self._bare: list[int] = []  # chunks without data of their own
        self._has_own = False
        self._is_staged = False
        self._renewed_at = uptime()

    def begin(self) -> Iterable[Step]:
        """Nothing: the first chunk is only held."""
        return ()

    def take(self, piece: bytes) -> Iterator[Step]:
        """Stage the chunks that are complete. Invalid once no further line need be read, TooLarge."""
        yield from self._add(self._reader.feed(piece))
        if self._reader.faults.is_over:
            raise refusal(self._reader.faults)
        if self._is_staged and uptime() - self._renewed_at > RENEW_SECONDS:
            yield self._step(staging.stage, staging.Stage(self._uid))

    def finish(self) -> Iterator[Step]:
        """Stage the rest. Invalid with all faults, TooLarge."""
        yield from self._add(self._reader.close())
        if self._reader.faults.found:
            raise refusal(self._reader.faults)
        if self._is_staged:
            if self._entries:
                yield from self._stage()
            if self._has_own and self._order.data is not None:
                for first in self._bare:
                    yield self._step(staging.fill, staging.Fill(self._uid, first, self._order.data))

    def order(self) -> Any:
        """The command that creates the batch."""
        shared = self._order.data if not self._has_own and self._order.method is Method.PATCH else None
        if self._is_staged:
            return self._command(replace(self._order, size=self._size, data=shared, staged=self._uid))
        entries = data = None
        if self._size == len(self._entries):
            entries, data = self._texts_of_chunk()
        data = shared if shared is not None else data
        return self._command(replace(self._order, size=self._size, entries=entries, data=data))

    def abandon(self) -> Iterable[Step]:
        """Delete what is staged, unless a batch has it."""
        return [self._step(staging.discard, staging.Discard(self._uid))] if self._is_staged else ()

    def _add(self, rows: list[Row]) -> Iterator[Step]:
        if self._reader.faults.found:
            return
        self._size += len(rows)
        if self._size > self._most:
            raise too_many(self._most)
        if self._is_trial and self._size > self._most_held:
            self._entries, self._texts = [], []
            return
        for entry, own in rows:
            text = self._text(own)
            self._bytes += len(text or b"") + len(str(entry))
            if self._entries and (self._bytes > CHUNK_BYTES or len(self._entries) == CHUNK) and not self._is_trial:
                yield from self._stage()
                self._bytes = len(text or b"") + len(str(entry))
            if self._is_trial and self._bytes > MOST_TRIED_BYTES:
                if self._size > CHUNK:
                    self._most_held, self._entries, self._texts = CHUNK, [], []
                    return
                message = f"A dry run holds at most {MOST_TRIED_BYTES} bytes of {CHUNK} entries."
                raise TooLarge("body_too_large", message, limit=MOST_TRIED_BYTES)
            self._entries.append(entry)
            self._texts.append(text)

    def _text(self, own: dict[str, Any] | None) -> bytes | None:
        """The data of an entry; None when it has none, or none of its own."""
        method = self._order.method
        if method is Method.DELETE or (method is Method.PATCH and own is None and self._shared is not None):
            return None
        self._has_own = True
        return self._encode(merged(self._shared, own or {}) if self._shared is not None else own or {})

    def _stage(self) -> Iterator[Step]:
        if not self._is_staged:
            self._is_staged = True
            yield self._step(staging.begin, staging.Begin(self._uid))
        entries, data = self._texts_of_chunk()
        count = len(self._entries)
        if data is None:
            self._bare.append(self._first)
        yield self._step(staging.stage, staging.Stage(self._uid, self._first, count, entries, data))
        self._first += count
        self._entries, self._texts = [], []

    def _texts_of_chunk(self) -> tuple[str | None, str | None]:
        """The held entries and their data as JSON text."""
        entries = None if self._order.method is Method.POST else json_numbers.encode(self._entries).decode()
        if not any(text is not None for text in self._texts):
            return entries, None
        shared = (self._order.data or "{}").encode()
        texts = [shared if text is None else text for text in self._texts]
        return entries, (b"[%b]" % b",".join(texts)).decode()

    def _step(self, run: Callable[[Any, Any], Any], command: Command) -> Step:
        self._renewed_at = uptime()
        return run, command
