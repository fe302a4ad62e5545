"""What is written as CSV or NDJSON means the same entries when it is read again."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.kit import json
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Method
from dragoman.domain.row_formats.csv_reader import CsvReader
from dragoman.domain.row_formats.csv_writer import CsvWriter, MemberColumns
from dragoman.domain.row_formats.faults import Layout, Row
from dragoman.domain.row_formats.merging import merged
from dragoman.domain.row_formats.ndjson_reader import NdjsonReader
from dragoman.domain.row_formats.ndjson_writer import ndjson_line, verbatim

LEAD = ("index", "outcome", "unchanged", "object", "code", "message")
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
odd = st.text('a",\r\n/~#: ', max_size=4)
names = odd | text | st.sampled_from(["id", "a:json", ":json", "/a", "#a", "", "~0", "id:json", "\ufeff"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([json_numbers.Number("1.10"), json_numbers.Number("1e2")]) | text | odd,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
data = st.dictionaries(names, values, max_size=4)
entries = st.integers(0, 2**63 - 1) | st.text("abc ü,\"\n'#", min_size=1, max_size=5)
rows = st.lists(st.tuples(entries, data), min_size=1, max_size=6)


def texts_of(rows: list[Row]) -> list[tuple[str, bytes]]:
    return [(str(entry), json_numbers.encode_sorted(data or {})) for entry, data in rows]


def written(rows: list[Any], field: str | None) -> str:
    columns = MemberColumns()
    for _, own in rows:
        columns.see(own)
    writer = CsvWriter(LEAD, field, columns)
    lines = [
        writer.line((at, "failure", False, None, "invalid", 'a "b", c'), entry, json_numbers.encode(own).decode())
        for at, (entry, own) in enumerate(rows)
    ]
    return writer.header() + "".join(lines)


def read(reader: CsvReader | NdjsonReader, body: bytes, size: int) -> list[Row]:
    found = [row for at in range(0, len(body), size) for row in reader.feed(body[at : at + size])]
    found += reader.close()
    assert reader.faults.found == []
    return found


@given(rows=rows, size=st.integers(1, 200), field=st.sampled_from(["id", "name", "assignee"]))
def test_csv_means_the_same(rows: list[Any], size: int, field: str) -> None:
    layout = Layout(Method.PATCH, field, has_shared_data=True)
    body = written(rows, field).encode()
    assert texts_of(read(CsvReader(layout, json.parse), body, size)) == texts_of(rows)


@given(rows=rows, size=st.integers(1, 200))
def test_csv_of_new_objects_means_the_same(rows: list[Any], size: int) -> None:
    news: list[Row] = [(None, own) for _, own in rows]
    layout = Layout(Method.POST, has_shared_data=True)
    body = written(news, None).encode()
    assert texts_of(read(CsvReader(layout, json.parse), body, size)) == texts_of(news)


@given(rows=rows, size=st.integers(1, 200))
def test_ndjson_means_the_same(rows: list[Any], size: int) -> None:
    body = b"".join(
        ndjson_line(
            {"index": at, "entry": entry, "data": verbatim(json_numbers.encode(own).decode()), "outcome": "success",
             "unchanged": False, "object": None, "error": None, "at": None}
        )
        for at, (entry, own) in enumerate(rows)
    )  # fmt: skip
    layout = Layout(Method.PATCH, "id")
    assert texts_of(read(NdjsonReader(layout, json.parse), body, size)) == texts_of(rows)


@given(table=st.lists(st.lists(odd | text, min_size=2, max_size=2), min_size=1, max_size=5))
@pytest.mark.parametrize(("quoting", "end"), [(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n")])
def test_what_the_library_writes_is_read(table: list[list[str]], quoting: Any, end: str) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator=end).writerows([["id", "title"], *([f"x{a}", b] for a, b in table)])
    found = read(CsvReader(Layout(Method.PATCH, "id", has_shared_data=True), json.parse), out.getvalue().encode(), 7)
    assert found == [(f"x{a}", {"title": b} if b else None) for a, b in table]


@given(rows=rows)
def test_what_is_written_the_library_reads(rows: list[Any]) -> None:
    table = list(csv.reader(io.StringIO(written(rows, "id"), newline=""), strict=True))
    assert {len(line) for line in table} == {len(table[0])}
    assert [line[6] for line in table[1:]] == [str(entry) for entry, _ in rows]


def test_columns_stand_in_order_of_first_use() -> None:
    rows = [(7, {"b": 1, "a": "x"}), (8, {"a": "", "id": "9", "c": None, "#d": "y", "e:json": "z"})]
    header, first, second, _ = written(rows, "id").split("\r\n")
    assert header.endswith("#message,id,b:json,a,a:json,/id,c:json,/#d,e:json:json")
    assert first.endswith(',"a ""b"", c",7,1,x,,,,,')
    assert second.endswith(',8,,,"""""",9,null,y,"""z"""')


def test_members_of_a_row_win() -> None:
    shared = {"a": 1, "properties": {"x": "1", "y": "2"}, "b": [1]}
    own = {"properties": {"y": None, "z": "3"}, "b": {"c": 1}, "a": {"d": 2}}
    assert merged(shared, own) == {"a": {"d": 2}, "properties": {"x": "1", "y": None, "z": "3"}, "b": {"c": 1}}
    assert shared["properties"] == {"x": "1", "y": "2"}
