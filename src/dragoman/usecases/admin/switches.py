"""Switches that change while the server runs, shared by all nodes."""

from dragoman.command import Keys, Lock
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.uow import UnitOfWork


def announce(keys: Keys, name: str, lock: Lock = Lock.NONE) -> Keys:
    """Add the switch to the keys."""
    return keys.also("setting", [name], lock)


def read(uow: UnitOfWork, name: str) -> str | None:
    """The value of the switch, or None if it was never set."""
    setting = uow.settings.find(name)
    return None if setting is None else setting.value


def turn(uow: UnitOfWork, name: str, value: str) -> None:
    """Set the switch; the command names it for change."""
    known = uow.settings.find(name, Lock.CHANGE)
    if known is None:
        uow.settings.add(Setting(tenant=uow.tenant, name=name, value=value))
    elif known.value != value:
        uow.settings.save(Setting(known.tenant, name, value, known.row_version))
