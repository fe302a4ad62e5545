"""Extensions: typed records that clients attach to a task, case, stage or contact, and the schemas that bind them.

Here stand the nouns and the rules of names and declarations. What a schema asks of a value is in `records.py`, its
form as JSON Schema in `json_schema.py`. The rules are those of the Genesys page, sections 3.7, 3.8 and 5.
"""

import re
from collections.abc import Collection
from enum import StrEnum

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.text import folded

LONGEST_NAME = 255
MOST_ATTRIBUTES = 1_000
MOST_EXTENSIONS = 1_000

DECLARED_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,25}")
"""A name in a schema: the limit comes from names of database indexes at the vendor's."""

TYPES = ("string", "integer", "long", "double", "date", "datetime", "currency", "boolean")


class Extension(msgspec.Struct, frozen=True):
    """A value under a name: the client's own JSON text, byte order of members and all."""

    name: str
    value: str


class Owner(StrEnum):
    """What an extension can be attached to; each kind is a namespace of its own."""

    TASK = "task"
    CASE = "case"
    STAGE = "stage"
    CONTACT = "contact"


class Attribute(msgspec.Struct, frozen=True):
    """One typed attribute of a record. `default` is JSON text, None when there is none."""

    name: str
    type: str
    length: int | None = None
    mandatory: bool = False
    default: str | None = None


class ExtensionSchema(msgspec.Struct, frozen=True):
    """What the records of one extension must look like.

    `source` is the schema as a Genesys client posted it, echoed as such; empty when it came another way.
    """

    tenant: int
    owner: Owner
    folded: str
    name: str
    version: int = 1
    is_multi_valued: bool = False
    attributes: tuple[Attribute, ...] = ()
    unique: tuple[str, ...] = ()
    source: str = ""
    created_at: Moment = Moment(0)
    row_version: int = 1


class Declaration(msgspec.Struct, frozen=True):
    """The rules of a schema by themselves, however it was written down."""

    is_multi_valued: bool
    attributes: tuple[Attribute, ...]
    unique: tuple[str, ...] = ()


def fold(name: str) -> str:
    """The form in which names are compared: without regard to case, letters composed."""
    return folded(name)


def name_fault(name: str, reserved: Collection[str]) -> str | None:
    """Why a value can't be stored under this name, with or without a schema; None when it can.

    `reserved` (folded) are the names of fields that a dialect shows beside extensions: an extension of such a name
    could never be read back there.
    """
    if not name:
        return "an extension needs a name"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters"
    if fold(name) in reserved:
        return f"{name} is a name of the server's own"
    return None


def check_name(name: str, reserved: Collection[str]) -> None:
    """Invalid unless a value can be stored under this name."""
    fault = name_fault(name, reserved)
    if fault is not None:
        raise Invalid("invalid_name", fault, (Problem("", "name", fault),))


def declared_name_fault(name: str, reserved: Collection[str]) -> str | None:
    """Why there can be no schema of this name; None when there can."""
    if not DECLARED_NAME.fullmatch(name):
        return "a name begins with a letter and has at most 26 letters, digits and underscores"
    return name_fault(name, reserved)


def attribute_name_fault(name: str, taken: Collection[str]) -> str | None:
    """Why an attribute can't have this name beside those (folded) that are taken; None when it can."""
    if not DECLARED_NAME.fullmatch(name):
        return "an attribute's name begins with a letter and has at most 26 letters, digits and underscores"
    return f"the attribute {name} is declared twice" if fold(name) in taken else None
