"""A note on a contact or a case: what was said or done, by whom, when."""

from enum import StrEnum

import msgspec

from dragoman.domain.clock import Moment

LONGEST_NOTE = 200_000
"""Maximum characters of a note."""


class NoteKind(StrEnum):
    """What a note records."""

    NOTE = "note"
    EMAIL = "email"
    CALL = "call"
    MEETING = "meeting"


class Note(msgspec.Struct, frozen=True):
    """One note. It belongs to a contact, a case or both. `text` is stored as sent, and may be HTML."""

    tenant: int
    number: int
    uid: str
    kind: NoteKind
    text: str
    contact: int | None = None
    case: int | None = None
    creator: str | None = None
    dialect: str = ""
    created_at: Moment = Moment(0)  # clients may set it
    row_version: int = 1
