"""XML in and out. No document type is ever taken, nothing is ever fetched, and output is escaped, not joined.

Read by expat into small elements (RELIABILITY 25); written from values as JSON has them, the way the CRM prints them.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from dragoman.dialects.kit.fields import flatten
from dragoman.dialects.kit.json_problems import position
from dragoman.domain.errors import Invalid, Problem

MAX_DEPTH = 64
MAX_NODES = 100_000

_ENCODINGS = {"utf-8", "us-ascii"}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
# Letters of the scripts that every XML reader has known since 1998; others are spelt out.
_NOT_IN_NAME = re.compile(
    r"[^A-Za-z0-9_.\-\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0410-\u044f\u4e00-\u9fa5\uac00-\ud7a3]"
    r"|^[0-9.\-]|_(?=x[0-9A-Fa-f]{4}_)"
)
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(slots=True)
class Element:
    """An element: local name, its own text, children in order, attributes by local name."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


def parse(body: bytes, *, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES) -> Element:
    """The root. Invalid `invalid_xml`, with line and column, for what isn't well-formed, for any document type, for
    other encodings than UTF-8 and UTF-16, beyond `max_depth` levels or `max_nodes` elements and attributes.
    """
    reader = _Reader(body, max_depth, max_nodes)
    try:
        return reader.read()
    finally:
        del reader.parser  # it holds the reader's methods: freed now, not by the collector


def to_value(element: Element) -> Any:
    """An element as JSON would have it: text, or an object of its children, a repeated one as an array; nil is null."""
    if element.attributes.get("nil") in ("true", "1"):
        return None
    if not element.children:
        return element.text
    times = Counter(child.name for child in element.children)
    members: dict[str, Any] = {name: [] for name, count in times.items() if count > 1}
    for child in element.children:
        value = to_value(child)
        if times[child.name] > 1:
            members[child.name].append(value)
        else:
            members[child.name] = value
    return members


def parameters(root: Element) -> list[tuple[str, str]]:
    """The children of the root as a flat list of parameters (`fields.flatten`; ONLYOFFICE CRM 3)."""
    return flatten(to_value(root)) if root.children else []


def render(root: str, value: Any, *, nil: bool = False) -> bytes:
    """A value as one element, without declaration and white space (ONLYOFFICE CRM 5.3).

    An array is as many siblings, an empty one nothing; null and an empty object are `<name />`, an empty string is
    `<name></name>`. A character that XML can't hold becomes U+FFFD, a name it can't hold is spelt `_x0020_`.
    With `nil` a null is marked `xsi:nil`, so that it differs from an empty object.
    """
    parts: list[str] = []
    _write(root, value, parts, ' xsi:nil="true"' if nil else "", f' xmlns:xsi="{_XSI}"' if nil else "")
    return "".join(parts).encode()


class _Reader:
    def __init__(self, body: bytes, max_depth: int, max_nodes: int) -> None:
        self.body = body
        self.utf16 = body.startswith(_UTF16_MARKS)
        self.max_depth = max_depth
        self.max_nodes = max_nodes
        self.nodes = 0
        self.top = Element("")
        self.open = [self.top]
        self.texts: list[list[str]] = [[]]
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self.declaration
        self.parser.StartDoctypeDeclHandler = self.document_type
        self.parser.StartNamespaceDeclHandler = self.namespace
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def read(self) -> Element:
        try:
            # Expat is only shown UTF-8 that we know to be sound: it takes a lone surrogate of UTF-16.
            text = self.body.decode("utf-16" if self.utf16 else "utf-8")
        except UnicodeDecodeError as error:
            at = 0 if self.utf16 else error.start
            self.refuse("encoding", f"body is not {'UTF-16' if self.utf16 else 'UTF-8'}", at)
        if self.utf16:
            self.body = text.encode()
        try:
            self.parser.Parse(self.body, True)
        except expat.ExpatError:
            if not self.body.strip():
                raise Invalid("invalid_xml", "body is empty", (Problem("", "empty", "body is empty"),)) from None
            self.refuse("syntax", "body is not XML", self.parser.ErrorByteIndex)
        return self.top.children[0]

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        allowed = {"utf-16"} if self.utf16 else _ENCODINGS
        if encoding is not None and encoding.lower() not in allowed:
            self.refuse("encoding", "body is neither UTF-8 nor UTF-16, or declares another encoding than it has")

    def document_type(self, *_: object) -> None:
        self.refuse("document_type", "a document type is not taken")

    def namespace(self, _prefix: str | None, _uri: str) -> None:
        self.count(1)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > self.max_depth:
            self.refuse("too_deep", f"nested deeper than {self.max_depth} levels")
        self.count(1 + len(attributes))
        element = Element(_local(name), attributes={_local(key): value for key, value in attributes.items()})
        self.open[-1].children.append(element)
        self.open.append(element)
        self.texts.append([])

    def end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def characters(self, text: str) -> None:
        self.texts[-1].append(text)

    def count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > self.max_nodes:
            self.refuse("too_many", f"more than {self.max_nodes} elements and attributes")

    def refuse(self, code: str, message: str, at: int | None = None) -> NoReturn:
        line, column = position(self.body, self.parser.CurrentByteIndex if at is None else at)
        text = f"{message}: line {line} column {column}"
        raise Invalid("invalid_xml", text, (Problem("", code, message),), line=line, column=column) from None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _write(name: str, value: Any, parts: list[str], nil: str, declared: str = "") -> None:
    """`declared` are the namespaces that the root carries."""
    tag = _element_name(name)
    if value is None:
        parts.append(f"<{tag}{declared}{nil} />")
    elif isinstance(value, dict) and not value:
        parts.append(f"<{tag}{declared} />")
    else:
        parts.append(f"<{tag}{declared}>")
        _write_inside(name, value, parts, nil)
        parts.append(f"</{tag}>")


def _write_inside(name: str, value: Any, parts: list[str], nil: str) -> None:
    if isinstance(value, str):
        parts.append(_escaped(value))
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, int | float):
        parts.append(repr(value))
    elif isinstance(value, dict):
        for member, inner in value.items():
            for item in inner if isinstance(inner, list) else (inner,):
                _write(member, item, parts, nil)
    elif isinstance(value, list):  # an array in an array, or as the root: its items under the same name
        for item in value:
            _write(name, item, parts, nil)
    else:
        raise TypeError(f"no XML for {type(value).__name__}")


def _escaped(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text).translate(_ESCAPES)


def _element_name(name: str) -> str:
    """A member's name as an element's, the way .NET spells what a name can't hold: `a b` is `a_x0020_b`."""
    return _NOT_IN_NAME.sub(lambda found: f"_x{ord(found[0]):04X}_", name) or "_"
