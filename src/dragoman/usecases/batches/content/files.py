"""Whole files of a bounded size, from which somebody makes a batch of tasks on a page."""

from collections.abc import Sequence
from typing import NamedTuple

from dragoman.domain.bulk import Method
from dragoman.domain.row_formats import heads
from dragoman.domain.row_formats.cells import ReadJson
from dragoman.domain.row_formats.csv_text import UNREADABLE
from dragoman.domain.row_formats.faults import Fault, Row
from dragoman.usecases.batches.content.uploads import CSV, reader_of
from dragoman.usecases.batches.lifecycle import NewBatch

TYPE = "task"
KEY = "id"


class Rows(NamedTuple):
    """The entries of a file with the data of their own; with faults they mean nothing."""

    rows: list[Row]
    faults: list[Fault]


def rows_of(text: str, media: str, read_json: ReadJson, names: Sequence[str] = ()) -> Rows:
    """Read a file by its own names of columns, or by these. A row may have no data."""
    if names:
        text = heads.renamed(text, heads.head(text), list(names))
    return _read(text, media, KEY, read_json)


def faults_of_rows(text: str, read_json: ReadJson) -> list[Fault]:
    """What is wrong with a CSV whatever its columns mean."""
    found = heads.head(text)
    if found.names and UNREADABLE.search(text, found.start, found.end) is None:
        text = heads.renamed(text, found, heads.left_out(found.names))
    return _read(text, CSV, None, read_json).faults


def _read(text: str, media: str, key: str | None, read_json: ReadJson) -> Rows:
    reader = reader_of(media, NewBatch(Method.PATCH, TYPE, key, None, "{}", True, 0), read_json)
    rows = reader.feed(text.encode(errors="surrogateescape"))
    rows += reader.close()
    return Rows(rows, reader.faults.found)
