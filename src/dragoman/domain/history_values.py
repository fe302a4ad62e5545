"""What a row of history shows of a change: moments as times, all else as it was noted."""

from functools import lru_cache

import msgspec

from dragoman.domain import json_numbers, restoring
from dragoman.domain.clock import Moment
from dragoman.domain.moment_text import render_native

Change = tuple[msgspec.Raw, msgspec.Raw]
"""What a field was, and what it became, each as JSON."""

NULL = msgspec.Raw(b"null")

_changes_of = msgspec.json.Decoder(dict[str, Change]).decode


def changes_of(text: str | bytes) -> dict[str, Change]:
    """The changes of a row of history by field, as they are shown."""
    changes = _changes_of(text)
    # Names of moments end in `_at`, and nothing else's does (STYLE 4); below a dot stand names of clients.
    for name in [name for name in changes if name[-3:] == "_at" and "." not in name]:
        old, new = changes[name]
        changes[name] = _shown(old), _shown(new)
    return changes


def _shown(value: msgspec.Raw) -> msgspec.Raw:
    return value if value == NULL else _time(bytes(value))


@lru_cache(maxsize=1_024)
def _time(written: bytes) -> msgspec.Raw:
    """A moment in the text of history, as a time: many changes have the same."""
    return msgspec.Raw(f'"{render_native(Moment(int(written)))}"'.encode())


class Clash(msgspec.Struct, frozen=True):
    """A member that can't be put back, since it was changed again: what it was before, and what it is now."""

    field: str
    before: msgspec.Raw
    now: msgspec.Raw


def shown_clash(found: restoring.Clash) -> Clash:
    """A clash with its values as history shows them."""
    before, now = (msgspec.Raw(json_numbers.encode(value)) for value in (found.before, found.now))
    if found.path.endswith("_at") and "/" not in found.path:
        before, now = _shown(before), _shown(now)
    return Clash(found.path.replace("/", "."), before, now)
