"""Declaring, reading and deleting extension schemas (page, rows 24 to 35)."""

from typing import Any

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.wire import profiles
from dragoman.dialects.genesys.wire import schemas as wire
from dragoman.dialects.kit import Request
from dragoman.domain.errors import Conflict, Expected, Invalid
from dragoman.domain.extension import ExtensionSchema, Owner, fold
from dragoman.usecases import extension_schemas as schemas
from dragoman.usecases.uow import UnitOfWork

FAULTS = {"missing": "missing_field", "name": "invalid_name"}


class Create(Command, frozen=True):
    owner: Owner
    posted: wire.Posted | Invalid

    def rows(self) -> Keys:
        return Keys() if isinstance(self.posted, Invalid) else _create(self.owner, self.posted).keys()


class List(Command, frozen=True):
    """Every schema of a kind."""

    owner: Owner

    def rows(self) -> Exclusive:
        return EXCLUSIVE


class Show(Command, frozen=True):
    owner: Owner
    name: str

    def rows(self) -> Keys:
        return schemas.Get(self.owner, self.name).keys()


class Delete(Command, frozen=True):
    """Delete a schema with every record of its extension."""

    owner: Owner
    name: str

    def rows(self) -> Exclusive:
        return EXCLUSIVE


def parse_create(owner: Owner, switches: Switches, request: Request) -> Create:
    """The body is the schema; its faults are raised after the checks of mode and roles."""
    of_profiles = owner is Owner.CONTACT
    return Create(owner, judged_late(lambda: wire.parse(request.body, of_profiles=of_profiles)))


def parse_list(owner: Owner, switches: Switches, request: Request) -> List:
    """Nothing but the path."""
    return List(owner)


def parse_show(owner: Owner, switches: Switches, request: Request) -> Show:
    """The name, in whatever case."""
    return Show(owner, request.path["ext"])


def parse_delete(owner: Owner, switches: Switches, request: Request) -> Delete:
    """The name, in whatever case."""
    return Delete(owner, request.path["ext"])


def create(uow: UnitOfWork, command: Create) -> dict[str, Any]:
    """The name, in the spelling that was posted."""
    posted = judge(command.posted)
    if command.owner is Owner.CONTACT and fold(posted.name) in profiles.PREDEFINED:
        raise Conflict("already_exists", f"{posted.name} is a core attribute of profiles")
    try:
        return {"name": schemas.create(uow, _create(command.owner, posted)).name}
    except Invalid as fault:
        raise _as_told(fault) from None


def list_all(uow: UnitOfWork, command: List) -> list[Any]:
    return [wire.render(schema) for schema in schemas.list_all(uow, schemas.List(command.owner))]


def show(uow: UnitOfWork, command: Show) -> Any:
    """NotFound when there is none of this kind."""
    found: ExtensionSchema = schemas.get(uow, schemas.Get(command.owner, command.name))
    return wire.render(found)


def delete(uow: UnitOfWork, command: Delete) -> None:
    """NotFound when there is none of this kind."""
    schemas.delete(uow, schemas.Delete(command.owner, command.name))


def _create(owner: Owner, posted: wire.Posted) -> schemas.Create:
    return schemas.Create(owner, posted.name, posted.declaration, posted.source)


def _as_told(fault: Invalid) -> Expected:
    """The core's `invalid_schema` by the weightiest of its faults."""
    if fault.code != "invalid_schema":
        return fault
    kinds = {problem.code for problem in fault.problems}
    code = next((code for kind, code in FAULTS.items() if kind in kinds), "invalid_value")
    return Invalid(code, "; ".join(problem.message for problem in fault.problems[:10]), fault.problems)
