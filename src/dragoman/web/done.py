"""What the last act did, said on the page that follows.

The sentence and what can be undone go to that page in a cookie, signed with the text of the session, so that no other
site can put words there.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence

import msgspec

MOST_UNDOABLE = 100


class Undoable(msgspec.Struct, frozen=True, array_like=True):
    """A change that can be taken back: the task's number, and the revision that the change made."""

    number: int
    revision: int


class Done(msgspec.Struct, frozen=True, array_like=True):
    """What was done, as a sentence, and the changes that "Undo" takes back, all at once."""

    sentence: str
    undo: tuple[Undoable, ...] = ()

    @property
    def undo_text(self) -> str:
        """The changes as the field `undo` of a form has them: `4711.10,4706.3`."""
        return ",".join(f"{each.number}.{each.revision}" for each in self.undo)


def parse_undo(text: str) -> tuple[Undoable, ...]:
    """The changes of a field `undo`. ValueError for what is none."""
    found = []
    for part in text.split(","):
        number, dot, revision = part.partition(".")
        if not dot or not (number.isascii() and number.isdigit() and revision.isascii() and revision.isdigit()):
            raise ValueError("not a change")
        found.append(Undoable(int(number), int(revision)))
    if not 0 < len(found) <= MOST_UNDOABLE:
        raise ValueError("too many changes")
    return tuple(found)


def written(done: Done, session: str) -> str:
    """The value of the cookie."""
    content = msgspec.json.encode(done)
    return base64.urlsafe_b64encode(_tag(content, session) + content).decode().rstrip("=")


def read(text: str, session: str) -> Done | None:
    """What the cookie says; None for one that isn't ours, or of another session."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    tag, content = raw[:32], raw[32:]
    if not session or not hmac.compare_digest(tag, _tag(content, session)):
        return None
    try:
        return msgspec.json.decode(content, type=Done)
    except msgspec.DecodeError:
        return None


def undoable(changes: Sequence[tuple[int, int]]) -> tuple[Undoable, ...]:
    """Number and revision of each change, as `Done.undo` has them; none where there are too many for one act."""
    return tuple(Undoable(*change) for change in changes) if len(changes) <= MOST_UNDOABLE else ()


def _tag(content: bytes, session: str) -> bytes:
    return hmac.digest(session.encode(), b"dragoman done" + content, "sha256")
