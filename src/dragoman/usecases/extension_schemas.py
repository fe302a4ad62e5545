"""Extension schemas: enforced on every write after their creation, and deleted with every value under their name."""

from collections import Counter

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.errors import Conflict, Invalid, NotFound, Problem
from dragoman.domain.extension import Declaration, ExtensionSchema, Owner, fold
from dragoman.domain.extension_values import check_declaration, conform
from dragoman.usecases import extension_names, identification_keys
from dragoman.usecases import purge as removal
from dragoman.usecases.uow import UnitOfWork


class Create(msgspec.Struct, frozen=True):
    """Create a schema. `source` is the text that a Genesys client posted and gets back; empty for other clients."""

    owner: Owner
    name: str
    declaration: Declaration
    source: str = ""

    def keys(self) -> Keys:
        return Keys().also("extension_schema", [(str(self.owner), fold(self.name))], Lock.CHANGE)


def create(uow: UnitOfWork, command: Create) -> ExtensionSchema:
    """Create the schema. Stored values stay; validation begins with the next write.

    Invalid `invalid_name`, `invalid_schema`; Conflict `schema_exists`, whatever the case of the name, and
    `already_exists` for the name of an attribute that a contact has.
    """
    fault = extension_names.declared_fault(command.name)
    if fault is not None:
        raise Invalid("invalid_name", fault, (Problem("/name", "name", fault),))
    declaration = check_declaration(command.declaration, command.owner)
    known = uow.schemas.by_name(command.owner, command.name, Lock.CHANGE)
    if known is not None:
        message = f"There is a schema {known.name} for extensions of a {command.owner}."
        raise Conflict("schema_exists", message, name=known.name, owner=str(command.owner))
    if command.owner is Owner.CONTACT and uow.contact_values.has(fold(command.name)):
        raise Conflict("already_exists", f"Contacts have an attribute {command.name}.", name=command.name)
    return uow.schemas.add(
        ExtensionSchema(
            tenant=uow.tenant,
            owner=command.owner,
            folded=fold(command.name),
            name=command.name,
            is_multi_valued=declaration.is_multi_valued,
            attributes=declaration.attributes,
            unique=declaration.unique,
            is_classifier=declaration.is_classifier,
            source=command.source,
            created_at=uow.now,
        )
    )


class List(msgspec.Struct, frozen=True):
    """Every schema of one kind."""

    owner: Owner

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: List) -> list[ExtensionSchema]:
    """By name."""
    return uow.schemas.all(command.owner)


class Overview(msgspec.Struct, frozen=True):
    """The schemas of all kinds, and how many values each has."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


COUNTED = 1_000
"""Values are counted to here."""
TOGETHER = 100
"""Schemas whose values are counted with one statement."""


def overview(uow: UnitOfWork, command: Overview) -> list[tuple[ExtensionSchema, int]]:
    """By kind and name."""
    found = [schema for owner in Owner for schema in uow.schemas.all(owner)]
    slices = [found[start : start + TOGETHER] for start in range(0, len(found), TOGETHER)]
    used = [count for some in slices for count in uow.schemas.used(some, COUNTED)]
    return list(zip(found, used, strict=True))


class Get(msgspec.Struct, frozen=True):
    """One schema, by name without regard to case."""

    owner: Owner
    name: str

    def keys(self) -> Keys:
        return Keys().also("extension_schema", [(str(self.owner), fold(self.name))], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> ExtensionSchema:
    """NotFound `schema_not_found` when there is none."""
    return _found(command, uow.schemas.by_name(command.owner, command.name))


def get_used(uow: UnitOfWork, command: Get) -> tuple[ExtensionSchema, int]:
    """The same with how many values it has, counted to COUNTED. For readers."""
    schema = get(uow, command)
    return schema, uow.schemas.used([schema], COUNTED)[0]


class Change(msgspec.Struct, frozen=True):
    """Give a schema other rules, as its next version. `version` is the one that was seen."""

    owner: Owner
    name: str
    declaration: Declaration
    version: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def change(uow: UnitOfWork, command: Change) -> ExtensionSchema:
    """The schema; the version before it is kept. Stored values stay; validation begins with the next write.

    NotFound as `get`; Invalid `invalid_schema`; Conflict `version_changed` where another version is the newest by now,
    and `schema_in_use` for one that an identification key names.
    """
    schema = _found(command, uow.schemas.by_name(command.owner, command.name, Lock.CHANGE))
    if schema.version != command.version:
        message = f"{schema.name} has version {schema.version} by now."
        raise Conflict("version_changed", message, version=schema.version)
    identification_keys.must_not_use(uow, command.owner, schema.folded)
    revised = schema.revised(check_declaration(command.declaration, command.owner), uow.now)
    return schema if revised is schema else uow.schemas.save(revised)


class Try(msgspec.Struct, frozen=True):
    """Hold the stored values of a name against rules that it doesn't have yet. For readers."""

    owner: Owner
    name: str
    declaration: Declaration

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Broken(msgspec.Struct, frozen=True):
    """A value that these rules refuse: the number of what has it, and the first fault."""

    number: int
    attribute: str
    reason: str


class Trial(msgspec.Struct, frozen=True):
    """What became of the values that were read: `more` says that there are others. `reasons`: attribute, reason and how
    many values, most first."""

    read: int
    more: bool
    invalid: int
    reasons: list[tuple[str, str, int]]
    examples: list[Broken]


MOST_TRIED = 10_000
MOST_EXAMPLES = 100


def try_out(uow: UnitOfWork, command: Try) -> Trial:
    """Nothing is stored. Invalid `invalid_schema`."""
    declaration = check_declaration(command.declaration, command.owner)
    schema = ExtensionSchema(uow.tenant, command.owner, fold(command.name), command.name).revised(declaration, uow.now)
    found = uow.schemas.values(command.owner, schema.folded, limit=MOST_TRIED + 1)
    broken = [each for number, value in found[:MOST_TRIED] if (each := _broken(schema, number, value)) is not None]
    reasons = Counter((each.attribute, each.reason) for each in broken)
    return Trial(
        min(len(found), MOST_TRIED),
        len(found) > MOST_TRIED,
        len(broken),
        [(*reason, count) for reason, count in reasons.most_common()],
        broken[:MOST_EXAMPLES],
    )


def _broken(schema: ExtensionSchema, number: int, value: str) -> Broken | None:
    try:
        conform(schema, value)
    except Invalid as refused:
        fault = refused.problems[0]
        names = [part for part in fault.path.split("/") if part and not part.isdigit()]
        return Broken(number, names[-1] if names else "", fault.message)
    except Conflict as refused:
        return Broken(number, ", ".join(schema.unique), refused.message)
    return None


class Delete(msgspec.Struct, frozen=True):
    """Delete a schema, and every value under its name of that kind."""

    owner: Owner
    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def delete(uow: UnitOfWork, command: Delete) -> None:
    """NotFound `schema_not_found` when there is none; values without a schema stay. Conflict `schema_in_use` for one
    that an identification key names."""
    schema = _found(command, uow.schemas.by_name(command.owner, command.name, Lock.CHANGE))
    identification_keys.must_not_use(uow, command.owner, schema.folded)
    uow.schemas.remove(schema)
    removal.remove_values(uow, command.owner, schema.folded)


def _found(command: Get | Change | Delete, schema: ExtensionSchema | None) -> ExtensionSchema:
    if schema is None:
        raise NotFound(
            "schema_not_found",
            f"There is no schema {command.name} for extensions of a {command.owner}.",
            name=command.name,
            owner=str(command.owner),
        )
    return schema
