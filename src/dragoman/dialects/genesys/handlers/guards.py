"""What every command of this dialect has in common: a body that is judged late, the mode, the roles, what is looked up.

The order of checks is the vendor's page's (section 6): credentials, mode, path and method, the service, then its task
or state, then the syntax of the body, then its content. A body is read before the store is seen, so what is wrong
with it travels in the command and is told when its turn comes.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from dragoman.command import Exclusive, Keys, Lock
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.wire.paths import ServiceId, parse_number, shown
from dragoman.domain.access import Permission
from dragoman.domain.case import Case, Stage
from dragoman.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from dragoman.domain.task import Task
from dragoman.usecases.admin import switches as turned
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

T = TypeVar("T")
Run = Callable[[UnitOfWork, Any], Any]

MODE = "genesys.mode"
PRODUCTION, MAINTENANCE = "production", "maintenance"
READERS = frozenset({"Administrator", "Supervisor"})
WRITERS = frozenset({"Administrator"})


class Command(msgspec.Struct, frozen=True):
    """A command that also looks at the mode. Subclasses name the rest in `rows`."""

    def keys(self) -> Keys | Exclusive:
        """The rows, and the switch of the mode."""
        rows = self.rows()
        return turned.announce(rows, MODE) if isinstance(rows, Keys) else rows

    def rows(self) -> Keys | Exclusive:
        """What the command needs beside the mode."""
        raise NotImplementedError


def judged_late(read: Callable[[], T]) -> T | Invalid:
    """What `read` gives, or the fault it finds, to be told by `judge`."""
    try:
        return read()
    except Invalid as fault:
        return fault


def judge(content: T | Invalid) -> T:
    """The content; the fault that was found in it is raised now."""
    if isinstance(content, Invalid):
        raise content.with_traceback(None)
    return content


def guarded(run: Run, switches: Switches, *, reads: bool, needs_production: bool) -> Run:
    """`run`, once roles and mode allow it."""
    wanted = READERS if reads else WRITERS

    def guarded_run(uow: UnitOfWork, command: Any) -> Any:
        if switches.roles and switches.auth:
            _check_role(uow, wanted)
        if needs_production and mode(uow, switches) != PRODUCTION:
            raise Unavailable("mode_unavailable", f"not available in {MAINTENANCE} mode")
        return run(uow, command)

    return guarded_run


def mode(uow: UnitOfWork, switches: Switches) -> str:
    """The tenant's mode: as it was set last, else the one to start in."""
    return turned.read(uow, MODE) or switches.start_in_mode


def find_service(uow: UnitOfWork, ref: ServiceId, *, to_edit: bool = False, lock: Lock = Lock.NONE) -> Case:
    """The service. NotFound `service_not_found` for one that was never issued, is deleted, or has expired."""
    missing = NotFound("service_not_found", f"no service {shown(ref.text)}")
    if ref.number is None:
        raise missing
    known = uow.cases.find(ref.number, lock)
    if known is None or (ref.uid is not None and known.uid != ref.uid) or cases.is_over(uow, known):
        raise missing
    return cases.get(uow, ref.number, to_edit=to_edit, lock=lock)


def find_state(
    uow: UnitOfWork, service: ServiceId, text: str, case: Case, *, to_edit: bool = False, lock: Lock = Lock.NONE
) -> Stage:
    """A state of the service. NotFound `state_not_found`, also for another service's."""
    number = parse_number(text)
    try:
        return stages.get(uow, case, number or 0, to_edit=to_edit, lock=lock)
    except NotFound:
        raise NotFound("state_not_found", f"no state {shown(text)} in service {shown(service.text)}") from None


def find_task(uow: UnitOfWork, service: ServiceId, text: str, case: Case, permission: Permission) -> Task:
    """A task of the service. NotFound `task_not_found`, also for another service's."""
    number = parse_number(text)
    known = None if number is None else uow.tasks.find(number)
    if known is None or known.case != case.number:
        raise NotFound("task_not_found", f"no task {shown(text)} in service {shown(service.text)}")
    return tasks.get(uow, known.number, permission)


def with_service(keys: Keys, service: ServiceId, lock: Lock = Lock.NONE) -> Keys:
    """The keys with the service, if it can be one."""
    return keys if service.number is None else keys.also("case", [service.number], lock)


def with_number(keys: Keys, entity: str, text: str, lock: Lock) -> Keys:
    """The keys with a state or task, if it can be one."""
    number = parse_number(text)
    return keys if number is None else keys.also(entity, [number], lock)


def _check_role(uow: UnitOfWork, wanted: frozenset[str]) -> None:
    principal = uow.principal
    user = None if principal.user is None else uow.users.find(principal.user)
    roles = {"Administrator"} if principal.is_admin else set() if user is None else set(user.roles)
    if not roles & wanted:
        raise Forbidden("role_missing", f"{principal.login} needs the role {' or '.join(sorted(wanted))}")
