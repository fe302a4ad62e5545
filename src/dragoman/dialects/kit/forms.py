"""Query strings and form bodies, strictly: UTF-8, whole percent escapes, no NUL (RELIABILITY 24).

A blank may be written as `+`. `&` alone parts fields: `;` is text.
"""

import logging
import re
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dragoman.domain.errors import Invalid, Problem

MAX_FIELDS = 1_000
MAX_PARTS = 100
MAX_PART_HEADERS = 16

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_TRANSFERABLE = {b"", b"7bit", b"8bit", b"binary"}

logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # a client's mistake is no warning


def parse_query(text: str) -> dict[str, list[str]]:
    """Query parameters by name, values in order. Invalid `invalid_query` otherwise.

    `text` is the query as it came: ASCII, or bytes beyond it decoded as Latin-1, which is how servers hand them on.
    """
    found: dict[str, list[str]] = {}
    if text:
        try:
            raw = text.encode("latin-1")
        except UnicodeEncodeError:  # not bytes from the wire, so characters are meant
            raw = text.encode("utf-8", "surrogatepass")
        for name, value in _pairs(raw, "invalid_query", "query"):
            found.setdefault(name, []).append(value)
    return found


def parse_urlencoded(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form body in order. Invalid `invalid_form` otherwise."""
    return _pairs(body, "invalid_form", "form")


def parse_multipart(body: bytes, content_type: str) -> list[tuple[str, str | bytes]]:
    """The parts of a multipart form in order: text for a field, bytes for a file (a part with a file name).

    Invalid `invalid_form` for a body that doesn't end, has more than 100 parts, or a part without a name.
    """
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        _refuse("invalid_form", "boundary", "form has no boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks(), max_header_count=MAX_PART_HEADERS)  # type: ignore[arg-type]
        parser.write(body)
    except FormParserError:
        _refuse("invalid_form", "syntax", "form is not multipart/form-data as it says")
    if not parts.ended:
        _refuse("invalid_form", "syntax", "form ends before its last boundary")
    return parts.fields


def _pairs(raw: bytes, code: str, noun: str) -> list[tuple[str, str]]:
    if raw.count(b"&") >= MAX_FIELDS:
        _refuse(code, "too_many", f"{noun} has more than {MAX_FIELDS} fields")
    raw = raw.replace(b"+", b" ")
    if b"%" not in raw:
        plain = (piece.partition("=") for piece in _text(raw, code, noun).split("&") if piece)
        return [(name, value) for name, _, value in plain]
    if _BAD_PERCENT.search(raw):
        _refuse(code, "percent", f"{noun} holds a percent sign without two hexadecimal digits")
    escaped = (piece.partition(b"=") for piece in raw.split(b"&") if piece)
    return [(_unescaped(name, code, noun), _unescaped(value, code, noun)) for name, _, value in escaped]


def _unescaped(raw: bytes, code: str, noun: str) -> str:
    return _text(unquote_to_bytes(raw) if b"%" in raw else raw, code, noun)


def _text(raw: bytes, code: str, noun: str) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        _refuse(code, "encoding", f"{noun} is not UTF-8")
    if "\0" in text:
        _refuse(code, "nul", f"{noun} holds NUL")
    return text


def _refuse(code: str, kind: str, message: str) -> NoReturn:
    raise Invalid(code, message, (Problem("", kind, message),)) from None


class _Parts:
    """What the parser tells, part by part."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str | bytes]] = []
        self.ended = False
        self.begin()

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self.begin,
            "on_header_field": self.header_field,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_part_data": self.data,
            "on_part_end": self.end,
            "on_end": self.finish,
        }

    def begin(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.name = self.value = b""
        self.content: list[bytes] = []

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        self.headers[self.name.lower()] = self.value
        self.name = self.value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self.content.append(data[start:end])

    def end(self) -> None:
        if len(self.fields) == MAX_PARTS:
            _refuse("invalid_form", "too_many", f"form has more than {MAX_PARTS} parts")
        kind, options = parse_options_header(self.headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            _refuse("invalid_form", "name", "form has a part without a name")
        if self.headers.get(b"content-transfer-encoding", b"").strip().lower() not in _TRANSFERABLE:
            _refuse("invalid_form", "encoding", "form has a part in a transfer encoding")
        name = _text(options[b"name"], "invalid_form", "form")
        content = b"".join(self.content)
        self.fields.append((name, content if b"filename" in options else _text(content, "invalid_form", "form")))

    def finish(self) -> None:
        self.ended = True
