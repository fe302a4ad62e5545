"""The service, state or task that a path names, and the keys for it."""

from dragoman.command import Keys, Lock
from dragoman.dialects.genesys.wire.paths import ServiceId, parse_number, shown
from dragoman.domain.access import Permission
from dragoman.domain.case import Case, Stage
from dragoman.domain.errors import NotFound
from dragoman.domain.task import Task
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


def find_service(uow: UnitOfWork, ref: ServiceId, *, to_edit: bool = False, lock: Lock = Lock.NONE) -> Case:
    """The service. NotFound `service_not_found` for one that was never issued, is deleted, has expired, or that the
    principal may not see."""
    missing = NotFound("service_not_found", f"no service {shown(ref.text)}")
    if ref.number is None:
        raise missing
    try:
        known = cases.get(uow, ref.number, lock=lock)
    except NotFound:
        raise missing from None
    if ref.uid is not None and known.uid != ref.uid:
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
    """A task of the service. NotFound `task_not_found`, also for another service's, and for one that the principal
    may not see."""
    number = parse_number(text)
    known = None if number is None else tasks.find_visible(uow, number)
    if known is None or known.case != case.number:
        raise NotFound("task_not_found", f"no task {shown(text)} in service {shown(service.text)}")
    tasks.require(uow, known, permission)
    return known


def with_service(keys: Keys, service: ServiceId, lock: Lock = Lock.NONE) -> Keys:
    """The keys with the service, if it can be one."""
    return keys if service.number is None else keys.also("case", [service.number], lock)


def with_number(keys: Keys, entity: str, text: str, lock: Lock) -> Keys:
    """The keys with a state or task, if it can be one."""
    number = parse_number(text)
    return keys if number is None else keys.also(entity, [number], lock)
