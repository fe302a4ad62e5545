"""The server's mode and status, and its business attributes (page, rows 36 to 38, section 7; page 2, section J)."""

from typing import Any

from dragoman.command import Keys, Lock
from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.handlers.modes import MAINTENANCE, MODE, PRODUCTION, Command, mode
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.wire import business
from dragoman.dialects.genesys.wire.paths import shown
from dragoman.dialects.kit import Request, fields, json
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.text import folded
from dragoman.usecases.admin import switches as turned
from dragoman.usecases.uow import UnitOfWork

MODES = (PRODUCTION, MAINTENANCE)


class SetMode(Command, frozen=True):
    """Switch the tenant's mode; it counts at once."""

    mode: str | Invalid

    def rows(self) -> Keys:
        return turned.announce(Keys(), MODE, Lock.CHANGE)


class Status(Command, frozen=True):
    """What mode the tenant is in."""

    switches: Switches

    def rows(self) -> Keys:
        return Keys()


class Attributes(Command, frozen=True):
    """The business attributes that are configured; of a name, or mapped to a field, only that one."""

    mapped: business.Mapped
    name: str | None = None
    field: business.Field | Invalid | None = None

    def rows(self) -> Keys:
        return Keys()


def parse_set_mode(switches: Switches, request: Request) -> SetMode:
    """`mode`, in whatever case."""
    return SetMode(judged_late(lambda: _parse_mode(request.body)))


def parse_status(switches: Switches, request: Request) -> Status:
    """Nothing but the path."""
    return Status(switches)


def parse_attributes(switches: Switches, request: Request) -> Attributes:
    """A name in the path, or `cv-attribute=Task.disposition`."""
    field = request.first("cv-attribute")
    asked = None if field is None else judged_late(lambda: _parse_field(field))
    return Attributes(switches.business, request.path.get("name"), asked)


def set_mode(uow: UnitOfWork, command: SetMode) -> dict[str, str]:
    """Rendered with the vendor's key, which has a blank."""
    wanted = judge(command.mode)
    turned.turn(uow, MODE, wanted)
    return {"server changed": wanted}


def status(uow: UnitOfWork, command: Status) -> dict[str, str]:
    """The mode, and that it runs."""
    return {"mode": mode(uow, command.switches), "status": "running"}


def attributes(uow: UnitOfWork, command: Attributes) -> Any:
    """All of them; or the one that a field is mapped to, NotFound when it is not mapped."""
    if command.field is None:
        return [business.render(attribute) for attribute in command.mapped.attributes]
    kind, name = judge(command.field)
    return _rendered(command.mapped.of(kind, name), f"no business attribute is mapped to {kind}.{name}")


def attribute(uow: UnitOfWork, command: Attributes) -> Any:
    """One by its name in any case. NotFound when there is none."""
    wanted = command.name or ""
    known = {folded(each.name): each for each in command.mapped.attributes}
    return _rendered(known.get(folded(wanted)), f"no business attribute {shown(wanted)}")


def _rendered(found: business.BusinessAttribute | None, missing: str) -> dict[str, Any]:
    if found is None:
        raise NotFound("attribute_not_found", missing)
    return business.render(found)


def _parse_field(text: str) -> business.Field:
    try:
        return business.field_of(text)
    except business.Unknown as fault:
        raise Invalid("invalid_value", f"cv-attribute: {fault}") from None


def _parse_mode(body: bytes) -> str:
    members = json.parse_object(body)
    problems = fields.Problems()
    fields.refuse_unknown(members, ("mode",), "", problems)
    faults.raise_if_any(problems)
    if "mode" not in members:
        raise Invalid("missing_field", "mode is needed")
    wanted = members["mode"]
    folded = wanted.casefold() if type(wanted) is str else ""
    if folded not in MODES:
        raise Invalid("invalid_value", f"mode must be {' or '.join(MODES)}")
    return folded
