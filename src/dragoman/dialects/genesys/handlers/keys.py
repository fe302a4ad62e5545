"""Declaring, reading and deleting identification keys (page 2, section E)."""

from typing import Any

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.wire import keys as wire
from dragoman.dialects.kit import Request
from dragoman.domain.errors import Invalid
from dragoman.usecases import identification_keys as stored
from dragoman.usecases.contacts import identification
from dragoman.usecases.uow import UnitOfWork


class Create(Command, frozen=True):
    posted: identification.Create | Invalid

    def rows(self) -> Exclusive:
        return EXCLUSIVE


class Show(Command, frozen=True):
    """One key by its name in any case, or (None) all."""

    name: str | None = None

    def rows(self) -> Keys:
        return stored.announce(Keys())


class Delete(Command, frozen=True):
    name: str

    def rows(self) -> Keys:
        return stored.announce(Keys(), Lock.CHANGE)


def parse_create(switches: Switches, request: Request) -> Create:
    """The body is the key; its faults are raised after the checks of mode and roles."""
    return Create(judged_late(lambda: wire.parse(request.body)))


def parse_show(switches: Switches, request: Request) -> Show:
    """Nothing but the path."""
    return Show(request.path.get("name"))


def parse_delete(switches: Switches, request: Request) -> Delete:
    """The name, in whatever case."""
    return Delete(request.path["name"])


def create(uow: UnitOfWork, command: Create) -> dict[str, Any]:
    """The name, in the spelling that was posted."""
    return {"name": identification.create(uow, judge(command.posted)).name}


def list_all(uow: UnitOfWork, command: Show) -> list[dict[str, Any]]:
    """In the order of their creation."""
    return [wire.render(key) for key in identification.list_all(uow)]


def show(uow: UnitOfWork, command: Show) -> dict[str, Any]:
    """NotFound when there is none."""
    return wire.render(identification.get(uow, command.name or ""))


def delete(uow: UnitOfWork, command: Delete) -> None:
    """NotFound when there is none."""
    identification.delete(uow, identification.Delete(command.name))
