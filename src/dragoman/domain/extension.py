"""Extensions: typed records that clients attach to a task, case, stage or contact, and the schemas that bind them.

Inside, a schema is JSON Schema (draft 2020-12) checked by jsonschema-rs, which lists every fault with its path; what
JSON Schema can't say (coercion of numeric text, defaults, names without regard to case, `unique`) stands here, as
the Genesys page demands.
"""

from enum import StrEnum

import msgspec

from dragoman.domain.clock import Moment


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


def fold(name: str) -> str:
    """The form in which names are compared: without regard to case."""
    return name.casefold()


class Attribute(msgspec.Struct, frozen=True):
    """One typed attribute of a record. `default` is JSON text, None when there is none."""

    name: str
    type: str
    length: int | None = None
    mandatory: bool = False
    default: str | None = None


class ExtensionSchema(msgspec.Struct, frozen=True, kw_only=True):
    """What the records of one extension must look like. `source` is the schema as it was posted, echoed as such."""

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
