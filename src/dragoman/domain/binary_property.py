"""Binary properties of a task: bytes under a name, with a type and a text by which they are found.

The task itself knows of each its head; the bytes lie beside it, since they may be many.
"""

import hashlib
from base64 import b64decode, b64encode

import msgspec


class BinaryHead(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a task knows of a binary property: its type as it was sent, the text to find it by, and the digest of its
    bytes, None where it has no value."""

    type: str
    query: str = ""
    sha256: str | None = None


class BinaryProperty(msgspec.Struct, frozen=True):
    """The bytes of one property, in Base64: exports are lines of JSON, and both engines store the same text."""

    tenant: int
    task: str  # uid
    name: str
    body: str
    row_version: int = 1

    @property
    def value(self) -> bytes:
        """The bytes."""
        return b64decode(self.body)


def head(type_: str, query: str, value: bytes | None) -> BinaryHead:
    """What the task notes of a property with this value."""
    return BinaryHead(type_, query, None if value is None else hashlib.sha256(value).hexdigest())


def made(tenant: int, task: str, name: str, value: bytes) -> BinaryProperty:
    """The property that stores this value."""
    return BinaryProperty(tenant, task, name, b64encode(value).decode())
