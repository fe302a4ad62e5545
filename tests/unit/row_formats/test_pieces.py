"""Whatever bytes come, in whatever pieces: the same rows and the same faults, and no other error."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.dialects.kit import json
from dragoman.domain.bulk import Method
from dragoman.domain.row_formats.csv_reader import CsvReader
from dragoman.domain.row_formats.faults import Fault, Layout, Row
from dragoman.domain.row_formats.ndjson_reader import NdjsonReader

LAYOUTS = (
    Layout(Method.PATCH, "id", has_number_key=True, has_shared_data=True, moments=frozenset({"a"})),
    Layout(Method.POST),
    Layout(Method.DELETE, "id"),
)
csv_parts = st.sampled_from(
    [b"id", b"a", b"a:json", b"/a/b", b"#x", b",", b",", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'"', b'""', b"7",
     b"7.0", b"9E+15", b"{}", b'{""b"":1}', b"x", b" ", b"\xff", b"\0", "ü".encode(), b"\xef\xbb\xbf", b"null",
     b"2031-05-04 10:20:30+00"]
)  # fmt: skip
ndjson_parts = st.sampled_from(
    [b"\n", b"\n", b"\n", b"\r\n", b"7", b'"x"', b"null", b'{"entry":7}', b'{"entry":7,"data":{"a":1}}', b'{"data":{}}',
     b"{", b"}", b'"entry":', b'"', b",", b" ", b"\r", b"\xff", b"\0", b"\xef\xbb\xbf", b'{"index":0}', b"[]"]
)  # fmt: skip


def read(reader: Any, body: bytes, sizes: list[int]) -> tuple[list[Row], list[Fault]]:
    rows, at = [], 0
    for size in sizes:
        rows += reader.feed(body[at : at + size])
        at += size
    rows += reader.feed(body[at:])
    rows += reader.close()
    return rows, reader.faults.found


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.method))
@given(parts=st.lists(csv_parts, max_size=30), sizes=st.lists(st.integers(0, 9), max_size=20))
@example(parts=[b"id,a\n7,", b'"', b"\r", b'"', b"\r", b"\n"], sizes=[8, 1, 1])
def test_csv_is_read_alike_in_all_pieces(layout: Layout, parts: list[bytes], sizes: list[int]) -> None:
    body = b"".join(parts)
    rows, faults = read(CsvReader(layout, json.parse), body, [])
    found = read(CsvReader(layout, json.parse), body, sizes)
    assert found[1] == faults
    assert faults or found[0] == rows
    assert faults or rows


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.method))
@given(parts=st.lists(ndjson_parts, max_size=30), sizes=st.lists(st.integers(0, 9), max_size=20))
def test_ndjson_is_read_alike_in_all_pieces(layout: Layout, parts: list[bytes], sizes: list[int]) -> None:
    body = b"".join(parts)
    rows, faults = read(NdjsonReader(layout, json.parse), body, [])
    found = read(NdjsonReader(layout, json.parse), body, sizes)
    assert found[1] == faults
    assert faults or found[0] == rows
    assert faults or rows


@given(body=st.binary(max_size=60))
def test_any_bytes_are_rows_or_faults(body: bytes) -> None:
    for reader in (CsvReader(LAYOUTS[0], json.parse), NdjsonReader(LAYOUTS[0], json.parse)):
        rows, faults = read(reader, body, [])
        assert rows or faults
