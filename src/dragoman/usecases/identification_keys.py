"""The identification keys of a tenant. They are few and read with every write of a contact, so that all of them stand
in one setting."""

from collections.abc import Sequence

import msgspec

from dragoman.command import Keys, Lock
from dragoman.domain.errors import Conflict
from dragoman.domain.extension import Owner, fold
from dragoman.domain.identification import IdentificationKey
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.uow import UnitOfWork

SETTING = "contacts.identification_keys"

_decode = msgspec.json.Decoder(list[IdentificationKey]).decode


def announce(keys: Keys, lock: Lock = Lock.NONE) -> Keys:
    """Add what the identification keys are read from."""
    return keys.also("setting", [SETTING], lock)


def load(uow: UnitOfWork) -> list[IdentificationKey]:
    """All of them, in the order of their creation."""
    setting = uow.settings.find(SETTING)
    return [] if setting is None else _decode(setting.value)


def named(keys: Sequence[IdentificationKey], name: str) -> IdentificationKey | None:
    """The one of this name, without regard to case."""
    return next((key for key in keys if fold(key.name) == fold(name)), None)


def lock(uow: UnitOfWork) -> None:
    """Let no other transaction look for equal values until this one has committed its own."""
    uow.settings.find(SETTING, Lock.CHANGE)


def store(uow: UnitOfWork, keys: list[IdentificationKey]) -> None:
    """Replace all of them."""
    known = uow.settings.find(SETTING, Lock.CHANGE)
    value = msgspec.json.encode(keys).decode()
    if known is None:
        uow.settings.add(Setting(uow.tenant, SETTING, value))
    else:
        uow.settings.save(Setting(uow.tenant, SETTING, value, known.row_version))


def must_not_use(uow: UnitOfWork, owner: Owner, folded: str) -> None:
    """Conflict `schema_in_use` for the schema of an extension whose attributes are in a key."""
    if owner is not Owner.CONTACT:
        return
    for key in load(uow):
        if key.source == folded:
            message = f"the identification key {key.name} uses this schema; delete the key first"
            raise Conflict("schema_in_use", message, key=key.name)
