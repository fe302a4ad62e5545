"""Messages on the wire: XML by default, JSON for who asks for it, kept as they were sent (page, 1 and 7).

An object's member is a child element, an array a repeated one, null an empty one with `xsi:nil`; the root is named
by the template. Back, text is a string and a repeated element an array.
"""

import re
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.kit import Reply, Request, json, xml
from dragoman.dialects.kit.accept import choose
from dragoman.domain.errors import Expected, Invalid
from dragoman.domain.json_numbers import decode

XML = "application/xml"
JSON = "application/json"
TYPES = (XML, JSON, "text/xml")
"""What a message may be read as, the documented default first."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_ANY_SIZE = 2**31  # it was bounded when it was taken


class Sent(msgspec.Struct, frozen=True):
    """A message as a client sent it. Its fault is raised after other faults (page, 13)."""

    type: str  # `XML` or `JSON`
    body: str
    fault: Expected | None = None

    def check(self) -> None:
        """Invalid (`invalid_json`, `invalid_xml`) when it can't be taken."""
        if self.fault is not None:
            raise self.fault


class Stored(msgspec.Struct, frozen=True):
    """A message as it is to be answered: the root's name for XML, what was sent, None for nothing."""

    root: str
    type: str = XML
    body: str | None = None


def read(request: Request) -> Sent | None:
    """The message of a body; None for an empty one, whatever type it names (page, 1: real clients do that).

    Invalid (`unsupported_media_type`) for another type than the three.
    """
    return sent(request) if request.body else None


def sent(request: Request) -> Sent:
    """The message of a body that must hold one; an empty body is a fault of it."""
    header = request.headers.get("content-type", XML)
    media_type = header.partition(";")[0].strip().lower() or XML
    if media_type not in TYPES:
        raise refusals.bad_type(header)
    type_ = JSON if media_type == JSON else XML
    try:
        return Sent(type_, _read_json(request) if type_ == JSON else _read_xml(request))
    except Invalid as fault:
        return Sent(type_, "", fault)


def _members(request: Request) -> int:
    is_bulk = request.operation is not None and request.operation.is_bulk
    return request.limits.bulk_json_members if is_bulk else request.limits.json_members


def _read_json(request: Request) -> str:
    value, text = json.parse_raw(request.body, max_depth=request.limits.json_depth, max_members=_members(request))
    if not isinstance(value, dict):
        raise refusals.bad_body("A message is a JSON object.")
    return text


def _read_xml(request: Request) -> str:
    body = request.body
    xml.parse(body, max_depth=request.limits.json_depth, max_nodes=_members(request))
    if body.startswith(_UTF16_MARKS):  # kept as UTF-8, so the declaration would be wrong
        return _DECLARATION.sub("", body.decode("utf-16"), count=1).lstrip()
    return body.decode("utf-8-sig")


def render(stored: Stored, request: Request) -> Reply:
    """A message in the type that the client likes best; without a word on it, XML."""
    type_ = choose(request.headers.get("accept"), TYPES)
    if type_ == JSON:
        return Reply(200, as_json(stored), JSON)
    return Reply(200, as_xml(stored), f"{type_ or XML}; charset=UTF-8")


def as_json(stored: Stored) -> bytes:
    """As JSON; nothing is `{}`."""
    if stored.body is None:
        return b"{}"
    if stored.type == JSON:
        return stored.body.encode()
    return json.encode(_as_object(xml.parse(stored.body.encode(), max_depth=_ANY_SIZE, max_nodes=_ANY_SIZE)))


def as_xml(stored: Stored) -> bytes:
    """As XML; nothing is an empty root element. What was sent as XML keeps the root that it had."""
    if stored.body is None:
        return xml.render(stored.root, {})
    if stored.type == XML:
        return stored.body.encode()
    return xml.render(stored.root, decode(stored.body.encode()), nil=True)


def members(message: Sent) -> dict[str, Any]:
    """The members of a message; none of one that is no object."""
    value = decode(as_json(Stored("", message.type, message.body)))
    return value if isinstance(value, dict) else {}


def _as_object(root: xml.Element) -> dict[str, Any]:
    """A root without children is an empty message, or one that is text alone, under the name of the root."""
    value = xml.to_value(root)
    if isinstance(value, dict):
        return value
    return {root.name: value} if value and value.strip() else {}
