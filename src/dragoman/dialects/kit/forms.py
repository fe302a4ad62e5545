"""Query strings and form bodies, strictly: UTF-8, whole percent escapes, no NUL (RELIABILITY 24).

A blank may be written as `+`. `&` alone parts fields: `;` is text.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

from python_multipart.multipart import parse_options_header

from dragoman.dialects.kit import multipart
from dragoman.dialects.kit.streams import too_large
from dragoman.domain.errors import Invalid, Problem

MAX_FIELDS = 1_000
FORM_WITH_FILES = "multipart/form-data"

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_TRANSFERABLE = {b"", b"7bit", b"8bit", b"binary"}


class Sent(NamedTuple):
    """A file that a form sent: the name that the browser gave it, and its bytes."""

    file_name: str
    content: bytes


class Arriving(NamedTuple):
    """A file that a form sends: its name, and its bytes as they arrive. These end without an error only where the form
    behind the file is whole; Invalid `invalid_form` otherwise."""

    file_name: str
    pieces: AsyncIterator[bytes]


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
    boundary = _boundary(content_type)
    fields: list[tuple[str, str | Sent]] = []
    try:
        for part in multipart.split(body, boundary):
            _check_number(len(fields) + 1)
            head = _head(part.headers)
            fields.append((head.name, _value(head, part.content)))
    except multipart.Malformed as malformed:
        _refuse("invalid_form", "syntax", str(malformed))
    return fields


class FormStream:
    """A multipart form that is read while it arrives. All of it is held but the file of one field, if any.

    `most`: of what is held, in bytes. Raises Invalid `invalid_form` as `parse_parts` does, TooLarge, and what `pieces`
    raises.
    """

    def __init__(self, pieces: AsyncIterator[bytes], content_type: str, file: str | None, most: int) -> None:
        self.fields: list[tuple[str, str | Sent]] = []
        self._pieces = pieces
        self._splitter = _splitter(_boundary(content_type))
        self._file = file
        self._most = most
        self._held_bytes = 0
        self._number = 0  # of parts
        self._head = _Head("", None)
        self._content: list[bytes] = []
        self._events = self._each()

    async def open(self) -> Arriving | None:
        """Read up to the file; without one, all of the form. A field where no file was chosen has none."""
        async for event in self._events:
            is_file = not isinstance(event, dict) and self._is_file()
            if is_file and (event or self._head.file_name):
                return Arriving(self._head.file_name or "", self._rest(event))
            if not is_file:
                self._take(event)
        return None

    async def _rest(self, event: multipart.Event) -> AsyncIterator[bytes]:
        """The content of the file; then the form is read to its end."""
        while isinstance(event, bytes):
            yield event
            event = await anext(self._events)
        async for further in self._events:
            if isinstance(further, dict) or not self._is_file():
                self._take(further)

    def _take(self, event: multipart.Event) -> None:
        if isinstance(event, dict):
            self._number += 1
            _check_number(self._number)
            self._head, self._content = _head(event), []
        elif event is not None:
            self._held_bytes += len(event)
            if self._held_bytes > self._most:
                raise too_large(self._most)
            self._content.append(event)
        else:
            self.fields.append((self._head.name, _value(self._head, b"".join(self._content))))

    def _is_file(self) -> bool:
        return self._head.name == self._file and self._head.file_name is not None

    async def _each(self) -> AsyncIterator[multipart.Event]:
        async for piece in self._pieces:
            for event in _well_formed(self._splitter.feed(piece)):
                yield event
        for event in _well_formed(self._splitter.close()):
            yield event


def _splitter(boundary: bytes) -> multipart.Splitter:
    try:
        return multipart.Splitter(boundary)
    except multipart.Malformed as malformed:
        _refuse("invalid_form", "syntax", str(malformed))


def _well_formed(events: Iterator[multipart.Event]) -> Iterator[multipart.Event]:
    try:
        yield from events
    except multipart.Malformed as malformed:
        _refuse("invalid_form", "syntax", str(malformed))


class _Head(NamedTuple):
    """What the headers of a part say; no file name for a field of text."""

    name: str
    file_name: str | None


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != FORM_WITH_FILES.encode() or not boundary:
        _refuse("invalid_form", "boundary", "form has no boundary")
    return boundary


def _check_number(parts: int) -> None:
    if parts > multipart.MAX_PARTS:
        _refuse("invalid_form", "too_many", f"form has more than {multipart.MAX_PARTS} parts")


def _head(headers: multipart.Headers) -> _Head:
    kind, options = parse_options_header(headers.get(b"content-disposition"))
    if kind != b"form-data" or b"name" not in options:
        _refuse("invalid_form", "name", "form has a part without a name")
    if headers.get(b"content-transfer-encoding", b"").lower() not in _TRANSFERABLE:
        _refuse("invalid_form", "encoding", "form has a part in a transfer encoding")
    file_name = options.get(b"filename")
    shown = None if file_name is None else file_name.decode(errors="replace")
    return _Head(_text(options[b"name"], "invalid_form", "form"), shown)


def _value(head: _Head, content: bytes) -> str | Sent:
    return _text(content, "invalid_form", "form") if head.file_name is None else Sent(head.file_name, content)


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
