"""Switches that are turned while the server runs, and that all nodes must see."""

from dragoman.command import Keys, Lock
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.uow import UnitOfWork


def announce(keys: Keys, name: str, lock: Lock = Lock.NONE) -> Keys:
    """The keys with this switch."""
    return keys.also("setting", [name], lock)


def read(uow: UnitOfWork, name: str) -> str | None:
    """The value of the switch; None if it was never set."""
    setting = uow.settings.find(name)
    return None if setting is None else setting.value


def turn(uow: UnitOfWork, name: str, value: str) -> None:
    """Turn it; the command announces it for change."""
    known = uow.settings.find(name, Lock.CHANGE)
    if known is None:
        uow.settings.add(Setting(tenant=uow.tenant, name=name, value=value))
    elif known.value != value:
        uow.settings.save(Setting(known.tenant, name, value, known.row_version))
