"""Cases: creating, reading and saving them. Deletion is in `usecases/purge.py`."""

from typing import Any

from dragoman.command import Key, Lock
from dragoman.domain.access import may_edit_case, may_see_case, require_to
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.errors import TooLarge
from dragoman.domain.limits import LIST_BYTES
from dragoman.domain.task import Task
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases.tasks.lists import size_of
from dragoman.usecases.uow import UnitOfWork

MOST_TASKS = 100_000
PAGE = 250


def add(uow: UnitOfWork, kind: CaseKind, *, started_at: Moment | None = None, **fields: Any) -> Case:
    """Create a case with the next number; the principal is its creator. The command names `numbers={"case"}`."""
    fields.setdefault("creator", uow.principal.user)
    return uow.cases.add(
        Case(
            tenant=uow.tenant,
            number=uow.numbers.draw("case"),
            uid=uow.new_id(),
            kind=kind,
            started_at=uow.now if started_at is None else started_at,
            created_at=uow.now,
            modified_at=uow.now,
            **fields,
        )
    )


def get(uow: UnitOfWork, ref: Key, *, to_edit: bool = False, lock: Lock = Lock.NONE) -> Case:
    """The case by number or uid. NotFound when it is missing, expired, or not visible to the principal; Forbidden with
    `to_edit` for a principal who may not change it."""
    case = uow.cases.find(ref, lock)
    if case is None or not may_see_case(uow.principal, case):
        raise uow.cases.missing(ref)
    if to_edit:
        require_to(may_edit_case(uow.principal, case), uow.principal, "change this case")
    return case


def tasks_of(uow: UnitOfWork, case: Case, *, is_open: bool | None = None, stage: int | None = None) -> list[Task]:
    """The tasks of a case that the principal may see, by number. For readers.

    TooLarge beyond 100,000 tasks, and beyond LIST_BYTES of texts and extensions: use pages then.
    """
    wanted = TaskFilter(case=case.number, is_open=is_open, stage=stage, visible_to=uow.principal)
    found: list[Task] = []
    after, left = None, LIST_BYTES
    while True:
        page, is_cut = uow.tasks.bounded_page(wanted, (), limit=PAGE, after=after, max_bytes=left)
        if is_cut:
            raise TooLarge("list_too_large", f"the list has more than {LIST_BYTES} bytes", limit=LIST_BYTES)
        found += page
        if len(found) > MOST_TASKS:
            raise TooLarge("list_too_long", f"the list has more than {MOST_TASKS} tasks", limit=MOST_TASKS)
        if len(page) < PAGE:
            return found
        after = (page[-1].number,)
        left -= sum(map(size_of, page))


def save(uow: UnitOfWork, case: Case) -> Case:
    """Save a changed case. The caller has checked the right to edit it. Conflict for ending or assigning the inbox."""
    before = uow.cases.find(case.number, Lock.CHANGE)
    if before is not None:
        before.must_allow(case)
    return uow.cases.save(case)
