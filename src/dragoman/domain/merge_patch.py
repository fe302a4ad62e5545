"""JSON Merge Patch (RFC 7396) on JSON text: what a patch doesn't change keeps its bytes and its place.

An equal value in another notation (1.5 for 1.50, members in another order) is no change: clients that read
JSON and write it back don't know how it was spelt.
"""

from typing import Any

import msgspec

from dragoman.domain.json_numbers import are_same, decode

_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_BLANKS = b" \t\r\n"
_NULL = b"null"


def merge_patch(target: str | None, patch: str) -> str:
    """The target with the patch applied. Anything but an object replaces it whole; null takes a member away."""
    return _merged(b"" if target is None else target.encode(), patch.encode().strip(_BLANKS)).decode()


def merged_value(target: Any, patch: Any) -> Any:
    """The same of decoded values."""
    if not isinstance(patch, dict):
        return patch
    members = dict(target) if isinstance(target, dict) else {}
    for name, change in patch.items():
        if change is None:
            members.pop(name, None)
        else:
            members[name] = merged_value(members.get(name), change)
    return members


def says_the_same(one: str, other: str) -> bool:
    """Whether two JSON texts mean the same value, however they are written."""
    return _says_the_same(one.encode(), other.encode())


def _merged(target: bytes, patch: bytes) -> bytes:
    if not _is_object(patch):
        return target if target and _says_the_same(target, patch) else patch
    if not _is_object(target):
        return patch if _NULL not in patch else _encode(_patched({}, patch))
    known = _members_of(target)
    members = _patched(known, patch)
    return target if members == known else _encode(members)


def _patched(known: dict[str, msgspec.Raw], patch: bytes) -> dict[str, msgspec.Raw]:
    """The members afterwards; one that stays is the very same object."""
    members = dict(known)
    for name, change in _members_of(patch).items():
        text = bytes(change)
        if text == _NULL:
            members.pop(name, None)
            continue
        before = bytes(known[name]) if name in known else b""
        after = _merged(before, text)
        if after != before:
            members[name] = msgspec.Raw(after)
    return members


def _says_the_same(one: bytes, other: bytes) -> bool:
    return one == other or are_same(decode(one), decode(other))


def _is_object(text: bytes) -> bool:
    return text.lstrip(_BLANKS)[:1] == b"{"
