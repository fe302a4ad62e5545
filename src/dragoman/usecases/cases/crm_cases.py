"""CRM cases and opportunities, and the tasks that belong to them.

A task belongs to the CRM case that holds it. If a Genesys service holds the task, which must not lose it, the CRM case
is stored in the task (`entity_kind`, `entity`).
"""

from typing import Any

from dragoman.command import Lock
from dragoman.domain.access import Linked, may_edit_case, may_see_case, require_to
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.errors import NotFound
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

KINDS = frozenset({CaseKind.CASE, CaseKind.OPPORTUNITY})
"""What a CRM task may belong to."""

Link = tuple[CaseKind, int]
"""A case or opportunity as a client names it."""


def entity_of(uow: UnitOfWork, task: Task, linked: Linked | None = None) -> Case | None:
    """The case or opportunity that the task belongs to; None if the principal may not see it.

    `linked` is what `tasks.linked` gave, where the caller has it.
    """
    linked = tasks.linked(uow, task) if linked is None else linked
    for case, kind in ((linked.case, None), (linked.entity, task.entity_kind)):
        if case is not None and case.kind in KINDS and kind in (None, case.kind):
            return case if may_see_case(uow.principal, case) else None
    return None


def find_target(uow: UnitOfWork, wanted: Link) -> Case | None:
    """The case that a client names; None when it matches none, or the principal may not see it. The command names it
    with a shared lock."""
    kind, number = wanted
    case = uow.cases.find(number, Lock.SHARED)
    return case if case is not None and case.kind is kind and may_see_case(uow.principal, case) else None


def link_fields(uow: UnitOfWork, task: Task | None, wanted: Case | None) -> dict[str, Any]:
    """The fields of a task (None: a new one) that link it to `wanted`; no fields when it is linked already.

    Without a case the task moves to the inbox.
    """
    shown = None if task is None else entity_of(uow, task)
    if shown is not None and wanted is not None and wanted.number == shown.number:
        return {}
    left = {} if shown is None or task is None or shown.number != task.case else {"case": uow.home.inbox_case}
    if wanted is None:
        return left | {"entity_kind": None, "entity": None}
    if not _is_in_service(uow, task):
        return {"case": wanted.number, "entity_kind": None, "entity": None}
    return left | {"entity_kind": str(wanted.kind), "entity": wanted.number}


def _is_in_service(uow: UnitOfWork, task: Task | None) -> bool:
    holder = None if task is None else tasks.case_of(uow, task)
    return holder is not None and holder.kind is CaseKind.SERVICE


def add(uow: UnitOfWork, kind: CaseKind, title: str, **fields: Any) -> Case:
    """Create a case; the principal is its creator. The command names `numbers={"case"}`."""
    return uow.cases.add(
        Case(
            tenant=uow.tenant,
            number=uow.numbers.draw("case"),
            uid=uow.new_id(),
            kind=kind,
            title=title,
            creator=uow.principal.user,
            started_at=uow.now,
            created_at=uow.now,
            modified_at=uow.now,
            **fields,
        )
    )


def get(uow: UnitOfWork, number: int, kind: CaseKind, lock: Lock = Lock.NONE) -> Case:
    """The case of this kind. NotFound when there is none, or when the principal may not see it."""
    case = uow.cases.find(number, lock)
    if case is None or case.kind is not kind or not may_see_case(uow.principal, case):
        raise NotFound("case_not_found", f"There is no {kind} {number}.", id=number)
    return case


def require_edit(uow: UnitOfWork, case: Case) -> None:
    """Forbidden unless the principal may change the case."""
    require_to(may_edit_case(uow.principal, case), uow.principal, "change this case")
