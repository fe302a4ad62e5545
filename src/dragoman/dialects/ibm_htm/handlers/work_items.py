"""The holders of each role of a task, and what changes when a role moves (page, 8).

A task of another dialect may have no work items: then everybody is a reader and potential owner, and its creator
administers it, unless it stands for a batch. That is stored with the first work item, so that no user loses a role by
it. A work item of everybody doesn't count as long as the task links something private.
"""

from msgspec.structs import replace

from dragoman.dialects.ibm_htm.wire.roles import FIELDS, ITEMS, Reason
from dragoman.domain.task import Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem

GROUP = "group:"


def holders(task: Task, reason: Reason, template: Template | None, *, is_private: bool) -> list[str]:
    """Who holds a role, as work items spell it. `is_private`: whether the task links anything private."""
    if reason in FIELDS:
        holder: str | None = getattr(task, FIELDS[reason])
        return [] if holder is None else [holder]
    if reason is Reason.POTENTIAL_INSTANCE_CREATOR:
        named = () if template is None else template.roles.get(Role.POTENTIAL_CREATOR, ())
        return list(named) or [EVERYBODY]
    role = ITEMS.get(reason)
    items = [item for item in effective(task, is_private=is_private) if item.role == role]
    return [item.holder for item in items if not (is_private and item.holder == EVERYBODY)]


def effective(task: Task, *, is_private: bool) -> tuple[WorkItem, ...]:
    """The work items; those that a task without any amounts to."""
    if task.work_items or task.stands_for_batch:
        return task.work_items
    items = [] if task.creator is None else [WorkItem(Role.ADMINISTRATOR, task.creator)]
    if not is_private:
        items += [WorkItem(Role.POTENTIAL_OWNER, EVERYBODY), WorkItem(Role.READER, EVERYBODY)]
    return tuple(items)


def added(task: Task, role: Role, holder: str, *, is_private: bool) -> Task:
    """The task with one more; itself when it is there already."""
    return _with(task, (*effective(task, is_private=is_private), WorkItem(role, holder)), is_private=is_private)


def moved(task: Task, role: Role, old: str, new: str, *, is_private: bool) -> Task:
    """The task with this work item held by another user."""
    kept = [item for item in effective(task, is_private=is_private) if item != WorkItem(role, old)]
    return _with(task, (*kept, WorkItem(role, new)), is_private=is_private)


def _with(task: Task, items: tuple[WorkItem, ...], *, is_private: bool) -> Task:
    ordered = tuple(sorted(set(items), key=lambda item: (item.role, item.holder)))
    if set(ordered) == set(effective(task, is_private=is_private)):
        return task
    return replace(task, work_items=ordered)
