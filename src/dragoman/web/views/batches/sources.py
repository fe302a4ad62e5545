"""Files from which the wizard makes a batch: stored beside the draft, the columns of CSV mapped to fields of tasks.

No more of a file is held than a piece, and nothing is kept of one that is refused.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from dragoman.dialects.kit import json
from dragoman.dialects.kit.forms import Arriving
from dragoman.domain.batch_draft import Draft
from dragoman.domain.errors import Invalid, Problem, TooLarge
from dragoman.domain.row_formats.cells import ReadJson
from dragoman.domain.row_formats.columns import JSON_SUFFIX, LEFT_OUT
from dragoman.domain.row_formats.faults import FaultCode, Row
from dragoman.usecases.batches import drafts
from dragoman.usecases.batches.content import files, uploads
from dragoman.usecases.batches.content.uploads import CSV, NDJSON
from dragoman.web.views.batches import fields
from dragoman.web.visit import Visit
from dragoman.web.words import N_

OPERATION = "batch.draft"
MOST_COLUMNS = files.MOST_MEMBERS
LONGEST_NAME = 200
LONGEST_CELL = 80
KEPT = ("file_name", "file_media", "file_head", "size", "members")
SAME = "="
"""The column keeps its own name."""
COLUMNS = tuple(f"column.{place}" for place in range(MOST_COLUMNS))
FIELDS = (*KEPT, *COLUMNS)
"""All that the content of a draft has of its file."""
ENTRY_NAMES = frozenset({"id", "number", "no", "no.", "nr", "nr.", "task", "entry", "nummer", "aufgabe"})
TOO_LARGE = 413
UNTIDY = re.compile(r"[\x00-\x1f\x7f]+")
SENTENCES: dict[FaultCode, str] = {
    FaultCode.RAGGED_ROW: N_("The row has another number of cells than the first line."),
    FaultCode.BAD_QUOTE: N_("A quote is where none may be, or isn't closed; or a line ends with a lone return."),
    FaultCode.NO_COLUMN: N_("The column with the numbers is missing."),
    FaultCode.DOUBLE_COLUMN: N_("Two columns hold the same field."),
    FaultCode.BAD_JSON: N_("The value isn't of the kind that the field takes, or isn't JSON."),
    FaultCode.BAD_ENTRY: N_("This is no number of a task, or a spreadsheet changed it."),
    FaultCode.BAD_ENCODING: N_("The text isn't UTF-8."),
    FaultCode.LINE_TOO_LONG: N_("The line is too long."),
    FaultCode.UNKNOWN: N_("This has no meaning here."),
    FaultCode.EMPTY: N_("The file has no entries."),
}


@dataclass(frozen=True)
class Taken:
    """The content of the draft and its file, or why it is refused: faults of fields, and of places in the file.

    `upload`: the file is new, and is kept only when a draft has it.
    """

    content: dict[str, str]
    file: str | None = None
    faults: dict[str, str] = field(default_factory=dict)
    places: Sequence[Problem] = ()
    status: int = 422
    upload: files.FileUpload | None = None

    @property
    def is_refused(self) -> bool:
        """Whether something is wrong."""
        return bool(self.faults or self.places)


class Column(NamedTuple):
    """A column on the page. `choices`: pairs of a value and its words; none for NDJSON, whose members have names."""

    field: str
    name: str
    chosen: str
    choices: Sequence[tuple[str, str]]


class Sheet(NamedTuple):
    """The file of a draft on the page, with its first rows."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


async def take(visit: Visit, sent: Arriving, content: dict[str, str]) -> Taken:
    """Store a file while it arrives. Nothing of it stays when it is refused."""
    name, limits = shown_name(sent.file_name), visit.request.limits
    upload = files.FileUpload(sent.file_name, _read_json(visit), most=limits.upload_entries)
    try:
        stored: files.Stored = await visit.receive(upload, sent.pieces, OPERATION)
    except (Invalid, TooLarge) as error:
        return _refused(visit, content, error)
    taken = _taken(visit, stored, content | dict.fromkeys(FIELDS, "") | {"choose": "file", "file_name": name})
    if taken.is_refused:
        await visit.abandon(upload, OPERATION)
        return replace(taken, content=content)
    return replace(taken, upload=upload)


def _taken(visit: Visit, stored: files.Stored, content: dict[str, str]) -> Taken:
    """The content of a draft with a sound file."""
    made = content | {"file_media": stored.media}
    if stored.media == NDJSON:
        head = json.encode(_objects(stored.entries)).decode()
        members = json.encode([_cut(each) for each in stored.members]).decode()
        return Taken(made | {"file_head": head, "size": str(stored.size), "members": members}, stored.uid)
    if len(stored.names) > MOST_COLUMNS:
        most = visit.words.number(MOST_COLUMNS)
        return Taken(content, None, {"file": visit.gettext("At most %(most)s columns.", most=most)})
    if len(stored.names) == 1 and ";" in stored.names[0]:
        fault = visit.gettext("The cells must be separated by commas, not by semicolons.")
        return Taken(content, None, {"file": fault})
    head = json.encode([stored.names, [[_cut(cell) for cell in row] for row in stored.rows]]).decode()
    return Taken(made | dict(zip(COLUMNS, guessed(stored.names), strict=False)) | {"file_head": head}, stored.uid)


async def map_columns(visit: Visit, draft: Draft | None, content: dict[str, str]) -> Taken:
    """Read the file of a draft by the columns that were chosen."""
    made = content | {"size": "", "members": ""}
    if draft is None or draft.file is None:
        return Taken(made, None, {"file": visit.gettext("Choose a file.")})
    if content["file_media"] == NDJSON:
        return Taken(content, draft.file)  # its lines say what they hold
    chosen = [each for each in _chosen(content) if each]
    if files.KEY not in chosen:
        fault = visit.gettext("Choose the column with the numbers of the tasks.")
        return Taken(made, draft.file, {"columns": fault})
    named = [each for each in chosen if each != SAME]
    if len(named) > len(set(named)):
        return Taken(made, draft.file, {"columns": visit.gettext("Two columns hold the same field.")})
    check = files.Check(reader(visit, content), visit.request.limits.upload_entries)
    try:
        async for piece in pieces(visit, draft):
            await asyncio.to_thread(check.take, piece)
        await asyncio.to_thread(check.finish)
    except (Invalid, TooLarge) as error:
        return replace(_refused(visit, made, error), file=draft.file)
    written = [name for name in _written(content) if not name.startswith(LEFT_OUT) and name != files.KEY]
    members = json.encode([name.removesuffix(JSON_SUFFIX) for name in written]).decode()
    return Taken(made | {"size": str(check.size), "members": members}, draft.file)


def _refused(visit: Visit, content: dict[str, str], error: Invalid | TooLarge) -> Taken:
    """The content as it was, with what is wrong with the file. Any other refusal is raised again."""
    if error.code == "too_many_entries":
        most = visit.words.number(visit.request.limits.upload_entries)
        return Taken(content, None, {"file": visit.gettext("At most %(most)s entries.", most=most)}, status=TOO_LARGE)
    if error.code == "invalid_upload" and isinstance(error, Invalid):
        return Taken(content, None, places=error.problems)
    raise error


def reader(visit: Visit, content: dict[str, str]) -> uploads.Reader:
    """The reader of a draft's file, by the columns that were chosen."""
    media = content["file_media"]
    return files.reader(media, _read_json(visit), _written(content) if media == CSV else ())


async def pieces(visit: Visit, draft: Draft) -> AsyncIterator[bytes]:
    """The file of a draft, piece by piece. NotFound or Conflict when the draft has it no longer."""
    for place in count():
        command = drafts.ReadFile(draft.uid, draft.file or "", place)
        text: str | None = await visit.read(drafts.read_file, command)
        if text is None:
            return
        yield text.encode()


def members(content: dict[str, str]) -> list[str]:
    """The members of tasks that the file of a draft has."""
    found: list[str] = json.parse(content["members"].encode()) if content.get("members") else []
    return found


def shown_name(name: str) -> str:
    """The name of a file in one line, without folders."""
    return UNTIDY.sub(" ", re.split(r"[/\\]", name)[-1]).strip()[:LONGEST_NAME]


def guessed(names: Iterable[str]) -> list[str]:
    """What the columns mean by their names, each meaning once."""
    found: list[str] = []
    for name in names:
        meaning = _meaning(name)
        found.append("" if meaning in found and meaning != SAME else meaning)
    return found


def _meaning(name: str) -> str:
    plain = name.strip().lower()
    if plain in ENTRY_NAMES:
        return files.KEY
    if plain.removesuffix(JSON_SUFFIX) in fields.ALL:
        return plain.removesuffix(JSON_SUFFIX)
    return SAME if name.startswith("/") or (name.endswith(JSON_SUFFIX) and not name.startswith(LEFT_OUT)) else ""


def _head(content: dict[str, str]) -> tuple[list[str], list[list[str]]]:
    """The names and the first rows of a draft's file."""
    names, rows = json.parse(content["file_head"].encode())
    return names, rows


def _chosen(content: dict[str, str]) -> list[str]:
    """What each column was mapped to. What no page offers is left out."""
    known = {files.KEY, SAME, *fields.ALL}
    names, _ = _head(content)
    return [
        content.get(each, "") if content.get(each) in known else "" for each, _ in zip(COLUMNS, names, strict=False)
    ]


def _written(content: dict[str, str]) -> list[str]:
    """The names of the columns as uploads have them."""
    names, _ = _head(content)
    return [_column(name, chosen) for name, chosen in zip(names, _chosen(content), strict=True)]


def _column(name: str, chosen: str) -> str:
    if not chosen:
        return LEFT_OUT
    if chosen == SAME:
        return name
    return chosen + JSON_SUFFIX if chosen in fields.OF_JSON else chosen


def sheet(visit: Visit, content: dict[str, str]) -> Sheet | None:
    """The file of a draft with its first rows; None when it has none."""
    if not content.get("file_head"):
        return None
    names, rows = _head(content)
    is_csv = content["file_media"] == CSV
    return Sheet(
        content.get("file_name", ""),
        _columns(visit, names, _chosen(content)) if is_csv else [Column("", name, "", ()) for name in names],
        rows,
    )


def _columns(visit: Visit, names: list[str], chosen: list[str]) -> list[Column]:
    usual = [("", visit.gettext("Leave out")), (files.KEY, visit.gettext("Number of the task"))]
    usual += [(each, each) for each in fields.ALL]
    columns = []
    for column, name, meaning in zip(COLUMNS, names, chosen, strict=False):
        own = [(SAME, visit.gettext("as it is called"))] if name and not name.startswith(LEFT_OUT) else []
        columns.append(Column(column, name, meaning, [*usual, *own]))
    return columns


def _objects(entries: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The first lines of NDJSON as names and cells."""
    rows = [(own or {}) for _, own in entries]
    names = list(dict.fromkeys(name for row in rows for name in row))[:MOST_COLUMNS]
    cells = [
        [_cell({"entry": entry}, "entry"), *(_cell(row, name) for name in names)]
        for (entry, _), row in zip(entries, rows, strict=True)
    ]
    return ["entry", *map(_cut, names)], cells


def _cell(values: dict[str, Any], name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    return _cut(value if isinstance(value, str) else json.encode(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def said(visit: Visit, places: Iterable[Problem]) -> list[str]:
    """The faults of a file as sentences, each with line and column."""
    return [
        visit.gettext(
            "Line %(line)s, column %(column)s: %(sentence)s",
            line=each.line, column=each.column, sentence=visit.gettext(SENTENCES[FaultCode(each.code)]),
        )
        for each in places
    ]  # fmt: skip


def _read_json(visit: Visit) -> ReadJson:
    limits = visit.request.limits
    return partial(json.parse, max_depth=limits.json_depth, max_members=limits.json_members)
