"""What every operation checks before it runs: the role of the user and the mode of the server."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.command import Exclusive, Keys
from dragoman.dialects.genesys.options import Switches
from dragoman.domain.errors import Forbidden, Unavailable
from dragoman.usecases.admin import switches as turned
from dragoman.usecases.uow import UnitOfWork

Run = Callable[[UnitOfWork, Any], Any]

MODE = "genesys.mode"
PRODUCTION, MAINTENANCE = "production", "maintenance"
ADMINISTRATOR, SUPERVISOR = "Administrator", "Supervisor"
Also = Callable[[UnitOfWork, Any], bool]


class Command(msgspec.Struct, frozen=True):
    """A command that also looks at the mode. Subclasses name the rest in `rows`."""

    def keys(self) -> Keys | Exclusive:
        """The rows, and the switch of the mode."""
        rows = self.rows()
        return turned.announce(rows, MODE) if isinstance(rows, Keys) else rows

    def rows(self) -> Keys | Exclusive:
        """What the command needs beside the mode."""
        raise NotImplementedError


def guarded(run: Run, switches: Switches, *, reads: bool, needs_production: bool, also: Also | None = None) -> Run:
    """`run`, once roles and mode allow it. `also`: whether a principal without the role may give this command."""

    def guarded_run(uow: UnitOfWork, command: Any) -> Any:
        if needs_production and mode(uow, switches) != PRODUCTION:
            raise Unavailable("mode_unavailable", f"not available in {MAINTENANCE} mode")
        if switches.roles and switches.auth and not (also is not None and also(uow, command)):
            _check_role(uow, reads=reads)
        return run(uow, command)

    return guarded_run


def mode(uow: UnitOfWork, switches: Switches) -> str:
    """The tenant's mode: as it was set last, else the one to start in."""
    return turned.read(uow, MODE) or switches.start_in_mode


def _check_role(uow: UnitOfWork, *, reads: bool) -> None:
    """By the effective roles: a supervisor, and an administrator, is what the vendor calls so."""
    principal = uow.principal
    if principal.is_admin or (reads and principal.is_supervisor):
        return
    wanted = f"{ADMINISTRATOR} or {SUPERVISOR}" if reads else ADMINISTRATOR
    raise Forbidden("role_missing", f"{principal.login} needs the role {wanted}")
