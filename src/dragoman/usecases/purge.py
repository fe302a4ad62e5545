"""Large deletions: a case with its tasks and stages, a contact's tasks, all values of an extension.

Up to a thousand rows are deleted in the same transaction, each with its own history row. Larger sets are marked by one
statement, which hides them at once; a sweep removes them in slices (DESIGN 2). Marks are stored, so an interrupted
sweep continues after a restart.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import AS_STORED, EXCLUSIVE, Exclusive, Lock
from dragoman.domain.case import Case
from dragoman.domain.extension import Owner
from dragoman.domain.task import task_is_batch
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

DIRECT = 1_000
"""Rows that are deleted in one transaction."""


def remove_case(uow: UnitOfWork, case: Case, *, direct: int = DIRECT) -> int:
    """Delete a case with its stages and tasks; returns the number of rows deleted now. Conflict for the tenant's inbox
    and for a case with a batch's task."""
    case.must_not_be_inbox()
    removed = remove_tasks(uow, case=case.number, direct=direct)
    stages = uow.purge_marks.stages(case.number, limit=direct + 1)
    if len(stages) > direct:
        uow.purge_marks.mark_stages(uow.now, case.number)
    else:
        _remove_stages(uow, stages)
        removed += len(stages)
    held = uow.cases.find(case.number, Lock.CHANGE)
    if held is not None:
        uow.cases.remove(held)
    return removed + 1


def remove_tasks(uow: UnitOfWork, *, case: int | None = None, contact: int | None = None, direct: int = DIRECT) -> int:
    """Delete a case's or a contact's tasks; returns the number deleted now: 0 when they were only marked.

    Conflict, before any change, when one is a batch's task.
    """
    uow.must_be_exclusive()
    if uow.purge_marks.has_batch(case=case, contact=contact):
        raise task_is_batch()
    numbers = uow.purge_marks.tasks(case=case, contact=contact, limit=direct + 1)
    if len(numbers) > direct:
        uow.purge_marks.mark_tasks(uow.now, case=case, contact=contact)
        return 0
    _remove_tasks(uow, numbers)
    return len(numbers)


def remove_values(uow: UnitOfWork, owner: Owner, folded: str) -> None:
    """Delete an extension from all entities of a kind."""
    uow.must_be_exclusive()
    numbers = uow.schemas.holders(owner, folded, limit=DIRECT + 1)
    if len(numbers) > DIRECT:
        uow.schemas.mark(owner, folded, uow.now)
        if owner is Owner.CONTACT:
            uow.contact_values.drop_extension(folded)
    else:
        _remove_values(uow, owner, [(number, folded) for number in numbers])


class Waits(msgspec.Struct, frozen=True):
    """Check whether any row is marked."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def waits(uow: UnitOfWork, command: Waits) -> bool:
    """Whether marked rows are left."""
    return uow.purge_marks.is_waiting()


class Sweep(msgspec.Struct, frozen=True):
    """Delete up to `limit` marked rows."""

    limit: int = DIRECT

    def keys(self) -> Exclusive:
        return AS_STORED


def sweep(uow: UnitOfWork, command: Sweep) -> int:
    """Returns the number of deleted rows; 0 when none is left. Running it twice is harmless."""
    numbers = uow.purge_marks.take_tasks(command.limit)
    if numbers:
        _remove_tasks(uow, numbers)
        return len(numbers)
    numbers = uow.purge_marks.take_stages(command.limit)
    if numbers:
        _remove_stages(uow, numbers)
        return len(numbers)
    for owner in Owner:
        values = uow.purge_marks.take_values(owner, command.limit)
        if values:
            for number, folded in _remove_values(uow, owner, values):
                uow.purge_marks.drop_value(owner, number, folded)
            return len(values)
    return 0


def _remove_tasks(uow: UnitOfWork, numbers: list[int]) -> None:
    uow.tasks.load(list(numbers), Lock.CHANGE)
    tasks.remove_all(uow, numbers)


def _remove_stages(uow: UnitOfWork, numbers: list[int]) -> None:
    uow.stages.load(list(numbers), Lock.CHANGE)
    for number in numbers:
        stage = uow.stages.find(number, Lock.CHANGE)
        if stage is not None:
            uow.stages.remove(stage)


def _remove_values(uow: UnitOfWork, owner: Owner, values: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Remove values from their owners; returns those whose owners no longer exist."""
    repository: Any = {
        Owner.TASK: uow.tasks,
        Owner.CASE: uow.cases,
        Owner.STAGE: uow.stages,
        Owner.CONTACT: uow.contacts,
    }[owner]
    repository.load(sorted({number for number, _ in values}), Lock.CHANGE)
    left_over = []
    for number, folded in values:
        entity = repository.find(number, Lock.CHANGE)
        if entity is None or folded not in entity.extensions:
            left_over.append((number, folded))
            continue
        kept = {name: value for name, value in entity.extensions.items() if name != folded}
        repository.save(replace(entity, extensions=kept))
    return left_over
