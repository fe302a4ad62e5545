"""JSON Merge Patch (RFC 7396) on JSON text: members that a patch doesn't touch keep their bytes and their place."""

import msgspec

_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_BLANKS = b" \t\r\n"


def merge_patch(target: str | None, patch: str) -> str:
    """The target with the patch applied. Anything but an object replaces it whole; null takes a member away."""
    return _merged(b"" if target is None else target.encode(), patch.encode()).decode()


def _merged(target: bytes, patch: bytes) -> bytes:
    if not _is_object(patch):
        return patch
    known = _members_of(target) if _is_object(target) else {}
    changes = _members_of(patch)
    if known.keys().isdisjoint(changes) and not any(_needs_care(value) for value in changes.values()):
        return patch if not known else msgspec.json.encode({**known, **changes})
    members: dict[str, msgspec.Raw] = dict(known)
    for name, raw in changes.items():
        if bytes(raw).strip(_BLANKS) == b"null":
            members.pop(name, None)
        else:
            before = bytes(members[name]) if name in members else b""
            members[name] = msgspec.Raw(_merged(before, bytes(raw)))
    return msgspec.json.encode(members)


def _needs_care(value: msgspec.Raw) -> bool:
    """Whether a new member can't be taken as it stands: a null in it means absence, at whatever depth of objects."""
    return b"null" in bytes(value)


def _is_object(text: bytes) -> bool:
    return text.lstrip(_BLANKS)[:1] == b"{"
