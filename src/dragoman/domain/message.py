"""Messages of a task: what it is given to work on, and what comes of it.

The task itself knows of each that it exists, and its digest; the text lies beside it, since it may be large.
"""

import hashlib
from enum import StrEnum

import msgspec


class Which(StrEnum):
    """What a message is to its task."""

    INPUT = "input"
    OUTPUT = "output"
    FAULT = "fault"


class MessageHead(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a task knows of a message: its media type, its digest, and for a fault its name."""

    type: str
    sha256: str
    name: str | None = None


class Message(msgspec.Struct, frozen=True):
    """The text of one message, as it was sent."""

    tenant: int
    task: str  # uid
    which: str
    type: str
    body: str
    row_version: int = 1


def head(type_: str, body: str, name: str | None = None) -> MessageHead:
    """What the task notes of a message with this text."""
    return MessageHead(type_, hashlib.sha256(body.encode()).hexdigest(), name)
