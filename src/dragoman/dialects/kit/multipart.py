"""`multipart/form-data` (RFC 2046 5.1, RFC 7578), with all that these allow: a preamble and an epilogue, blanks behind
a delimiter, folded headers of parts.

A body is cut while it arrives, in time linear to its length. No more of it is held than the headers of a part, and what
may be the beginning of a delimiter line.
"""

import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import NamedTuple

MAX_PARTS = 100
MAX_PART_HEADERS = 16
LONGEST_BOUNDARY = 70
LONGEST_HEADERS = 16 * 1024

_FOLDED = re.compile(rb"\r\n[ \t]+")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*+:(.*+)")
_BLANK_LINE = b"\r\n\r\n"

Headers = dict[bytes, bytes]
"""Headers of a part by their names in lower case."""
Event = Headers | bytes | None
"""A part begins, with its headers; a piece of its content; or it has ended."""


class Part(NamedTuple):
    """A whole part."""

    headers: Headers
    content: bytes


class Malformed(ValueError):
    """The body isn't multipart with this boundary; the message has the reason."""


class _Place(Enum):
    PREAMBLE = "before the first part"
    HEAD = "in the headers of a part"
    CONTENT = "in the content of a part"
    EPILOGUE = "behind the last part"


def split(body: bytes, boundary: bytes) -> Iterator[Part]:
    """The parts in order. Raises Malformed, for an error behind the first parts only when these were taken."""
    splitter = Splitter(boundary)
    headers, content = Headers(), list[bytes]()
    for event in chain(splitter.feed(body), splitter.close()):
        if event is None:
            yield Part(headers, b"".join(content))
        elif isinstance(event, bytes):
            content.append(event)
        else:
            headers, content = event, []


class Splitter:
    """Cuts one body. `feed` must be read to its end before it is called again. Raises Malformed."""

    def __init__(self, boundary: bytes) -> None:
        if len(boundary) > LONGEST_BOUNDARY:
            raise Malformed("form has a boundary of more than 70 characters")
        line = b"\r\n--" + boundary
        self._line = line
        self._delimiter = re.compile(re.escape(line) + rb"(--)?[ \t]*+(?=\r\n)")
        self._unfinished = re.compile(re.escape(line) + rb"(?:-|(?:--)?[ \t]*+\r?)\Z")
        self._last = re.compile(re.escape(line) + rb"--[ \t]*+\Z")
        self._place = _Place.PREAMBLE
        self._rest = b"\r\n"  # a body may begin with a delimiter as if a line ended before it

    def feed(self, piece: bytes) -> Iterator[Event]:
        """What of the body is certain by now."""
        text, at = self._rest + piece, 0
        while self._place is not _Place.EPILOGUE:
            until, found = self._next(text, at)
            if self._place is _Place.HEAD:
                end = text.find(_BLANK_LINE, at)
                if end >= 0 and end + len(_BLANK_LINE) <= until:
                    yield _headers(text[at + 2 : end])
                    self._place, at = _Place.CONTENT, end + len(_BLANK_LINE)
                    continue
                if found is not None:
                    raise Malformed("form has a part without an empty line behind its headers")
                if len(text) - at > LONGEST_HEADERS + len(_BLANK_LINE):
                    raise Malformed("form has a part with too many headers")
                break
            if self._place is _Place.CONTENT and until > at:
                yield text[at:until]
            at = until
            if found is None:
                break
            if self._place is _Place.CONTENT:
                yield None
            self._place, at = _Place.EPILOGUE if found[1] else _Place.HEAD, found.end()
        self._rest = b"" if self._place is _Place.EPILOGUE else text[at:]

    def close(self) -> Iterator[Event]:
        """What is certain at the end of the body."""
        if self._place is _Place.EPILOGUE:
            return
        if self._place is _Place.HEAD or self._last.match(self._rest) is None:
            raise Malformed("form ends before its last boundary")
        if self._place is _Place.CONTENT:
            yield None
        self._place = _Place.EPILOGUE

    def _next(self, text: bytes, at: int) -> tuple[int, re.Match[bytes] | None]:
        """Where the next delimiter line begins, and the line; or up to where there is certainly none."""
        while (start := text.find(self._line, at)) >= 0:
            found = self._delimiter.match(text, start)
            if found is not None:
                return start, found
            if self._unfinished.match(text, start) is not None:
                if len(text) - start > LONGEST_HEADERS:
                    raise Malformed("form has a delimiter with too many blanks")
                return start, None
            at = start + 1
        return max(at, len(text) - len(self._line) + 1), None


def _headers(head: bytes) -> Headers:
    if len(head) > LONGEST_HEADERS or head.count(b"\r\n") >= MAX_PART_HEADERS:
        raise Malformed("form has a part with too many headers")
    return dict(_header(line) for line in _FOLDED.sub(b" ", head).split(b"\r\n")) if head else {}


def _header(line: bytes) -> tuple[bytes, bytes]:
    found = _HEADER.fullmatch(line)
    if found is None:
        raise Malformed("form has a part with an invalid header")
    return found[1].lower(), found[2].strip(b" \t")
