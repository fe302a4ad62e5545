"""The holders of each role of a task, and what changes when a role moves (page, 8).

A task of another dialect may have no work items: then everybody is a reader and potential owner, and its creator
administers it. That is stored with the first work item, so that no user loses a role by it.
"""

from msgspec.structs import replace

from dragoman.dialects.ibm_htm.wire.roles import FIELDS, ITEMS, Reason
from dragoman.domain.contact import Contact
from dragoman.domain.task import Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role, WorkItem

EVERYBODY = "*"
GROUP = "group:"


def holders(task: Task, reason: Reason, template: Template | None, contact: Contact | None) -> list[str]:
    """Who holds a role, as work items spell it."""
    if reason in FIELDS:
        holder: str | None = getattr(task, FIELDS[reason])
        return [] if holder is None else [holder]
    if reason is Reason.POTENTIAL_INSTANCE_CREATOR:
        named = () if template is None else template.roles.get(Role.POTENTIAL_CREATOR, ())
        return list(named) or [EVERYBODY]
    role = ITEMS.get(reason)
    return [item.holder for item in effective(task, contact) if item.role == role]


def effective(task: Task, contact: Contact | None) -> tuple[WorkItem, ...]:
    """The work items; those that a task without any amounts to."""
    if task.work_items:
        return task.work_items
    items = [] if task.creator is None else [WorkItem(Role.ADMINISTRATOR, task.creator)]
    if contact is None or not contact.is_private:
        items += [WorkItem(Role.POTENTIAL_OWNER, EVERYBODY), WorkItem(Role.READER, EVERYBODY)]
    return tuple(items)


def added(task: Task, role: Role, holder: str, contact: Contact | None) -> Task:
    """The task with one more; itself when it is there already."""
    return _with(task, (*effective(task, contact), WorkItem(role, holder)), contact)


def moved(task: Task, role: Role, old: str, new: str, contact: Contact | None) -> Task:
    """The task with this work item held by another user."""
    kept = [item for item in effective(task, contact) if item != WorkItem(role, old)]
    return _with(task, (*kept, WorkItem(role, new)), contact)


def _with(task: Task, items: tuple[WorkItem, ...], contact: Contact | None) -> Task:
    ordered = tuple(sorted(set(items), key=lambda item: (item.role, item.holder)))
    if set(ordered) == set(effective(task, contact)):
        return task
    return replace(task, work_items=ordered)
