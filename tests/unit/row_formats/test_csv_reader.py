"""CSV uploads: what is read as which row, every fault at its place, and pieces of any size."""

import gc
import sys
from types import FunctionType, ModuleType
from typing import Any

import pytest

from dragoman.dialects.kit import json
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Method
from dragoman.domain.row_formats.csv_reader import CsvReader
from dragoman.domain.row_formats.faults import LONGEST_LINE, MOST_FAULTS, Layout, Row

PATCH = Layout(Method.PATCH, "id", has_number_key=True, has_shared_data=True, moments=frozenset({"due_at"}))
POST = Layout(Method.POST)
DELETE = Layout(Method.DELETE, "id")


def read(text: str | bytes, layout: Layout = PATCH, size: int = 1 << 20) -> tuple[list[Row], CsvReader]:
    body = text.encode() if isinstance(text, str) else text
    reader = CsvReader(layout, json.parse)
    rows = []
    for at in range(0, len(body), size):
        rows += reader.feed(body[at : at + size])
    return rows + reader.close(), reader


def rows_of(text: str | bytes, layout: Layout = PATCH) -> list[Row]:
    rows, reader = read(text, layout)
    assert reader.faults.found == []
    assert read(text, layout, 1)[0] == rows
    return rows


def faults_of(text: str | bytes, layout: Layout = PATCH) -> list[tuple[str, int, int]]:
    found = read(text, layout)[1].faults.found
    assert all(fault.detail for fault in found)
    assert read(text, layout, 1)[1].faults.found == found
    return [(str(fault.code), fault.line, fault.column) for fault in found]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id\n7\n8\n", [("7", None), ("8", None)]),
        ("id\r\n7\n8\r\n9", [("7", None), ("8", None), ("9", None)]),
        ("\ufeffid,title\n7,a\n", [("7", {"title": "a"})]),
        ('\ufeff"id",title\n7,a\n', [("7", {"title": "a"})]),
        ("\n\r\nid,title\n\n7,a\n\r\n", [("7", {"title": "a"})]),
        ("title,id\n a ,007\n", [("007", {"title": " a "})]),
        ('id,title\n"7","a, ""b""\r\nc\nd"\n8,e\n', [("7", {"title": 'a, "b"\r\nc\nd'}), ("8", {"title": "e"})]),
        ('id,title\n7,\n8,""\n', [("7", None), ("8", None)]),
        ('id,title:json\n7,""""""\n8,null\n', [("7", {"title": ""}), ("8", {"title": None})]),
        ("id,/properties/shelf,/properties/a~1b~0c\n7,x,y\n", [("7", {"properties": {"shelf": "x", "a/b~c": "y"}})]),
        ("id,/extensions/Parcel/weight:json\n7,1.10\n", [("7", {"extensions": {"Parcel": {"weight": 1.1}}})]),
        ("id,/id,/,/#a\n7,8,9,10\n", [("7", {"id": "8", "": "9", "#a": "10"})]),
        ('id,a:json:json\n7,"""x"""\n', [("7", {"a:json": "x"})]),
        ("#index,id,#error\n0,7,bad\n", [("7", None)]),
        ("id,a,a:json\n7,x,\n8,,3\n", [("7", {"a": "x"}), ("8", {"a": 3})]),
        ("id,title,due_at\n7,2031-05-04 10:20:30+00,2031-05-04 10:20:30.5+00\n",
         [("7", {"title": "2031-05-04 10:20:30+00", "due_at": "2031-05-04T10:20:30.5+00:00"})]),
        ("id,due_at\n7,2031-05-04T10:20:30Z\n8,2031-05-04 10:20:30-05:30\n",
         [("7", {"due_at": "2031-05-04T10:20:30Z"}), ("8", {"due_at": "2031-05-04T10:20:30-05:30"})]),
        ("id,due_at\n7,soon\n", [("7", {"due_at": "soon"})]),
        ("id\n+49301234\n9E15\n-7\n", [("+49301234", None), ("9E15", None), ("-7", None)]),
    ],
)  # fmt: skip
def test_rows_are_read_as_tools_write_them(text: str, rows: list[Row]) -> None:
    assert rows_of(text) == rows


def test_a_number_keeps_its_text() -> None:
    [(_, data)] = rows_of("id,price:json\n7,1.10\n")
    assert json_numbers.encode(data) == b'{"price":1.10}'


def test_post_has_no_entry_and_delete_no_data() -> None:
    assert rows_of("id,title\n7,a\n,b\n", POST) == [(None, {"id": "7", "title": "a"}), (None, {"title": "b"})]
    assert rows_of("#index,id\n0,7\n", DELETE) == [("7", None)]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("id,title\n7\n8,a,b\n9,\n", [("ragged_row", 2, 2), ("ragged_row", 3, 5)]),
        ('id,title\n7,"a\nb",c\n8\n', [("ragged_row", 3, 4), ("ragged_row", 4, 2)]),
        ('id,title\n7,a"b\n8,c\n', [("bad_quote", 2, 4)]),
        ('id,title\n7,"a"b\n8,c"\n', [("bad_quote", 2, 6), ("bad_quote", 3, 4)]),
        ('id,title\n7,"a\nb" c\n8\n', [("bad_quote", 3, 3), ("ragged_row", 4, 2)]),
        ('id,title\n7,"a\n8,b\n', [("bad_quote", 2, 3)]),
        ("id,title\n7,a\rb\n8,c\r", [("bad_quote", 2, 4), ("bad_quote", 3, 4)]),
        ("id,title\r7,a\r8,b\r", [("bad_quote", 1, 9)]),
        ('id,title\n7,"a\rb"\r\r\n', [("bad_quote", 2, 8)]),
        ("number,title\n7,a\n", [("no_column", 1, 1)]),
        ("id,title,id\n7,a,8\n", [("double_column", 1, 10)]),
        ("id,a,b,a\n", [("double_column", 1, 8)]),
        ("id,a,/a\n", [("double_column", 1, 6)]),
        ("id,a:json,/a/b\n", [("double_column", 1, 11)]),
        ("id,/a/b,a\n", [("double_column", 1, 9)]),
        ("id,/a~2\n", [("unknown", 1, 4)]),
        ("id,a,a:json\n7,x,1\n", [("double_column", 2, 5)]),
        ("id,ä,a:json\n7,ü,{\n8,,\n9,,[1]]\n", [("bad_json", 2, 5), ("bad_json", 4, 4)]),
        ('id,a:json\n7,"{""b"":1,""b"":2}"\n8,NaN\n', [("bad_json", 2, 3), ("bad_json", 3, 3)]),
        ('title,id\na,\nb,""\n', [("bad_entry", 2, 3), ("bad_entry", 3, 3)]),
        ("id\n9.00719925474099E+015\n9,0E+15\n7.0\n", [("bad_entry", 2, 1), ("ragged_row", 3, 3), ("bad_entry", 4, 1)]),
        ('id\n"9,0E+15"\n9E+15\n1.0e15\n', [("bad_entry", 2, 1), ("bad_entry", 3, 1), ("bad_entry", 4, 1)]),
        (b"id,title\n7,\xe4\n8,b\n9,a\0\n", [("bad_encoding", 2, 3), ("bad_encoding", 4, 4)]),
        (b'id,title\n7,"a\n\xff"\n8,\xed\xa0\x80\n', [("bad_encoding", 3, 1), ("bad_encoding", 4, 3)]),
        ("id\n7\n".encode("utf-16"), [("bad_encoding", 1, 1)]),
        ("", [("empty", 1, 1)]),
        ("\ufeff\n\r\n", [("empty", 3, 1)]),
        ("id,title\n", [("empty", 2, 1)]),
        ("id", [("empty", 2, 1)]),
    ],
)  # fmt: skip
def test_each_fault_has_its_place(text: str | bytes, faults: list[tuple[str, int, int]]) -> None:
    assert faults_of(text) == faults


def test_faults_of_other_methods() -> None:
    assert faults_of("id,title,due\n7,a,b\n", DELETE) == [("unknown", 1, 4), ("unknown", 1, 10)]
    assert faults_of("#index\n7\n", POST) == [("no_column", 1, 1)]
    assert faults_of("id\n7\n", Layout(Method.PATCH, "id")) == [("no_column", 1, 1)]


def test_a_fraction_is_a_sound_entry_of_a_key_that_is_no_number() -> None:
    assert rows_of("name\n7.0\n", Layout(Method.DELETE, "name")) == [("7.0", None)]


def test_reading_ends_behind_the_hundredth_fault() -> None:
    rows, reader = read("id\n" + "1,2\n" * 150, size=64)
    assert len(reader.faults.found) == MOST_FAULTS
    assert reader.faults.is_over
    assert rows == []
    assert reader.feed(b"7\n") == []


@pytest.mark.parametrize("line", ["7", '"7'])
@pytest.mark.parametrize("size", [65_536, 3_000_000])
def test_a_line_may_be_long_and_not_too_long(line: str, size: int) -> None:
    line = line.ljust(LONGEST_LINE - (line[0] == '"'), "x") + '"' * (line[0] == '"')
    assert len(line) == LONGEST_LINE
    assert len(read(f"id\n{line}\r\n8\n", size=size)[0]) == 2
    rows, reader = read(f"id\n1\nx{line}\n8\n" if line[0] != '"' else f'id\n1\n{line[:-1]}x"\n8\n', size=size)
    assert [(str(fault.code), fault.line, fault.column) for fault in reader.faults.found] == [("line_too_long", 3, 1)]
    assert reader.faults.is_over
    assert rows == [("1", None)]


@pytest.mark.parametrize("piece", [b"x" * 4096, b'"' + b"x" * 4095, b'""\n' * 1000, b"\r" * 4096])
def test_an_endless_line_ends_the_reading(piece: bytes) -> None:
    reader = CsvReader(PATCH, json.parse)
    reader.feed(b'id\n"')
    fed = 0
    while not reader.faults.is_over:
        reader.feed(piece)
        fed += len(piece)
        assert fed <= 2 * LONGEST_LINE


def test_the_rows_of_a_long_upload_are_not_held() -> None:
    reader = CsvReader(PATCH, json.parse)
    reader.feed(b"id,title,priority:json\n")
    piece = b"".join(b'%d,"task ""%d""",%d\n' % (n, n, n) for n in range(2_000))
    count = sum(len(reader.feed(piece)) for _ in range(100))
    assert count == 200_000
    assert bytes_held(reader) < 500_000


def bytes_held(root: object) -> int:
    """The bytes of all plain values that an object reaches."""
    seen, found = {id(root)}, [root]
    for each in found:  # grows while it is walked
        for inner in gc.get_referents(each):
            if id(inner) not in seen and not isinstance(inner, type | ModuleType | FunctionType):
                seen.add(id(inner))
                found.append(inner)
    return sum(sys.getsizeof(each) for each in found)


def test_what_a_quick_reader_reads_the_careful_one_reads_too() -> None:
    text = "id,a,b\n7,x,\n\n8,,y\r\n9,z,z\n"
    quoted = text.replace("9,z,z", '9,"z","z"')
    assert rows_of(text) == rows_of(quoted)


def test_data_of_members_in_columns_merge() -> None:
    value: Any = rows_of("id,/a/b,/a/c:json,d\n7,x,[1],y\n")[0][1]
    assert value == {"a": {"b": "x", "c": [1]}, "d": "y"}
