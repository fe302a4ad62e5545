"""Identification keys: declared, listed, deleted, and kept unique wherever a contact is written."""

from collections.abc import Sequence

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.contact import Contact
from dragoman.domain.contact_values import Condition, shared
from dragoman.domain.errors import Conflict, Invalid, NotFound
from dragoman.domain.extension import ExtensionSchema, Owner, fold
from dragoman.domain.identification import MOST_KEYS, IdentificationKey
from dragoman.usecases import identification_keys as stored
from dragoman.usecases.contacts import search
from dragoman.usecases.uow import UnitOfWork

GROUPS = 100
"""Groups of equal values that are looked at together."""


class Create(msgspec.Struct, frozen=True):
    """Declare a key. `source` is the name of an extension, None for attributes of the contact itself; attributes are
    as they are shown and (`folded`) as they are compared."""

    name: str
    source: str | None
    spelled: tuple[str, ...]
    folded: tuple[str, ...]
    is_unique: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class List(msgspec.Struct, frozen=True):
    """Every key."""

    def keys(self) -> Keys:
        return stored.announce(Keys())


class Delete(msgspec.Struct, frozen=True):
    """Delete a key, by its name in any case."""

    name: str

    def keys(self) -> Keys:
        return stored.announce(Keys(), Lock.CHANGE)


def list_all(uow: UnitOfWork, command: List | None = None) -> list[IdentificationKey]:
    """In the order of their creation."""
    return stored.load(uow)


def get(uow: UnitOfWork, name: str) -> IdentificationKey:
    """NotFound `key_not_found` when there is none of this name."""
    found = stored.named(stored.load(uow), name)
    if found is None:
        raise NotFound("key_not_found", f"There is no identification key {name}.", name=name)
    return found


def create(uow: UnitOfWork, command: Create) -> IdentificationKey:
    """The new key.

    Invalid `invalid_value` for an unknown source or attribute; Conflict `already_exists` for a name that is taken,
    `unique_violation` where contacts have the same values already.
    """
    stored.lock(uow)
    keys = stored.load(uow)
    source = None if command.source is None else _declared(uow, command)
    if stored.named(keys, command.name) is not None:
        raise Conflict("already_exists", f"There is an identification key {command.name}.", name=command.name)
    if len(keys) >= MOST_KEYS:
        raise Invalid("invalid_value", f"There are at most {MOST_KEYS} identification keys.")
    spellings = {} if source is None else _spellings(source)
    number = max((key.id for key in keys), default=0) + 1
    key = IdentificationKey(
        number,
        command.name,
        None if source is None else source.folded,
        command.folded,
        tuple(spellings.get(folded, name) for name, folded in zip(command.spelled, command.folded, strict=True)),
        command.is_unique,
        "" if source is None else source.name,
    )
    if key.is_unique and _is_violated(uow, key):
        raise key.conflict()
    stored.store(uow, [*keys, key])
    return key


def delete(uow: UnitOfWork, command: Delete) -> None:
    """NotFound `key_not_found` when there is none of this name."""
    known = get(uow, command.name)
    stored.store(uow, [key for key in stored.load(uow) if key != known])


def must_be_unique(uow: UnitOfWork, before: Contact | None, after: Contact) -> None:
    """Conflict `unique_violation` where a write would give two contacts equal values in a unique key.

    Values that the contact had before are not looked at. The command must be exclusive if there are others.
    """
    for key in stored.load(uow):
        if not key.is_unique:
            continue
        known = [] if before is None else list(shared(before, key.attributes, key.source))
        for conditions in shared(after, key.attributes, key.source):
            if conditions in known:
                continue
            stored.lock(uow)
            if _another(uow, conditions, after.number):
                raise key.conflict()


def _another(uow: UnitOfWork, conditions: Sequence[Condition], number: int) -> bool:
    return any(contact.number != number for contact in search.having(uow, conditions))


def _is_violated(uow: UnitOfWork, key: IdentificationKey) -> bool:
    """Whether two contacts have the same values already. The search table finds groups, the contacts decide."""
    names = [Condition(attribute, (), key.source).indexed for attribute in key.attributes]
    groups = uow.contact_values.repeated(names, after=None, limit=GROUPS)
    while groups:
        for values in groups:
            conditions = [
                Condition(attribute, (value,), key.source)
                for attribute, value in zip(key.attributes, values, strict=True)
            ]
            for contact in search.having(uow, conditions):
                if any(_another(uow, own, contact.number) for own in shared(contact, key.attributes, key.source)):
                    return True
        groups = uow.contact_values.repeated(names, after=groups[-1], limit=GROUPS)
    return False


def _declared(uow: UnitOfWork, command: Create) -> ExtensionSchema:
    """The schema of the key's source, which declares its attributes."""
    schema = uow.schemas.by_name(Owner.CONTACT, command.source or "", Lock.SHARED)
    if schema is None:
        raise Invalid("invalid_value", f"source {command.source} is no schema of contacts")
    declared = _spellings(schema)
    unknown = [name for name, folded in zip(command.spelled, command.folded, strict=True) if folded not in declared]
    if unknown and (declared or schema.is_classifier):
        raise Invalid("invalid_value", f"{schema.name} declares no attribute {unknown[0]}")
    return schema


def _spellings(schema: ExtensionSchema) -> dict[str, str]:
    """The names of the declared attributes, by their folded names."""
    return {fold(attribute.name): attribute.name for attribute in schema.attributes}
