"""Work lists: making and finding them, and moving tasks from one to another."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from dragoman.domain.access import require_admin
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.task import Task
from dragoman.domain.work_list import DISTRIBUTING, ListRole, WorkList, roles_of
from dragoman.usecases.uow import UnitOfWork

MOST = 10_000
"""Of one tenant."""


def create(
    uow: UnitOfWork,
    name: str,
    *,
    display_name: str | None = None,
    description: str | None = None,
    owner: str | None = None,
    roles: Mapping[ListRole, Sequence[str]] | None = None,
    targets: Sequence[str] = (),
    extras: Mapping[str, dict[str, Any]] | None = None,
) -> WorkList:
    """Make a list, for administrators. The command is exclusive.

    Conflict `work_list_exists` for a name that another has, `too_many_work_lists`.
    """
    require_admin(uow.principal)
    if uow.work_lists.by_name(name) is not None:
        raise Conflict("work_list_exists", f"There is a work list named {name} already.")
    if len(uow.work_lists.all(MOST)) >= MOST:
        raise Conflict("too_many_work_lists", f"There are {MOST} work lists; there is no room for another.")
    made = WorkList(
        uow.tenant,
        uow.numbers.draw("work_list"),
        uow.new_id(),
        name,
        display_name,
        description,
        owner,
        {str(role): tuple(holders) for role, holders in (roles or {}).items()},
        tuple(targets),
        dict(extras or {}),
        uow.now,
        uow.now,
    )
    return uow.work_lists.add(made)


def find(uow: UnitOfWork, *, uid: str | None = None, name: str | None = None) -> WorkList | None:
    """A list by its uid or its name. The command is exclusive, or reads."""
    if uid is not None:
        return uow.work_lists.find(uid)
    return None if name is None else uow.work_lists.by_name(name)


def list_all(uow: UnitOfWork) -> list[WorkList]:
    """Every list, the oldest first. The command is exclusive, or reads."""
    return uow.work_lists.all(MOST)


def of_task(uow: UnitOfWork, task: Task) -> WorkList | None:
    """The list that the task is in; None also for a name that a client gave it and that no list has."""
    return find(uow, name=task.work_list)


def check_transfer(uow: UnitOfWork, task: Task, target: WorkList, *, administers: bool) -> None:
    """Forbidden unless the principal may move the task into the list: as its appender, and as a transfer initiator of
    the list that the task is in, or as an administrator of a task in none."""
    may_append = ListRole.APPENDER in roles_of(uow.principal, target)
    if not may_append or not may_take(uow, task, administers=administers):
        raise _forbidden(uow, target)


def may_take(uow: UnitOfWork, task: Task, *, administers: bool) -> bool:
    """Whether the principal may take the task out of where it is. The command is exclusive, or reads."""
    present = of_task(uow, task)
    if present is None:
        return administers or uow.principal.is_admin
    return ListRole.TRANSFER_INITIATOR in roles_of(uow.principal, present)


def check_distribution(uow: UnitOfWork, task: Task, target: WorkList) -> None:
    """Forbidden unless the principal distributes the tasks of the list that the task is in; Conflict when it is in
    none, or when the other list is not among the targets of that."""
    present = of_task(uow, task)
    if present is None:
        raise Conflict("task_in_no_list", "The task is in no work list.")
    if roles_of(uow.principal, present).isdisjoint(DISTRIBUTING):
        raise _forbidden(uow, present)
    if target.uid not in present.targets:
        raise Conflict("not_a_target", f"{target.name} is no target of {present.name}.")


def moved(task: Task, target: WorkList) -> Task:
    """The task in the list, unread; the caller saves it."""
    return replace(task, work_list=target.name, read=False)


def _forbidden(uow: UnitOfWork, work_list: WorkList) -> Forbidden:
    return Forbidden("work_list_forbidden", f"{uow.principal.login} may not move tasks by {work_list.name}.")
