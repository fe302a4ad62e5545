"""Extensions: typed records that clients attach to a task, case, stage or contact, and the schemas that bind them.

This module has the entities and the rules for names and declarations. Validation of values is in
`extension_values.py`, the form as JSON Schema in `json_schema.py`. The rules are those of the Genesys page, sections
3.7, 3.8 and 5.
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
"""The form of names in a schema. The vendor's limit comes from its database indexes."""

TYPES = ("string", "integer", "long", "double", "date", "datetime", "currency", "boolean")


class Extension(msgspec.Struct, frozen=True):
    """A value under a name: the client's JSON text, with the order of its members."""

    name: str
    value: str


class Owner(StrEnum):
    """The entities that can have extensions; each has its own namespace."""

    TASK = "task"
    CASE = "case"
    STAGE = "stage"
    CONTACT = "contact"


class Attribute(msgspec.Struct, frozen=True):
    """One typed attribute of a record. `default` is JSON text, or None."""

    name: str
    type: str
    length: int | None = None
    mandatory: bool = False
    default: str | None = None


MOST_VERSIONS = 100
"""Earlier versions that are kept of a schema."""


class ExtensionSchema(msgspec.Struct, frozen=True):
    """The schema of one extension's records, in its newest version.

    `source` is the text that a Genesys client posted and gets back; empty for other clients. `earlier` are the versions
    before this one as JSON, oldest first: they are seldom read, and the schema is with every write of a value.
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
    is_classifier: bool = False
    earlier: str = "[]"

    @property
    def versions(self) -> list["ExtensionSchema"]:
        """The versions that are kept, oldest first, this one last."""
        kept = msgspec.json.decode(self.earlier, type=list[Version])
        older = [msgspec.structs.replace(self, **msgspec.structs.asdict(each), earlier="[]") for each in kept]
        return [*older, self]

    @property
    def declaration(self) -> "Declaration":
        """Its rules alone."""
        return Declaration(self.is_multi_valued, self.attributes, self.unique, self.is_classifier)

    def revised(self, declaration: "Declaration", now: Moment) -> "ExtensionSchema":
        """The next version, with other rules; the same schema where they are no others."""
        if declaration == self.declaration:
            return self
        kept = msgspec.json.decode(self.earlier, type=list[Version])
        kept.append(Version(self.version, self.is_multi_valued, self.attributes, self.unique, self.created_at))
        return msgspec.structs.replace(
            self,
            version=self.version + 1,
            is_multi_valued=declaration.is_multi_valued,
            attributes=declaration.attributes,
            unique=declaration.unique,
            source="",
            created_at=now,
            earlier=msgspec.json.encode(kept[-MOST_VERSIONS:]).decode(),
        )

    @property
    def has_records(self) -> bool:
        """Whether its values are records of declared attributes: neither a classifier's words nor records of any."""
        return bool(self.attributes)


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rules of a schema in an earlier version, and since when they counted."""

    version: int
    is_multi_valued: bool
    attributes: tuple[Attribute, ...]
    unique: tuple[str, ...]
    created_at: Moment


class Declaration(msgspec.Struct, frozen=True):
    """The rules of a schema, independent of its notation. Those of contacts may have no attributes: then the members of
    their records are free; those of a classifier are texts in place of records."""

    is_multi_valued: bool
    attributes: tuple[Attribute, ...]
    unique: tuple[str, ...] = ()
    is_classifier: bool = False


def fold(name: str) -> str:
    """The form in which names are compared: without regard to case, letters composed."""
    return folded(name)


def name_fault(name: str, reserved: Collection[str]) -> str | None:
    """Why a value can't be stored under this name, with or without a schema; None when it can.

    `reserved` (folded) are the names of fields that a dialect shows beside extensions, where an extension of the same
    name would be hidden.
    """
    if not name:
        return "an extension needs a name"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters"
    if fold(name) in reserved:
        return f"{name} is reserved by the server"
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
