"""Tasks: making, changing, ending and deleting them, with the counts that their owners carry.

The functions here are what every dialect builds its commands from. They decide rights through `domain.access`, and
keep what holds across dialects: a task has a case, its category and contact count it, its parent knows its open
children.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from dragoman.command import Key, Lock
from dragoman.domain.access import Permission, permissions, require
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Conflict
from dragoman.domain.task import ENDED, Kind, State, Task, Verb, new_task
from dragoman.usecases.uow import UnitOfWork

SEEN_OWNERS = {"contact": Lock.NONE}
"""What must be loaded beside a task to decide who may see it."""

COUNTED_OWNERS = {"contact": Lock.CHANGE, "category": Lock.CHANGE}
"""What must be loaded beside a task that may change its contact or category, or be deleted."""


def contact_of(uow: UnitOfWork, task: Task) -> Contact | None:
    """The contact that the task links, if it exists."""
    return None if task.contact is None else uow.contacts.find(task.contact)


def get(uow: UnitOfWork, ref: Key, permission: Permission = Permission.SEE) -> Task:
    """The task by number or uid. NotFound when there is none; Forbidden when the principal may not."""
    task = uow.tasks.get(ref)
    require(uow.principal, permission, task, contact_of(uow, task))
    return task


def allowed(uow: UnitOfWork, task: Task) -> frozenset[Permission]:
    """All that the principal may do with the task."""
    return permissions(uow.principal, task, contact_of(uow, task))


def add(uow: UnitOfWork, **fields: Any) -> Task:
    """Make a task with the next number, created by the principal, in the tenant's inbox unless a case is given.

    The command names `numbers={"task"}` and, for change, the category, contact and parent that it gives.
    """
    fields.setdefault("creator", uow.principal.user)
    if fields.get("case") is None:
        fields["case"] = uow.home.inbox_case
    task = new_task(
        tenant=uow.tenant, number=uow.numbers.draw("task"), uid=fields.pop("uid", uow.new_id()), at=uow.now, **fields
    )
    _count(uow, None, task)
    return uow.tasks.add(task)


def save(uow: UnitOfWork, before: Task, after: Task) -> Task:
    """Keep a changed task, move the counts of its owners, and forget the texts of messages that it has no longer."""
    if after is before:
        return before
    if after.messages is not before.messages:
        for which in before.messages.keys() - after.messages.keys():
            uow.messages.drop(before.uid, which)
    _count(uow, before, after)
    return uow.tasks.save(after)


def remove(uow: UnitOfWork, task: Task) -> None:
    """Delete a task; it leaves a tombstone with its history. Conflict for one that stands for a batch."""
    if task.kind is Kind.BATCH:
        raise Conflict("task_is_batch", "This task stands for a batch; it can't be deleted as a task.")
    remove_for_batch(uow, task)


def remove_for_batch(uow: UnitOfWork, task: Task) -> None:
    """The same for a task whose batch goes with it: nobody else asks for it."""
    if task.open_children:
        _reach_down(uow, task, lambda child: child.terminate(at=uow.now))
    for which in task.messages:
        uow.messages.drop(task.uid, which)
    _count(uow, task, None)
    uow.tasks.remove(uow.tasks.get(task.number))


def remove_tree(uow: UnitOfWork, task: Task) -> None:
    """Delete a task with its parts, whether they have ended or not."""
    uow.must_be_exclusive()
    for child in uow.tasks.children(task.number, Lock.CHANGE):
        remove_tree(uow, child)
    remove(uow, uow.tasks.get(task.number))


def perform(
    uow: UnitOfWork,
    task: Task,
    verb: Verb,
    *,
    user: str | None = None,
    code: str | None = None,
    text: str | None = None,
    until: Moment | None = None,
) -> Task:
    """Do a verb on the task and keep it. What ends, suspends or resumes it reaches down to its open parts."""
    after = _VERBS[verb](task, uow.now, user or "", code, text, until)
    if verb is Verb.ASSIGN:
        after = task.assign(user, at=uow.now)
    return save_with_parts(uow, task, after)


def save_with_parts(uow: UnitOfWork, task: Task, after: Task) -> Task:
    """Keep a changed task; its open parts follow when it ended, was suspended or goes on.

    They expire with it, are suspended and resumed with it, and are terminated by any other end of it.
    """
    follow = _following(uow, task, after) if task.open_children else None
    if follow is not None:
        _reach_down(uow, task, follow)
        task = uow.tasks.get(task.number)
        after = replace(after, open_children=task.open_children)
    return save(uow, task, after)


def _following(uow: UnitOfWork, before: Task, after: Task) -> Callable[[Task], Task] | None:
    at = uow.now
    if before.is_open and not after.is_open:
        if after.state is State.EXPIRED:
            return lambda child: child.expire(at=at)
        return lambda child: _ended(child, at)
    if after.suspended and not before.suspended:
        return lambda child: child if child.suspended or child.state is State.INACTIVE else child.suspend(at=at)
    if before.suspended and not after.suspended:
        return lambda child: child.resume(at=at)
    return None


def _ended(part: Task, at: Moment) -> Task:
    """A part whose time was over before its whole ended expired before that."""
    return part.expire(at=at) if part.expires_at is not None and part.expires_at <= at else part.terminate(at=at)


_Decision = Callable[[Task, Moment, str, str | None, str | None, Moment | None], Task]

_VERBS: dict[Verb, _Decision] = {
    Verb.START: lambda task, at, user, code, text, until: task.start(at=at),
    Verb.CLAIM: lambda task, at, user, code, text, until: task.claim(user, at=at),
    Verb.RELEASE: lambda task, at, user, code, text, until: task.release(at=at),
    Verb.ASSIGN: lambda task, at, user, code, text, until: task,
    Verb.SUSPEND: lambda task, at, user, code, text, until: task.suspend(at=at, until=until),
    Verb.RESUME: lambda task, at, user, code, text, until: task.resume(at=at),
    Verb.FINISH: lambda task, at, user, code, text, until: task.finish(at=at, code=code, text=text),
    Verb.FAIL: lambda task, at, user, code, text, until: task.fail(at=at, code=code, text=text),
    Verb.TERMINATE: lambda task, at, user, code, text, until: task.terminate(at=at, code=code, text=text),
    Verb.EXPIRE: lambda task, at, user, code, text, until: task.expire(at=at),
    Verb.REOPEN: lambda task, at, user, code, text, until: task.reopen(at=at),
    Verb.AMEND_OUTCOME: lambda task, at, user, code, text, until: task.amend_outcome(at=at, code=code, text=text),
}

NEEDED: dict[Verb, Permission] = dict.fromkeys(Verb, Permission.EDIT) | {
    Verb.CLAIM: Permission.WORK,
    Verb.EXPIRE: Permission.ADMINISTER,
}
"""The right that each verb asks for."""


def _reach_down(uow: UnitOfWork, parent: Task, follow: Callable[[Task], Task]) -> None:
    uow.must_be_exclusive()
    for child in uow.tasks.open_children(parent.number, Lock.CHANGE):
        if child.kind is Kind.BATCH:
            continue  # DESIGN 3 rule 5: a batch is decided by its reviewers alone, whatever it is a part of
        if child.open_children:
            _reach_down(uow, child, follow)
            child = uow.tasks.get(child.number)
        save(uow, child, follow(child))


def _count(uow: UnitOfWork, before: Task | None, after: Task | None) -> None:
    """Move the counts from where the task was to where it is."""
    if before is not None and after is not None and _counted(before) == _counted(after):
        return
    old_category, new_category = _of(before, "category"), _of(after, "category")
    if old_category != new_category:
        _add_to_category(uow, old_category, -1)
        _add_to_category(uow, new_category, 1)
    old_contact, new_contact = _of(before, "contact"), _of(after, "contact")
    if old_contact != new_contact:
        _add_to_contact(uow, old_contact, -1)
        _add_to_contact(uow, new_contact, 1)
    old_parent = before.parent if before is not None and before.is_open else None
    new_parent = after.parent if after is not None and after.is_open else None
    if old_parent != new_parent:
        _add_to_parent(uow, old_parent, -1)
        _add_to_parent(uow, new_parent, 1)


def _counted(task: Task) -> tuple[Any, ...]:
    return task.category, task.contact, task.parent, task.state in ENDED


def _of(task: Task | None, field: str) -> Any:
    return None if task is None else getattr(task, field)


def _add_to_category(uow: UnitOfWork, number: int | None, count: int) -> None:
    category = None if number is None else uow.categories.find(number, Lock.CHANGE)
    if category is not None:
        uow.categories.save(replace(category, task_count=category.task_count + count))


def _add_to_contact(uow: UnitOfWork, number: int | None, count: int) -> None:
    contact = None if number is None else uow.contacts.find(number, Lock.CHANGE)
    if contact is not None:
        uow.contacts.save(replace(contact, task_count=contact.task_count + count))


def _add_to_parent(uow: UnitOfWork, number: int | None, count: int) -> None:
    parent = None if number is None else uow.tasks.find(number, Lock.CHANGE)
    if parent is not None:
        uow.tasks.save(replace(parent, open_children=parent.open_children + count))
