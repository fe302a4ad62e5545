"""Cases: what holds tasks together. Making, finding and keeping them; deleting is in `removal.py`."""

from typing import Any

from dragoman.domain.access import may_edit_case, may_see_case, require_to
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound
from dragoman.store.keys import Key, Lock
from dragoman.usecases.uow import UnitOfWork


def add(uow: UnitOfWork, kind: CaseKind, *, started_at: Moment | None = None, **fields: Any) -> Case:
    """Make a case with the next number, created by the principal. The command names `numbers={"case"}`."""
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
    """The case by number or uid. NotFound when there is none, or its time is over; Forbidden when the principal may
    not see it, or not change it and wants to."""
    case = uow.cases.find(ref, lock)
    if case is None or is_over(uow, case):
        raise NotFound("case_not_found", f"There is no case {ref}.", id=ref)
    require_to(may_see_case(uow.principal, case), uow.principal, "see this case")
    if to_edit:
        require_to(may_edit_case(uow.principal, case), uow.principal, "change this case")
    return case


def is_over(uow: UnitOfWork, case: Case) -> bool:
    """Whether its time is over: then it is gone for everybody, and a sweep removes it."""
    return case.expires_at is not None and case.expires_at <= uow.now
