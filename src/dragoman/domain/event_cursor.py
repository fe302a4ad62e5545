"""Cursors of the event log: a place in one log, good for every filter, every user and every node.

A cursor is no secret and no permission. It names its log, so that one of another tenant, or of a database before it was
restored, is recognised; a checksum recognises what was cut or changed on its way.
"""

import base64
import hashlib
import re
import uuid
from functools import lru_cache

import msgspec

from dragoman.domain.errors import Invalid, NotFound, Problem

_FORM = re.compile(r"[A-Za-z0-9_-]{39}")
_VERSION = b"\x01"
_CHECK_BYTES = 4


class Place(msgspec.Struct, frozen=True):
    """The place behind an event of a log."""

    log: str
    sequence: int


@lru_cache(1_024)
def encode(log: str, sequence: int) -> str:
    """The cursor of the place behind this sequence: 39 characters, URL-safe. All open streams ask for the same."""
    content = _VERSION + uuid.UUID(log).bytes + sequence.to_bytes(8, "big")
    return base64.urlsafe_b64encode(content + _check(content)).rstrip(b"=").decode()


def decode(text: str) -> Place:
    """What `encode` was given. Invalid `bad_cursor` for all else."""
    if not _FORM.fullmatch(text):
        raise _bad()
    raw = base64.urlsafe_b64decode(text + "=")
    content, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    if check != _check(content) or content[:1] != _VERSION:
        raise _bad()
    place = Place(str(uuid.UUID(bytes=content[1:17])), int.from_bytes(content[17:], "big"))
    if encode(place.log, place.sequence) != text:  # the bits that base64 does not use
        raise _bad()
    return place


def checked(place: Place, log: str, before: int, last: int) -> int:
    """The sequence behind which to read in a log that keeps the events behind `before`, up to `last`.

    NotFound, answered 410: `cursor_foreign` for a place in another log, and for one behind the end of this, which
    another copy of the database gave; `cursor_gone` when what follows it was pruned. Both name the cursors where the
    log begins and ends.
    """
    ends = {"earliest": encode(log, before), "latest": encode(log, last)}
    if place.log != log or place.sequence > last:
        why = "The cursor belongs to another event log: begin with a first copy."
        raise NotFound("cursor_foreign", why, status=410, counts=ends)
    if place.sequence < before:
        why = "Events behind the cursor are no longer kept: begin with a first copy."
        raise NotFound("cursor_gone", why, status=410, counts=ends)
    return place.sequence


def _check(content: bytes) -> bytes:
    return hashlib.blake2s(content, digest_size=_CHECK_BYTES, person=b"eventlog").digest()


def _bad() -> Invalid:
    why = "is not a cursor of an event log"
    return Invalid("bad_cursor", f"The value {why}.", (Problem("?since", "bad_cursor", why),))
