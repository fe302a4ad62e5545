"""Putting a change of a task back: what a row of its history changed gets its old values, as a new change.

A verb is taken back by the opposite one's effect: completed is open again, claimed is nobody's, an assignment goes back
to the holder before, and what was deleted is there again. What somebody changed since is not overwritten.
"""

import re
from collections.abc import Sequence

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock, Ref
from dragoman.domain.access import Permission
from dragoman.domain.bulk import OnConflict
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.history_values import Clash, shown_clash
from dragoman.domain.restoring import clashes, restored
from dragoman.domain.task import Task
from dragoman.store.repositories.history import Change
from dragoman.usecases import preconditions
from dragoman.usecases.along import Went, along
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import restoring
from dragoman.usecases.tasks.restoring import PARTS, PLAN
from dragoman.usecases.uow import UnitOfWork

names_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

ENDS = re.compile('"(?:state|suspended)":')
"""In changes that parts follow."""
DELETED = "deleted"
BEGINNING = "created_at"
"""In the changes of a task that was made, or brought back."""


class PutBack(msgspec.Struct, frozen=True):
    """Put back what the row of this revision changed in a task."""

    task: Ref
    revision: int
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def put_back(uow: UnitOfWork, command: PutBack) -> Task:
    """The task with the old values; the same where it has them already.

    NotFound for a task or revision that isn't there; Forbidden without the permissions that the opposite change needs.
    Conflict `changed_since` with both values (parameter `clashes`) where the same was changed since, `not_undoable` for
    a row that made the task or brought it back, `task_deleted` for another row of a deleted task than its deletion.
    """
    task = tasks.find_visible(uow, command.task, Lock.CHANGE)
    if task is None:
        return _put_deletion_back(uow, command)
    row = _row(uow, task.number, command.revision)
    names = names_of(row.changes)
    preconditions.check(uow, "task", task, command.revisions, frozenset(names))
    if DELETED in names:  # it is there again
        tasks.require(uow, task, Permission.DELETE)
        return task
    if BEGINNING in names:
        raise Conflict("not_undoable", "This change made the task or brought it back; delete the task instead.")
    task.must_not_be_batch()
    return _put_back(uow, task, row)


def _put_deletion_back(uow: UnitOfWork, command: PutBack) -> Task:
    left = restoring.deleted(uow, command.task)
    if left.revision != command.revision:
        _row(uow, left.snapshot.number, command.revision)
        raise Conflict("task_deleted", f"The task {left.snapshot.number} is deleted; bring it back first.")
    return restoring.restore_deleted(uow, restoring.Restore(command.task))


def _row(uow: UnitOfWork, number: int, revision: int) -> Change:
    row = uow.history.rows("task", [(number, revision)]).get((number, revision))
    if row is None:
        raise NotFound("revision_not_found", f"The task {number} has no revision {revision}.", id=revision)
    return row


def _put_back(uow: UnitOfWork, task: Task, row: Change) -> Task:
    found = restored(task, row.changes, PLAN, OnConflict.FAIL)
    if found.changed:
        _must_not_clash(task, row)
        found = restored(task, row.changes, PLAN, OnConflict.MERGE)
    elif not found.fields:
        raise Conflict("not_undoable", "This change has nothing that could be put back.")
    parts = _parts_of(uow, task, row)
    parts_first = bool(task.open_children)  # else they would follow the task by themselves
    if parts_first:
        _restore_parts(uow, parts)
        task = uow.tasks.get(task.number)
        found = restored(task, row.changes, PLAN, OnConflict.MERGE)
    if found.entity != task:
        restoring.restore(uow, task, found.entity, found.fields)
    if not parts_first:
        _restore_parts(uow, parts)
    return uow.tasks.get(task.number)


def _must_not_clash(task: Task, row: Change) -> None:
    clashing = [shown_clash(each) for each in clashes(task, row.changes, PLAN)]
    if clashing:
        raise _changed_since(clashing)


def _changed_since(clashing: Sequence[Clash]) -> Conflict:
    names = ", ".join(clash.field for clash in clashing)
    return Conflict("changed_since", f"Changed since, and not put back: {names}.", clashes=tuple(clashing))


def _parts_of(uow: UnitOfWork, task: Task, row: Change) -> list[Went]:
    """The parts that ended, were suspended or resumed with the task."""
    if ENDS.search(row.changes) is None:
        return []
    return along(uow, "task", {"task": PARTS}, [row], are_deleted=False).get(task.number, [])


def _restore_parts(uow: UnitOfWork, parts: Sequence[Went]) -> None:
    """Those of them that are as the change left them."""
    for went in parts:
        present = uow.tasks.find(went.number, Lock.CHANGE)
        if present is not None:
            found = restored(present, went.changes, PLAN, OnConflict.MERGE)
            if found.entity != present:
                PARTS.save(uow, present, found.entity)
