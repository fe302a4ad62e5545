"""Query tables that an administrator defines: a named filter over tasks, in the language of the dialect whose clients
ask for it. They are loaded from the file of templates."""

from collections.abc import Callable

import msgspec

from dragoman.command import Lock
from dragoman.domain.errors import Problem
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.uow import UnitOfWork

PREFIX = "query_table:"
"""Before the name of a table, in the name of the setting that holds it."""


class Definition(msgspec.Struct, frozen=True):
    """A query table. No attributes are all that tasks have; no filter selects all tasks."""

    name: str
    filter: str = ""
    attributes: tuple[str, ...] = ()
    display_name: str = ""
    description: str = ""


class Given(msgspec.Struct, frozen=True):
    """A definition in a file: the lines of its keys, `` that of the table; or the removal of one."""

    definition: Definition
    lines: dict[str, int]
    is_removed: bool = False


class LoadedTable(msgspec.Struct, frozen=True):
    """The outcome of a definition: `added`, `changed`, `removed` or `unchanged`."""

    name: str
    outcome: str


Check = Callable[[Definition], tuple[str, str] | None]
"""What is wrong with a definition: the key, and what it must be."""

_checks: list[Check] = []


def register(check: Check | None) -> None:
    """Register how a dialect checks definitions; again changes nothing."""
    if check is not None and check not in _checks:
        _checks.append(check)


def faults(given: tuple[Given, ...]) -> list[Problem]:
    """Faults of the definitions, each with the line where it is."""
    found = []
    names: set[str] = set()
    for each in given:
        if each.definition.name in names:
            found.append(_fault(each, "name", "this table is defined twice in the file"))
        names.add(each.definition.name)
        for check in _checks:
            fault = None if each.is_removed else check(each.definition)
            if fault is not None:
                found.append(_fault(each, *fault))
    return found


def load(uow: UnitOfWork, given: tuple[Given, ...]) -> list[LoadedTable]:
    """Store the definitions, of which each takes the place of the one of its name."""
    return [LoadedTable(each.definition.name, _kept(uow, each)) for each in given]


def every(uow: UnitOfWork) -> list[Definition]:
    """Those of the tenant, by name. For exclusive commands and readers."""
    settings = uow.settings.beginning(PREFIX)
    return [msgspec.json.decode(setting.value, type=Definition) for setting in settings]


def _kept(uow: UnitOfWork, given: Given) -> str:
    name = f"{PREFIX}{given.definition.name}"
    known = uow.settings.find(name, Lock.CHANGE)
    if given.is_removed:
        if known is not None:
            uow.settings.remove(known)
        return "unchanged" if known is None else "removed"
    value = msgspec.json.encode(given.definition).decode()
    if known is None:
        uow.settings.add(Setting(uow.tenant, name, value))
        return "added"
    if known.value == value:
        return "unchanged"
    uow.settings.save(msgspec.structs.replace(known, value=value))
    return "changed"


def _fault(given: Given, key: str, message: str) -> Problem:
    return Problem(str(given.lines.get(key) or given.lines[""]), key, f"{key}: {message.rstrip('.')}")
