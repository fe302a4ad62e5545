"""Cursors of keyset pages: where the next page begins, opaque to the client, good for one sort only.

A cursor is no secret and no permission: an invented one shows nothing that the list wouldn't show anyway.
"""

import base64
import re
import zlib
from typing import NoReturn

from dragoman.dialects.kit import json
from dragoman.domain.errors import Invalid, Problem

CursorValue = int | str | None

_ALPHABET = re.compile(r"[A-Za-z0-9_-]{1,8192}")
_CHECK_BYTES = 4


def encode_cursor(values: tuple[CursorValue, ...], *, sort: str = "") -> str:
    """The sort values of a page's last row, for a list sorted by `sort` (which may hold its filter too)."""
    payload = json.encode(values)
    return base64.urlsafe_b64encode(_check(payload, sort) + payload).rstrip(b"=").decode()


def decode_cursor(text: str, *, sort: str = "") -> tuple[CursorValue, ...]:
    """What `encode_cursor` was given. Invalid `invalid_cursor` for all else, and for another sort's cursor."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        _refuse()
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    check, payload = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if check != _check(payload, sort):
        _refuse()
    try:
        values = json.parse(payload)
    except Invalid:
        _refuse()
    if type(values) is not list or any(type(value) not in (int, str, type(None)) for value in values):
        _refuse()
    return tuple(values)


def _check(payload: bytes, sort: str) -> bytes:
    return zlib.crc32(payload, zlib.crc32(sort.encode())).to_bytes(_CHECK_BYTES, "big")


def _refuse() -> NoReturn:
    message = "cursor can't be read, or belongs to another list"
    raise Invalid("invalid_cursor", message, (Problem("", "cursor", message),)) from None
