"""JSON, strictly: the one reader of it for all dialects (RELIABILITY 24 and 27).

UTF-8 without a mark, one value, no NaN, no NUL, no lone surrogate, integers within 64 bits, no key twice, 64 levels,
100,000 members and items. msgspec parses; the little that it accepts wrongly is found by counts of bytes, because a
small body is read some ten thousand times a second. What is refused is walked once more (`json_problems.py`) to find
the place.
"""

from collections.abc import Collection
from typing import Any, NoReturn

import msgspec

from dragoman.dialects.kit.json_problems import Fault, find_fault, position
from dragoman.domain import json_numbers
from dragoman.domain.errors import Invalid, Problem

MAX_DEPTH = 64
MAX_MEMBERS = 100_000

_BLANKS = b" \t\r\n"
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_BRACKETS_ALIKE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


def parse(body: bytes, *, max_depth: int = MAX_DEPTH, max_members: int = MAX_MEMBERS) -> Any:
    """The value of a body, its numbers as they were written.

    Invalid `invalid_json` otherwise, with line and column, and the path where there is one.
    """
    if body.count(b"[") + body.count(b"{") > max_depth or len(body) > max_members:
        shape = _outside_strings(body)
        if _members(shape) > max_members or _is_deep(shape, max_depth):
            _refuse(body, max_depth, max_members)
    try:
        value = json_numbers.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        _refuse(body, max_depth, max_members)
    if not _is_plain(body, value):
        _refuse(body, max_depth, max_members)
    return value


def parse_object(body: bytes, *, max_depth: int = MAX_DEPTH, max_members: int = MAX_MEMBERS) -> dict[str, Any]:
    """As `parse`, for a body that must be an object."""
    value = parse(body, max_depth=max_depth, max_members=max_members)
    if type(value) is not dict:
        raise Invalid("invalid_json", "body is not an object", (Problem("", "type", "must be an object"),))
    return value


def parse_raw(body: bytes, *, max_depth: int = MAX_DEPTH, max_members: int = MAX_MEMBERS) -> tuple[Any, str]:
    """The value, and the client's own text of it without the blanks around."""
    value = parse(body, max_depth=max_depth, max_members=max_members)
    return value, body.strip(_BLANKS).decode()


def members_raw(body: bytes, *, max_depth: int = MAX_DEPTH, max_members: int = MAX_MEMBERS) -> dict[str, str]:
    """The members of an object in their order, each as the client's own text."""
    parse_object(body, max_depth=max_depth, max_members=max_members)
    return texts_of(body)


def texts_of(body: bytes) -> dict[str, str]:
    """The members of an object that was parsed before, each as the client's own text."""
    return {name: bytes(raw).decode() for name, raw in _decode_members(body).items()}


def without(body: bytes, names: Collection[str]) -> bytes:
    """The object with null in the place of these members."""
    members = _decode_members(body)
    return encode({name: None if name in names else value for name, value in members.items()})


def verbatim(text: str) -> msgspec.Raw:
    """JSON text that `encode` inserts unchanged."""
    return msgspec.Raw(text.encode())


def encode(value: Any) -> bytes:
    """JSON without blanks, UTF-8; what `verbatim` made goes in byte by byte."""
    return json_numbers.encode(value)


def encode_sorted(value: Any) -> bytes:
    """The same, with the keys of every object in alphabetical order."""
    return json_numbers.encode_sorted(value)


def _is_plain(body: bytes, value: Any) -> bool:
    """Whether a body that msgspec takes holds neither a key twice, nor NUL, nor an integer beyond 64 bits.

    A repeated key leaves fewer strings in the value than in the text.
    """
    if b"\\" in body:
        body = body.replace(b"\\\\", b"")
        if b"\\u0000" in body:
            return False
        body = body.replace(b'\\"', b"")
    return 2 * _count_strings(value) == body.count(b'"')


def _count_strings(value: Any) -> int:
    """The strings of a value, keys included; -1 when an integer is beyond 64 bits."""
    strings = 0
    branches: list[Any] = [(value,)]
    for branch in branches:  # grows while it is walked
        leaves = branch
        if type(branch) is dict:
            strings += len(branch)
            leaves = branch.values()
        for leaf in leaves:
            kind = type(leaf)
            if kind is str:
                strings += 1
            elif kind is dict or kind is list:
                branches.append(leaf)
            elif kind is int and not -0x8000_0000_0000_0000 <= leaf <= 0x7FFF_FFFF_FFFF_FFFF:
                return -1
    return strings


def _outside_strings(body: bytes) -> bytes:
    """The body without blanks, each string shrunk to one quote. Exact up to the first byte that isn't JSON."""
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b'"'.join(body.split(b'"')[::2]).translate(None, _BLANKS)


def _is_deep(shape: bytes, max_depth: int) -> bool:
    """Whether brackets nest deeper. Each round takes away the innermost ones, so n levels need n rounds."""
    brackets = shape.translate(_BRACKETS_ALIKE, _NO_BRACKETS)
    if b"[" * (max_depth + 1) in brackets:
        return True
    for _ in range(max_depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _members(shape: bytes) -> int:
    """Members and items: one more than its commas in each bracket that isn't empty."""
    brackets = shape.count(b"[") + shape.count(b"{") - shape.count(b"[]") - shape.count(b"{}")
    return shape.count(b",") + brackets


def _refuse(body: bytes, max_depth: int, max_members: int) -> NoReturn:
    fault = find_fault(body, max_depth, max_members) or Fault(len(body), "", "syntax", "body is not JSON")
    line, column = position(body, fault.at)
    message = fault.message if fault.code == "empty" else f"{fault.message}: line {line} column {column}"
    problem = Problem(fault.path, fault.code, fault.message)
    raise Invalid("invalid_json", message, (problem,), line=line, column=column) from None
