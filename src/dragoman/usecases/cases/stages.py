"""Stages: the steps of a case. Several may be open at once; starting one ends no other."""

from typing import Any

from dragoman.command import Key, Lock
from dragoman.domain.access import may_edit_case, require_to
from dragoman.domain.case import Case, Stage
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound
from dragoman.usecases.uow import UnitOfWork


def add(uow: UnitOfWork, case: Case, *, started_at: Moment | None = None, **fields: Any) -> Stage:
    """Create a stage with the next number. The command names `numbers={"stage"}`, and the case with a shared lock."""
    fields.setdefault("creator", uow.principal.user)
    return uow.stages.add(
        Stage(
            tenant=uow.tenant,
            number=uow.numbers.draw("stage"),
            uid=uow.new_id(),
            case=case.number,
            started_at=uow.now if started_at is None else started_at,
            created_at=uow.now,
            modified_at=uow.now,
            **fields,
        )
    )


def get(uow: UnitOfWork, case: Case, ref: Key, *, to_edit: bool = False, lock: Lock = Lock.NONE) -> Stage:
    """A stage of this case. NotFound when there is none in this case; Forbidden with `to_edit` for a principal who
    neither created it nor may change the case."""
    stage = uow.stages.find(ref, lock)
    if stage is None or stage.case != case.number:
        raise NotFound("stage_not_found", f"There is no stage {ref} in case {case.number}.", id=ref)
    if to_edit:
        mine = uow.principal.user is not None and uow.principal.user == stage.creator
        require_to(mine or may_edit_case(uow.principal, case), uow.principal, "change this stage")
    return stage


def is_of(uow: UnitOfWork, case: Case, ref: Key) -> bool:
    """Whether the stage exists in this case."""
    stage = uow.stages.find(ref)
    return stage is not None and stage.case == case.number


def save(uow: UnitOfWork, stage: Stage) -> Stage:
    """Save a changed stage. The caller has checked the right to edit its case."""
    return uow.stages.save(stage)
