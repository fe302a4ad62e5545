"""Files from which the wizard makes a batch: kept in the draft as text, the columns of CSV mapped to fields of tasks.

Nothing is kept of a file that is refused.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from dragoman.dialects.kit import json
from dragoman.dialects.kit.forms import Sent
from dragoman.domain.row_formats import heads
from dragoman.domain.row_formats.cells import ReadJson
from dragoman.domain.row_formats.columns import JSON_SUFFIX, LEFT_OUT
from dragoman.domain.row_formats.faults import Fault, FaultCode, Row
from dragoman.usecases.batches.content import files
from dragoman.usecases.batches.content.uploads import CSV, NDJSON
from dragoman.web.views.batches import fields
from dragoman.web.visit import Visit
from dragoman.web.words import N_

MIB = 1024 * 1024
MOST_BYTES = 4 * MIB
"""The largest file that a draft holds."""
MOST_COLUMNS = 50
LONGEST_NAME = 200
LONGEST_CELL = 80
KEPT = ("file", "file_name", "file_media", "size", "members")
SAME = "="
"""The column keeps its own name."""
COLUMNS = tuple(f"column.{place}" for place in range(MOST_COLUMNS))
ENTRY_NAMES = frozenset({"id", "number", "no", "no.", "nr", "nr.", "task", "entry", "nummer", "aufgabe"})
LINES = (".ndjson", ".jsonl")
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


class Taken(NamedTuple):
    """The content of the draft with a file, or why it is refused: faults of fields, and of places in the file."""

    content: dict[str, str]
    faults: dict[str, str]
    places: Sequence[Fault] = ()
    status: int = 422

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


async def take(visit: Visit, sent: Sent, content: dict[str, str]) -> Taken:
    """Take a file that was sent. The draft has none of it when it is refused."""
    if len(sent.content) > MOST_BYTES:
        most = visit.gettext("%(most)s MiB", most=MOST_BYTES // MIB)
        fault = visit.gettext("The file is larger than %(most)s. Send larger ones by the API.", most=most)
        return Taken(content, {"file": fault}, status=TOO_LARGE)
    text = sent.content.decode(errors="surrogateescape").removeprefix(heads.MARK)
    media = media_of(sent, text)
    kept = {"choose": "file", "file": text, "file_name": shown_name(sent.file_name), "file_media": media}
    made = content | dict.fromkeys(COLUMNS, "") | kept | {"size": "", "members": ""}
    if media == NDJSON:
        return await _read(visit, content, made)
    places = await asyncio.to_thread(files.faults_of_rows, text, _read_json(visit))
    if places:
        return Taken(content, {}, places)
    names = heads.head(text).names
    if len(names) > MOST_COLUMNS:
        most = visit.words.number(MOST_COLUMNS)
        return Taken(content, {"file": visit.gettext("At most %(most)s columns.", most=most)})
    if len(names) == 1 and ";" in names[0]:
        return Taken(content, {"file": visit.gettext("The cells must be separated by commas, not by semicolons.")})
    return Taken(made | dict(zip(COLUMNS, guessed(names), strict=False)), {})


async def map_columns(visit: Visit, content: dict[str, str]) -> Taken:
    """Read the file of a draft by the columns that were chosen."""
    made = content | {"size": "", "members": ""}
    if not content.get("file"):
        return Taken(made, {"file": visit.gettext("Choose a file.")})
    if content["file_media"] == CSV:
        chosen = [each for each in _chosen(content) if each]
        if files.KEY not in chosen:
            return Taken(made, {"columns": visit.gettext("Choose the column with the numbers of the tasks.")})
        named = [each for each in chosen if each != SAME]
        if len(named) > len(set(named)):
            return Taken(made, {"columns": visit.gettext("Two columns hold the same field.")})
    return await _read(visit, made, made)


async def _read(visit: Visit, before: dict[str, str], made: dict[str, str]) -> Taken:
    found = await rows_of(visit, made)
    if found.faults:
        return Taken(before, {}, found.faults)
    most = visit.request.limits.entries
    if len(found.rows) > most:
        fault = visit.gettext("At most %(most)s entries. Send more by the API.", most=visit.words.number(most))
        return Taken(before, {"file": fault}, status=TOO_LARGE)
    members = json.encode(_members(made, found.rows)).decode()
    return Taken(made | {"size": str(len(found.rows)), "members": members}, {})


async def rows_of(visit: Visit, content: dict[str, str]) -> files.Rows:
    """The rows of a draft's file, off the event loop."""
    media = content["file_media"]
    names = _written(content) if media == CSV else ()
    return await asyncio.to_thread(files.rows_of, content["file"], media, _read_json(visit), names)


def members(content: dict[str, str]) -> list[str]:
    """The members of tasks that the file of a draft has."""
    found: list[str] = json.parse(content["members"].encode()) if content.get("members") else []
    return found


def media_of(sent: Sent, text: str) -> str:
    """CSV or NDJSON: by the name of the file, else by how it begins."""
    name = sent.file_name.lower()
    if name.endswith(LINES) or (not name.endswith(".csv") and text.lstrip()[:1] == "{"):
        return NDJSON
    return CSV


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


def _chosen(content: dict[str, str]) -> list[str]:
    """What each column was mapped to. What no page offers is left out."""
    known = {files.KEY, SAME, *fields.ALL}
    names = heads.head(content["file"]).names
    return [
        content.get(each, "") if content.get(each) in known else "" for each, _ in zip(COLUMNS, names, strict=False)
    ]


def _written(content: dict[str, str]) -> list[str]:
    """The names of the columns as uploads have them."""
    names = heads.head(content["file"]).names
    return [_column(name, chosen) for name, chosen in zip(names, _chosen(content), strict=True)]


def _column(name: str, chosen: str) -> str:
    if not chosen:
        return LEFT_OUT
    if chosen == SAME:
        return name
    return chosen + JSON_SUFFIX if chosen in fields.OF_JSON else chosen


def _members(content: dict[str, str], rows: list[Row]) -> list[str]:
    if content["file_media"] == CSV:
        written = [name for name in _written(content) if not name.startswith(LEFT_OUT) and name != files.KEY]
        return [name.removesuffix(JSON_SUFFIX) for name in written]
    return list(dict.fromkeys(name for _, own in rows for name in own or {}))[:MOST_COLUMNS]


def sheet(visit: Visit, content: dict[str, str]) -> Sheet | None:
    """The file of a draft with its first rows; None when it has none."""
    if not content.get("file"):
        return None
    name = content.get("file_name", "")
    return Sheet(name, *(_table(visit, content) if content["file_media"] == CSV else _objects(content)))


def _table(visit: Visit, content: dict[str, str]) -> tuple[list[Column], list[list[str]]]:
    found = heads.head(content["file"])
    usual = [("", visit.gettext("Leave out")), (files.KEY, visit.gettext("Number of the task"))]
    usual += [(each, each) for each in fields.ALL]
    columns = []
    for field, name, chosen in zip(COLUMNS, found.names, _chosen(content), strict=False):
        own = [(SAME, visit.gettext("as it is called"))] if name and not name.startswith(LEFT_OUT) else []
        columns.append(Column(field, name, chosen, [*usual, *own]))
    return columns, [[_cut(cell) for cell in row] for row in found.rows]


def _objects(content: dict[str, str]) -> tuple[list[Column], list[list[str]]]:
    lines = [line for line in content["file"].split("\n", 1_000) if line.strip()][: heads.SAMPLES]
    values = [json.parse(line.strip().encode()) for line in lines]
    rows = [value if isinstance(value, dict) else {"entry": value} for value in values]
    names = list(dict.fromkeys(name for row in rows for name in row.get("data") or {}))[:MOST_COLUMNS]
    columns = [Column("", name, "", ()) for name in ("entry", *names)]
    return columns, [[_cell(row, "entry"), *(_cell(row.get("data") or {}, name) for name in names)] for row in rows]


def _cell(values: dict[str, Any], name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    return _cut(value if isinstance(value, str) else json.encode(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def said(visit: Visit, places: Iterable[Fault]) -> list[str]:
    """The faults of a file as sentences, each with line and column."""
    return [
        visit.gettext(
            "Line %(line)s, column %(column)s: %(sentence)s",
            line=each.line, column=each.column, sentence=visit.gettext(SENTENCES[each.code]),
        )
        for each in places
    ]  # fmt: skip


def _read_json(visit: Visit) -> ReadJson:
    limits = visit.request.limits
    return partial(json.parse, max_depth=limits.json_depth, max_members=limits.json_members)
