"""Query strings and form bodies, strictly: UTF-8, whole percent escapes, no NUL (RELIABILITY 24).

A blank may be written as `+`. `&` alone parts fields: `;` is text.
"""

import re
from typing import NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

from python_multipart.multipart import parse_options_header

from dragoman.dialects.kit import multipart
from dragoman.domain.errors import Invalid, Problem

MAX_FIELDS = 1_000
FORM_WITH_FILES = "multipart/form-data"

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_TRANSFERABLE = {b"", b"7bit", b"8bit", b"binary"}


class Sent(NamedTuple):
    """A file that a form sent: the name that the browser gave it, and its bytes."""

    file_name: str
    content: bytes


def parse_query(text: str) -> dict[str, list[str]]:
    """Query parameters by name, values in order. Invalid `invalid_query` otherwise.

    `text` is the query as it came: ASCII, or bytes beyond it decoded as Latin-1, which is how servers hand them on.
    """
    found: dict[str, list[str]] = {}
    if text:
        try:
            raw = text.encode("latin-1")
        except UnicodeEncodeError:  # not bytes from the wire: already characters
            raw = text.encode("utf-8", "surrogatepass")
        for name, value in _pairs(raw, "invalid_query", "query"):
            found.setdefault(name, []).append(value)
    return found


def parse_urlencoded(body: bytes, most: int = MAX_FIELDS) -> list[tuple[str, str]]:
    """The fields of a form body in order. Invalid `invalid_form` otherwise."""
    return _pairs(body, "invalid_form", "form", most)


def parse_multipart(body: bytes, content_type: str) -> list[tuple[str, str | bytes]]:
    """The parts of a multipart form in order: text for a field, bytes for a file (a part with a file name).

    Invalid `invalid_form` for a body that doesn't end, has more than 100 parts, or a part without a name.
    """
    parts = parse_parts(body, content_type)
    return [(name, value.content if isinstance(value, Sent) else value) for name, value in parts]


def parse_parts(body: bytes, content_type: str) -> list[tuple[str, str | Sent]]:
    """As `parse_multipart`, with the names of files."""
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != FORM_WITH_FILES.encode() or not boundary:
        _refuse("invalid_form", "boundary", "form has no boundary")
    fields: list[tuple[str, str | Sent]] = []
    try:
        for part in multipart.split(body, boundary):
            if len(fields) == multipart.MAX_PARTS:
                _refuse("invalid_form", "too_many", f"form has more than {multipart.MAX_PARTS} parts")
            fields.append(_field(part))
    except multipart.Malformed as malformed:
        _refuse("invalid_form", "syntax", str(malformed))
    return fields


def _field(part: multipart.Part) -> tuple[str, str | Sent]:
    kind, options = parse_options_header(part.headers.get(b"content-disposition"))
    if kind != b"form-data" or b"name" not in options:
        _refuse("invalid_form", "name", "form has a part without a name")
    if part.headers.get(b"content-transfer-encoding", b"").lower() not in _TRANSFERABLE:
        _refuse("invalid_form", "encoding", "form has a part in a transfer encoding")
    name = _text(options[b"name"], "invalid_form", "form")
    if b"filename" not in options:
        return name, _text(part.content, "invalid_form", "form")
    return name, Sent(options[b"filename"].decode(errors="replace"), part.content)


def _pairs(raw: bytes, code: str, noun: str, most: int = MAX_FIELDS) -> list[tuple[str, str]]:
    if raw.count(b"&") >= most:
        _refuse(code, "too_many", f"{noun} has more than {most} fields")
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
