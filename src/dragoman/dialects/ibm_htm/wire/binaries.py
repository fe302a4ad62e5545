"""Binary custom properties on the wire: how their types are spelled, and what a value is answered as (ibm-htm-2.md, I).

A stored type is what the client gave as `type`, else `Content-Type: ` and the type of its request.
"""

import re

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.binary_property import BinaryHead

PREFIX = "Content-Type: "
PLAIN = "text/plain"
BYTES = "application/octet-stream"
LONGEST_NAME, LONGEST_TEXT = 220, 254
"""In bytes of UTF-8."""

_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|\"[ !#-\[\]-~]*\"))*")


class Sent(msgspec.Struct, frozen=True):
    """A property as a client sent it; `value` is None for one without a body."""

    type: str
    query: str
    value: bytes | None


class Shown(msgspec.Struct, frozen=True):
    """A value to answer with."""

    type: str
    value: bytes | None


def parse_sent(request: Request) -> Sent:
    """Type, search text and bytes of a request. Invalid for texts that are too long, and where without a body there is
    a search text or another type than plain text."""
    type_, query = request.first("type"), request.first("query")
    for name, text in (("type", type_), ("query", query)):
        if text is not None and len(text.encode()) > LONGEST_TEXT:
            raise refusals.too_long(name, LONGEST_TEXT)
    if not request.body:
        if query is not None:
            raise refusals.at_odds("query", "body")
        if type_ is not None and type_.removeprefix(PREFIX) != PLAIN:
            raise refusals.unknown_value("type", type_, (PLAIN,))
    header = request.headers.get("content-type", "").strip() or PLAIN
    return Sent(type_ or PREFIX + header[:LONGEST_TEXT], query or "", request.body or None)


def media_type(stored: str) -> str:
    """What a value is answered as: the type behind the prefix, or one without it; bytes for all that is no media
    type."""
    text = stored.removeprefix(PREFIX).strip()
    return text if _MEDIA_TYPE.fullmatch(text) else BYTES


def render_value(shown: Shown, request: Request) -> Reply:
    """The bytes as they were sent; 204 for a property without a value."""
    return Reply(204) if shown.value is None else Reply(200, shown.value, shown.type)


def render_stored(has_value: bool, request: Request) -> Reply:
    """200 for a value, 204 for a property that was set to none."""
    return Reply(200 if has_value else 204)


def render_metadata(head: BinaryHead, request: Request) -> Reply:
    """Type and search text."""
    return Reply(200, json.encode({"type": head.type, "query": head.query}), "application/json")
