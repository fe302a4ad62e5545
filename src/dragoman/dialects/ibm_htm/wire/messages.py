"""Messages on the wire: XML by default, JSON for who asks for it, kept as they were sent (page, 1 and 7).

An object's member is a child element, an array a repeated one, null an empty one with `xsi:nil`; the root is named
by the template. Back, text is a string and a repeated element an array.
"""

import re
from typing import Any

import msgspec

from dragoman.dialects._kit import Reply, Request, json, xml
from dragoman.dialects.ibm_htm.wire.accept import choose
from dragoman.domain.errors import Expected, Invalid

XML = "application/xml"
JSON = "application/json"
TYPES = (XML, JSON, "text/xml")
"""What a message may be read as, the documented default first."""
LIMIT = 64 * 2**20
"""The largest body with a message (DESIGN 4)."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_DECODE = msgspec.json.Decoder().decode


class Sent(msgspec.Struct, frozen=True):
    """A message as a client sent it. What is wrong with it is told after other things are found wrong (page, 13)."""

    type: str  # `XML` or `JSON`
    body: str
    fault: Expected | None = None

    def checked(self) -> "Sent":
        """Itself. Invalid `invalid_json` or `invalid_xml` when it can't be taken."""
        if self.fault is not None:
            raise self.fault
        return self


def read(request: Request) -> Sent | None:
    """The message of a body; None for an empty one, whatever type it names (page, 1: real clients do that).

    Invalid `unsupported_media_type` for another type than the three.
    """
    if not request.body:
        return None
    type_ = request.headers.get("content-type", XML).partition(";")[0].strip().lower() or XML
    if type_ not in TYPES:
        raise Invalid("unsupported_media_type", f"A message is XML or JSON, not {type_[:64]}.", type=type_)
    try:
        return _read_json(request.body) if type_ == JSON else _read_xml(request.body)
    except Invalid as fault:
        return Sent(JSON if type_ == JSON else XML, "", fault)


def empty(request: Request) -> Sent:
    """What a body that must hold a message is when it is empty: a fault of its type."""
    type_ = request.headers.get("content-type", XML).partition(";")[0].strip().lower()
    code = "invalid_json" if type_ == JSON else "invalid_xml"
    return Sent(JSON if type_ == JSON else XML, "", Invalid(code, "The body is empty; it must be a message."))


def _read_json(body: bytes) -> Sent:
    value, text = json.parse_raw(body)
    if not isinstance(value, dict):
        raise Invalid("invalid_json", "A message is a JSON object.")
    return Sent(JSON, text)


def _read_xml(body: bytes) -> Sent:
    xml.parse(body)
    if body.startswith(_UTF16_MARKS):  # kept as UTF-8, so the declaration would be wrong
        return Sent(XML, _DECLARATION.sub("", body.decode("utf-16"), count=1).lstrip())
    return Sent(XML, body.decode("utf-8-sig"))


def wanted(request: Request) -> str:
    """The type in which a message is answered. Invalid `not_acceptable` when the client takes neither XML nor JSON."""
    chosen = choose(request.headers.get("accept"), TYPES)
    if chosen is None:
        raise Invalid("not_acceptable", "A message can be had as XML or as JSON.")
    return chosen


def reply(type_: str, root: str, stored: tuple[str, str] | None) -> Reply:
    """A message in the wanted type. `stored` is what was sent, type and text; None is an empty message."""
    body = render_json(stored) if type_ == JSON else render_xml(root, stored)
    return Reply(200, body, f"{type_}; charset=UTF-8" if type_ != JSON else JSON)


def render_json(stored: tuple[str, str] | None) -> bytes:
    """As JSON; nothing is `{}`."""
    if stored is None:
        return b"{}"
    type_, text = stored
    if type_ == JSON:
        return text.encode()
    return json.encode(_as_object(xml.parse(text.encode())))


def render_xml(root: str, stored: tuple[str, str] | None) -> bytes:
    """As XML; nothing is an empty root element. What was sent as XML keeps the root that it had."""
    if stored is None:
        return xml.render(root, {})
    type_, text = stored
    return xml.render(root, _DECODE(text.encode()), nil=True) if type_ == JSON else text.encode()


def _as_object(root: xml.Element) -> dict[str, Any]:
    """A root without children is an empty message, or one that is text alone, under the name of the root."""
    value = xml.to_value(root)
    if isinstance(value, dict):
        return value
    return {root.name: value} if value and value.strip() else {}
