"""Bringing tasks back: deleted ones, and old values of one that is there. The one rule for batches and single tasks.

What is written is a change like any other: it goes on in the history, and can be taken back itself.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock, Ref
from dragoman.domain.access import Permission
from dragoman.domain.errors import Conflict
from dragoman.domain.escalation import kept
from dragoman.domain.restoring import Plan, Unit
from dragoman.domain.task import State, Task, has_come
from dragoman.store.repositories.history import Tombstone
from dragoman.usecases.along import Companion, along
from dragoman.usecases.events import history as histories
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import references
from dragoman.usecases.tasks.references import Links
from dragoman.usecases.uow import UnitOfWork

STATE = Unit(
    frozenset({"state", "suspended", "assignee", "outcome_code", "outcome_text"}),
    frozenset(
        {
            *("activated_at", "first_activated_at", "claimed_at", "completed_at", "state_changed_at", "resume_at"),
            *("timing", "escalations"),
        }
    ),
)
"""An assignee makes a task claimed, an outcome belongs to its end, and moments follow from its state."""
DUE = Unit(frozenset({"due_at", "due_local", "due_zone"}))
PLACE = Unit(frozenset({"case", "stage"}))
PLAN = Plan((STATE, DUE, PLACE), {"outcome_code": "outcome/code", "outcome_text": "outcome/text"})
HELD_BY = ("case", "parent")
"""Links to what holds a task, without which it can't come back. The contact may dangle."""
LINKS = ("case", "stage", "parent", "category", "contact")
BESIDES = {
    "assignee": Permission.ASSIGN,
    "state": Permission.FINISH,
    "suspended": Permission.FINISH,
    "outcome_code": Permission.FINISH,
    "outcome_text": Permission.FINISH,
    "expires_at": Permission.FINISH,
    "delete_at": Permission.DELETE,
    "creator": Permission.ADMINISTER,
    "starter": Permission.ADMINISTER,
    "work_items": Permission.ADMINISTER,
}
"""The permission that restoring a field needs besides that to edit."""


# Old values


def restore(uow: UnitOfWork, before: Task, after: Task, names: Sequence[str]) -> None:
    """Save a task whose members have their old values again. Invalid for a link to what is gone."""
    before.must_not_be_batch()
    differing = frozenset([name for name in names if getattr(before, name) != getattr(after, name)])
    tasks.require(uow, before, *_needed(differing))
    if not differing.isdisjoint(LINKS):
        _check_links(uow, after, [name for name in LINKS if name in differing], before)
    if after.is_open and not before.is_open and has_come(after.expires_at, uow.now):
        after = replace(after, expires_at=None)  # as when it is reopened
    tasks.save_with_parts(uow, before, _settled(_escalated(before, after)))


@lru_cache(maxsize=256)
def _needed(differing: frozenset[str]) -> tuple[Permission, ...]:
    """The permissions that restoring these fields needs; many tasks of a batch have the same."""
    moved = differing - STATE.followers - {"state"}
    needed = {BESIDES[name] for name in differing if name in BESIDES and not (name == "state" and "assignee" in moved)}
    if moved - {"assignee"} or not needed:
        needed.add(Permission.EDIT)
    return tuple(sorted(needed))


def _check_links(uow: UnitOfWork, task: Task, names: Sequence[str], present: Task | None = None) -> None:
    wanted: dict[str, Any] = {name: number for name in names if (number := getattr(task, name)) is not None}
    if wanted:
        references.resolve(uow, Links(**wanted), present)


def _escalated(before: Task, after: Task) -> Task:
    """The task with those escalations that have escalated meanwhile: they don't do so a second time."""
    return replace(after, escalations=kept(after.escalations, before.escalations)) if after.escalations else after


def _settled(task: Task) -> Task:
    """The task with the one of the states `ready` and `claimed` that suits its assignee."""
    if task.state is State.CLAIMED and task.assignee is None:
        return replace(task, state=State.READY, claimed_at=None)
    if task.state is State.READY and task.assignee is not None:
        return replace(task, state=State.CLAIMED)
    return task


# Deleted tasks


class Restore(msgspec.Struct, frozen=True):
    """Bring a deleted task back, with its uid, its number and its history."""

    task: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def restore_deleted(uow: UnitOfWork, command: Restore) -> Task:
    """The task as it is there again, with the parts that were deleted with it.

    NotFound for one that never was or that the principal may not see; Forbidden without the permission to delete it.
    Conflict `task_not_deleted`, `task_is_batch`; Invalid `bad_reference`, answered 409, where its case or the task of
    which it was a part is gone.
    """
    present = tasks.find_visible(uow, command.task)
    if present is not None:
        raise Conflict("task_not_deleted", f"The task {present.number} isn't deleted.")
    left = deleted(uow, command.task)
    tasks.require(uow, left.snapshot, Permission.DELETE)
    left.snapshot.must_not_be_batch()
    return _bring_back(uow, left)


def deleted(uow: UnitOfWork, ref: Ref) -> Tombstone:
    """What a deleted task left. NotFound where there is none, and where the principal may not see it."""
    found: Task | None = uow.history.deleted("task", ref)
    if found is None:
        raise uow.tasks.missing(ref)
    if not histories.may_see(uow, "task", found):
        raise uow.tasks.missing(ref)
    return uow.history.tombstones("task", [found.number])[found.number]


def _bring_back(uow: UnitOfWork, left: Tombstone) -> Task:
    number = left.snapshot.number
    rows = uow.history.rows("task", [(number, left.revision)])
    parts = along(uow, "task", {"task": PARTS}, list(rows.values()), are_deleted=True).get(number, [])
    adding(uow, [left.snapshot])(uow, left.again(uow.now))
    for part in parts:
        if part.left is not None and uow.tasks.find(part.number, Lock.CHANGE) is None:
            add_again(uow, part.left.again(uow.now))
    return uow.tasks.get(number)


def adding(uow: UnitOfWork, deleted: Sequence[Task]) -> Callable[[UnitOfWork, Task], None]:
    """Stores deleted tasks again. Invalid where a case or parent is gone."""
    _load_again(uow, deleted)

    def add(part: UnitOfWork, task: Task) -> None:
        tasks.require(part, task, Permission.DELETE)
        _check_links(part, task, [name for name in HELD_BY if not _is_inbox(part, task, name)])
        add_again(part, task)

    return add


def add_again(uow: UnitOfWork, task: Task) -> Task:
    """Store a deleted task again, without a category or stage that is gone."""
    return tasks.add_again(uow, replace(task, **_gone(uow, task)))


def _gone(uow: UnitOfWork, task: Task) -> dict[str, None]:
    gone: dict[str, None] = {}
    if task.category is not None and uow.categories.find(task.category, Lock.CHANGE) is None:
        gone["category"] = None
    stage = None if task.stage is None else uow.stages.find(task.stage, Lock.SHARED)
    if stage is None or stage.case != task.case:
        gone["stage"] = None
    return gone


def _is_inbox(uow: UnitOfWork, task: Task, name: str) -> bool:
    return name == "case" and task.case == uow.home.inbox_case


def _load_again(uow: UnitOfWork, deleted: Sequence[Task]) -> None:
    tasks.load_linked(uow, deleted)
    if parents := {task.parent for task in deleted if task.parent is not None}:
        uow.tasks.load(sorted(parents), Lock.CHANGE)
    if contacts := {task.contact for task in deleted if task.contact is not None}:
        uow.contacts.load(sorted(contacts), Lock.CHANGE)
    if categories := {task.category for task in deleted if task.category is not None}:
        uow.categories.load(sorted(categories), Lock.CHANGE)
    if stages := {task.stage for task in deleted if task.stage is not None}:
        uow.stages.load(sorted(stages), Lock.SHARED)


def _save_part(uow: UnitOfWork, before: Task, after: Task) -> Task:
    return tasks.save(uow, before, _settled(_escalated(before, after)))


PARTS = Companion("parent", PLAN, _save_part, add_again)
"""Parts that changed with their whole."""
