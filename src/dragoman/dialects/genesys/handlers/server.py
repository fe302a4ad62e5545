"""The server's mode and status, and business attributes, of which there are none (page, rows 36 to 38, section 7)."""

from typing import Any

from dragoman.command import Keys, Lock
from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.handlers.modes import MAINTENANCE, MODE, PRODUCTION, Command, mode
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.kit import Request, fields, json
from dragoman.domain.errors import Invalid
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
    def rows(self) -> Keys:
        return Keys()


def parse_set_mode(switches: Switches, request: Request) -> SetMode:
    """`mode`, in whatever case."""
    return SetMode(judged_late(lambda: _parse_mode(request.body)))


def parse_status(switches: Switches, request: Request) -> Status:
    """Nothing but the path."""
    return Status(switches)


def parse_attributes(switches: Switches, request: Request) -> Attributes:
    """Nothing but the path."""
    return Attributes()


def set_mode(uow: UnitOfWork, command: SetMode) -> dict[str, str]:
    """Rendered with the vendor's key, which has a blank."""
    wanted = judge(command.mode)
    turned.turn(uow, MODE, wanted)
    return {"server changed": wanted}


def status(uow: UnitOfWork, command: Status) -> dict[str, str]:
    """The mode, and that it runs."""
    return {"mode": mode(uow, command.switches), "status": "running"}


def attributes(uow: UnitOfWork, command: Attributes) -> list[Any]:
    """None are configured: the path of a single one leads nowhere."""
    return []


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
