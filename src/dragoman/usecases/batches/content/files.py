"""Files of any size from which a user makes a batch of tasks on a page: checked while they arrive or are read again,
and stored in pieces for a draft."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from dragoman.domain import ids
from dragoman.domain.batch_draft import PIECE_BYTES
from dragoman.domain.bulk import Method
from dragoman.domain.clock import uptime
from dragoman.domain.row_formats import heads
from dragoman.domain.row_formats.cells import ReadJson
from dragoman.domain.row_formats.csv_text import UNREADABLE
from dragoman.domain.row_formats.faults import LONGEST_LINE, Row
from dragoman.usecases.batches.content import staging
from dragoman.usecases.batches.content.uploads import (
    CSV,
    NDJSON,
    RENEW_SECONDS,
    Reader,
    Step,
    reader_of,
    refusal,
    too_many,
)
from dragoman.usecases.batches.lifecycle import NewBatch

TYPE = "task"
KEY = "id"
MOST_MEMBERS = 50
"""How many names of members, and how many columns, are shown of a file."""
LINES = (".ndjson", ".jsonl")
MARK = heads.MARK.encode()
_BLANKS = b" \t\r\n"
_MOST_BLANKS = 64 * 1024

Rename = Callable[[tuple[str, ...]], list[str]]


class Renamed:
    """Reads CSV by other names of columns than those in its first line, which `rename` gives."""

    def __init__(self, reader: Reader, rename: Rename) -> None:
        self.faults = reader.faults
        self._reader = reader
        self._rename = rename
        self._held: bytearray | None = bytearray()  # until the first line is whole

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete by now."""
        if self._held is None:
            return self._reader.feed(piece)
        self._held += piece
        blank = len(self._held) - len(self._held.lstrip(b"\r\n"))
        rows = self._reader.feed(heads.whole_lines(self._held[:blank]))
        self._held = self._held[self._held.rfind(b"\n", 0, blank) + 1 :]
        whole = heads.whole_lines(self._held)
        found = heads.head(whole.decode(errors="surrogateescape"))
        if found.names:
            rows += self._begin(whole, found, self._held[len(whole) :])
        elif len(self._held) > LONGEST_LINE:
            rows += self._begin(b"", heads.NONE, self._held)
        return rows

    def close(self) -> list[Row]:
        """The last rows."""
        rows: list[Row] = []
        if self._held is not None:
            whole = bytes(self._held)
            rows = self._begin(whole, heads.head(whole.decode(errors="surrogateescape")), bytearray())
        return rows + self._reader.close()

    def _begin(self, whole: bytes, found: heads.Head, rest: bytearray) -> list[Row]:
        """Read what was held: lines by the new names, or as they are where the first one can't be read."""
        self._held = None
        text = whole.decode(errors="surrogateescape")
        if found.names and UNREADABLE.search(text, found.start, found.end) is None:
            text = heads.renamed(text, found, self._rename(found.names))
        return self._reader.feed(text.encode(errors="surrogateescape") + rest)


def reader(media: str, read_json: ReadJson, names: Sequence[str] = ()) -> Reader:
    """The reader of a file; of CSV by these names of columns. A row may have no data."""
    known = reader_of(media, NewBatch(Method.PATCH, TYPE, KEY, None, "{}", True, 0), read_json)
    return known if media == NDJSON else Renamed(known, lambda _: list(names))


def _first_reader(media: str, read_json: ReadJson) -> Reader:
    """The reader of a file whose columns have no meanings yet."""
    if media == NDJSON:
        return reader(media, read_json)
    nameless = reader_of(CSV, NewBatch(Method.PATCH, TYPE, None, None, "{}", True, 0), read_json)
    return Renamed(nameless, heads.left_out)


class Check:
    """Reads a file for its faults alone. `size`: the entries so far; `members`: the names of their data; `first`: the
    first entries."""

    def __init__(self, reader: Reader, most: int) -> None:
        self.size = 0
        self.first: list[Row] = []
        self._reader = reader
        self._most = most
        self._members: dict[str, None] = {}

    @property
    def members(self) -> list[str]:
        """The first MOST_MEMBERS of them."""
        return list(self._members)

    @property
    def is_sound(self) -> bool:
        """Whether there is no fault so far."""
        return not self._reader.faults.found

    def take(self, piece: bytes) -> None:
        """Read on. Invalid with all faults once no further line need be read, TooLarge."""
        self._add(self._reader.feed(piece))
        if self._reader.faults.is_over:
            raise refusal(self._reader.faults)

    def finish(self) -> None:
        """Read the rest. Invalid with all faults, TooLarge."""
        self._add(self._reader.close())
        if not self.is_sound:
            raise refusal(self._reader.faults)

    def _add(self, rows: list[Row]) -> None:
        self.size += len(rows)
        if self.size > self._most:
            raise too_many(self._most)
        self.first += rows[: heads.SAMPLES - len(self.first)]
        if len(self._members) < MOST_MEMBERS:
            for _, own in rows:
                self._members.update(dict.fromkeys(own or ()))
            self._members = dict.fromkeys(list(self._members)[:MOST_MEMBERS])


class Stored(NamedTuple):
    """A file that is stored and has no draft yet. `names` and `rows` are the first rows of CSV; of NDJSON `entries`
    are the first entries, and `members` the names of the data of all."""

    uid: str
    media: str
    size: int
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    entries: list[Row]
    members: list[str]


class FileUpload:
    """One file on its way to a draft: each line is checked, and whole lines are stored, as they arrive. Once a line has
    a fault nothing more is stored."""

    def __init__(self, name: str, read_json: ReadJson, *, most: int) -> None:
        self.uid = ids.new_id()
        self._name = name
        self._read_json = read_json
        self._most = most
        self._lead: bytes | None = b""  # until the media is known
        self._media = CSV
        self._check = Check(_first_reader(CSV, read_json), most)
        self._look = heads.Look()
        self._held = bytearray()  # that isn't stored yet
        self._places = 0
        self._renewed_at = uptime()

    def begin(self) -> Iterable[Step]:
        """Nothing: a place is held for the first piece."""
        return ()

    def take(self, piece: bytes) -> Iterator[Step]:
        """Store the pieces that are complete. Invalid once no further line need be read, TooLarge."""
        if self._lead is not None:
            piece = self._lead = self._lead + piece
            if not _tells(piece):
                return
            self._open(piece)
            piece = piece.removeprefix(MARK)
        yield from self._add(piece)
        if self._places and uptime() - self._renewed_at > RENEW_SECONDS:
            yield self._step(staging.stage, staging.Stage(self.uid))

    def finish(self) -> Iterator[Step]:
        """Store the rest. Invalid with all faults, TooLarge."""
        if self._lead is not None:
            lead = self._lead
            self._open(lead)
            yield from self._add(lead.removeprefix(MARK))
        self._check.finish()
        if self._held:
            yield from self._store(self._held.decode())

    def order(self) -> Stored:
        """What is stored."""
        head = self._look.close() if self._media == CSV else heads.NONE
        check = self._check
        return Stored(self.uid, self._media, check.size, head.names, head.rows, check.first, check.members)

    def abandon(self) -> Iterable[Step]:
        """Delete what is stored, unless a draft has it."""
        return [self._step(staging.discard, staging.Discard(self.uid))] if self._places else ()

    def _open(self, lead: bytes) -> None:
        self._lead, self._media = None, _media_of(self._name, lead)
        self._check = Check(_first_reader(self._media, self._read_json), self._most)

    def _add(self, piece: bytes) -> Iterator[Step]:
        self._check.take(piece)
        if not self._check.is_sound:
            self._held.clear()
            return
        if self._media == CSV:
            self._look.add(piece)
        self._held += piece
        while len(self._held) >= PIECE_BYTES:
            end = self._held.rfind(b"\n", 0, PIECE_BYTES) + 1 or self._held.find(b"\n", PIECE_BYTES) + 1
            if not end:
                break  # how long a line may be is the reader's concern
            text = self._held[:end].decode(errors="surrogateescape")
            if UNREADABLE.search(text) is not None:
                break  # in a row that isn't whole yet: the reader will refuse it
            del self._held[:end]
            yield from self._store(text)

    def _store(self, text: str) -> Iterator[Step]:
        if not self._places:
            yield self._step(staging.begin, staging.Begin(self.uid))
        yield self._step(staging.stage_piece, staging.StagePiece(self.uid, self._places, text))
        self._places += 1

    def _step(self, run: Callable[[Any, Any], Any], command: Any) -> Step:
        self._renewed_at = uptime()
        return run, command


def _tells(lead: bytes) -> bool:
    """Whether the media shows by how a file begins, or never will."""
    if len(lead) < len(MARK):
        return False
    return len(lead) > _MOST_BLANKS or bool(lead.removeprefix(MARK).strip(_BLANKS))


def _media_of(name: str, lead: bytes) -> str:
    """CSV or NDJSON: by the name of the file, else by how it begins."""
    name = name.lower()
    if name.endswith(LINES):
        return NDJSON
    return NDJSON if not name.endswith(".csv") and lead.removeprefix(MARK).lstrip(_BLANKS)[:1] == b"{" else CSV
