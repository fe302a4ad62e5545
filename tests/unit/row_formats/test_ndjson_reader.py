"""NDJSON uploads: which line is which row, and every fault at its place."""

from typing import Any

import pytest

from dragoman.dialects.kit import json
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Method
from dragoman.domain.row_formats.faults import LONGEST_LINE, Layout, Row
from dragoman.domain.row_formats.ndjson_reader import NdjsonReader

PATCH = Layout(Method.PATCH, "id", has_number_key=True, has_shared_data=True)
ALONE = Layout(Method.PATCH, "id")
POST = Layout(Method.POST)
DELETE = Layout(Method.DELETE, "id")
RESULT = (
    '{"index":0,"entry":7,"data":{"a":1},"outcome":"failure","unchanged":false,"object":null,"at":null,'
    '"error":{},"before":1,"after":2,"changed":[],"effect":"no_op"}'
)


def read(text: str | bytes, layout: Layout = PATCH, size: int = 1 << 20) -> tuple[list[Row], NdjsonReader]:
    body = text.encode() if isinstance(text, str) else text
    reader = NdjsonReader(layout, json.parse)
    rows = []
    for at in range(0, len(body), size):
        rows += reader.feed(body[at : at + size])
    return rows + reader.close(), reader


@pytest.mark.parametrize(
    ("text", "rows", "layout"),
    [
        ('7\n"8"\n', [(7, None), ("8", None)], PATCH),
        ("\ufeff 7 \r\n\n \t\r\n8", [(7, None), (8, None)], PATCH),
        ('{"entry":7,"data":{"a":1}}\n{"entry":8}\n', [(7, {"a": 1}), (8, None)], PATCH),
        ('{"entry":7,"data":{}}\n', [(7, {})], ALONE),
        ('{"data":{"a":1}}\n{"entry":null,"data":{"a":2}}\n', [(None, {"a": 1}), (None, {"a": 2})], POST),
        ('7\n{"entry":8,"data":null}\n{"entry":9,"data":{}}', [(7, None), (8, None), (9, None)], DELETE),
        (RESULT, [(7, {"a": 1})], PATCH),
    ],
)  # fmt: skip
def test_rows_are_read(text: str, rows: list[Row], layout: Layout) -> None:
    assert read(text, layout)[0] == rows
    assert read(text, layout, 1)[0] == rows
    assert read(text, layout)[1].faults.found == []


def test_a_number_keeps_its_text() -> None:
    [(_, data)] = read('{"entry":7,"data":{"price":1.10}}')[0]
    assert json_numbers.encode(data) == b'{"price":1.10}'


@pytest.mark.parametrize(
    ("text", "faults", "layout"),
    [
        ("null\n1.5\ntrue\n[7]\n", [("bad_entry", line, 1) for line in (1, 2, 3, 4)], PATCH),
        ('{"data":{"a":1}}\n  {"entry":null}\n{"entry":{}}',
         [("bad_entry", 1, 1), ("bad_entry", 2, 3), ("bad_entry", 3, 1)], PATCH),
        ('{"entry":7}\n7\n{"entry":7,"data":null}',
         [("bad_entry", 1, 1), ("bad_entry", 2, 1), ("bad_entry", 3, 1)], ALONE),
        ('7\n{"data":null}\n{"entry":7,"data":{"a":1}}',
         [("bad_entry", 1, 1), ("bad_entry", 2, 1), ("unknown", 3, 1)], POST),
        ('{"entry":7,"data":{"a":1}}\n', [("unknown", 1, 1)], DELETE),
        ('{"entry":7,"priority":9}\n{"entry":7,"version":"3"}\n', [("unknown", 1, 1), ("unknown", 2, 1)], PATCH),
        ('{"entry":7,"data":[{"a":1}]}\n{"entry":7,"data":"x"}', [("bad_json", 1, 1), ("bad_json", 2, 1)], PATCH),
        ('7\n {"entry":\n{"entry":7,"entry":8}\nseven\n9223372036854775808\n',
         [("bad_json", 2, 11), ("bad_json", 3, 12), ("bad_json", 4, 1), ("bad_json", 5, 1)], PATCH),
        ('"a\\u0000"\n"\\ud800"\n7 8\n', [("bad_json", 1, 1), ("bad_json", 2, 1), ("bad_json", 3, 3)], PATCH),
        (b'7\n{"entry":"\xff"}\n8', [("bad_encoding", 2, 11)], PATCH),
        ("", [("empty", 1, 1)], PATCH),
        ("\ufeff\n \r\n", [("empty", 3, 1)], PATCH),
    ],
)  # fmt: skip
def test_each_fault_has_its_place(text: str | bytes, faults: list[Any], layout: Layout) -> None:
    for size in (1 << 20, 1):
        found = read(text, layout, size)[1].faults.found
        assert [(str(fault.code), fault.line, fault.column) for fault in found] == faults


@pytest.mark.parametrize("size", [65_536, 3_000_000])
def test_a_line_may_be_long_and_not_too_long(size: int) -> None:
    line = '"' + "x" * (LONGEST_LINE - 2) + '"'
    assert len(read(f"7\n{line}\r\n8\n", size=size)[0]) == 3
    _, reader = read(f"7\n{line} \n8\n", size=size)
    assert [(str(fault.code), fault.line) for fault in reader.faults.found] == [("line_too_long", 2)]


def test_reading_ends_behind_the_hundredth_fault() -> None:
    reader = read("null\n" * 150 + "x" * 3 * LONGEST_LINE, size=512)[1]
    assert len(reader.faults.found) == 100
    assert reader.faults.is_over
