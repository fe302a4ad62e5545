"""`multipart/form-data` (RFC 2046 5.1, RFC 7578), with all that these allow: a preamble and an epilogue, blanks behind
a delimiter, folded headers of parts.

The whole body is in memory, so it is split by one search for delimiter lines, in time linear to its length.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_PARTS = 100
MAX_PART_HEADERS = 16
LONGEST_BOUNDARY = 70
LONGEST_HEADERS = 16 * 1024

_FOLDED = re.compile(rb"\r\n[ \t]+")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*+:(.*+)")


class Part(NamedTuple):
    """Headers by their names in lower case, and the content."""

    headers: dict[bytes, bytes]
    content: bytes


class Malformed(ValueError):
    """The body isn't multipart with this boundary; the message has the reason."""


def split(body: bytes, boundary: bytes) -> Iterator[Part]:
    """The parts in order. Raises Malformed, for an error behind the first parts only when these were taken."""
    if len(boundary) > LONGEST_BOUNDARY:
        raise Malformed("form has a boundary of more than 70 characters")
    delimiter = re.compile(rb"(?:\A|\r\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    begin: int | None = None  # behind the delimiter of the present part; what is before the first one is a preamble
    for found in delimiter.finditer(body):
        if begin is not None:
            yield _part(body[begin : found.start()])
        if found[1]:
            return
        begin = found.end()
    raise Malformed("form ends before its last boundary")


def _part(raw: bytes) -> Part:
    if raw.startswith(b"\r\n\r\n"):
        return Part({}, raw[4:])
    head, blank_line, content = raw.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not blank_line:
        raise Malformed("form has a part without an empty line behind its headers")
    if len(head) > LONGEST_HEADERS or head.count(b"\r\n") >= MAX_PART_HEADERS:
        raise Malformed("form has a part with too many headers")
    return Part(dict(_header(line) for line in _FOLDED.sub(b" ", head).split(b"\r\n")), content)


def _header(line: bytes) -> tuple[bytes, bytes]:
    found = _HEADER.fullmatch(line)
    if found is None:
        raise Malformed("form has a part with an invalid header")
    return found[1].lower(), found[2].strip(b" \t")
