"""Tasks, with the category and the entity in them (page, 8.1, 8.3 and 8.4)."""

from typing import Any

from dragoman.dialects.onlyoffice_crm.views import TaskView
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_contact
from dragoman.dialects.onlyoffice_crm.wire.dates import print_date, shown, zone_of
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.domain.case import Case
from dragoman.domain.category import Category
from dragoman.domain.clock import Moment
from dragoman.domain.task import Task

ICONS = "/Products/CRM/App_Themes/default/images/"


def render_task(seen: TaskView, persons: Persons, *, in_list: bool = False) -> dict[str, Any]:
    """A task. In a list its category has no task count."""
    task, zone = seen.task, zone_of(seen.zone)
    members: dict[str, Any] = {"createBy": persons.of(seen.creator), "created": print_date(task.created_at, zone)}
    if seen.contact is not None:
        members["contact"] = render_contact(seen.contact, persons, in_task=True)
    members["title"] = shown_title(task)
    # Right after a create or update without it the vendor's object has null here, read from its table "".
    if task.description is not None or not seen.is_fresh:
        members["description"] = task.description or ""
    if task.due_at is not None:
        members["deadLine"] = print_date(task.due_at, zone)
    if task.remind_before_minutes:
        members["alertValue"] = task.remind_before_minutes
    members["responsible"] = persons.of(seen.responsible)
    if not task.is_open:
        members["isClosed"] = True
    if seen.category is not None:
        members["category"] = render_category(seen.category, persons, with_count=not in_list)
    if seen.entity is not None:
        members["entity"] = render_entity(seen.entity)
    if seen.can_edit:
        members["canEdit"] = True
    members["id"] = task.number
    return members


def shown_title(task: Task) -> str:
    """A task of another dialect may have no title; here it must have one, and goes by its name or id (page, 19)."""
    return task.label or str(task.number)


def shown_due(task: Task) -> Moment | None:
    """The deadline as printed."""
    return None if task.due_at is None else shown(task.due_at)


def render_category(category: Category, _: Persons, *, with_count: bool = True) -> dict[str, Any]:
    """A category; the number of its tasks and its place are left out when 0."""
    members: dict[str, Any] = {}
    if with_count and category.task_count:
        members["relativeItemsCount"] = category.task_count
    members |= {
        "imagePath": ICONS + category.icon,
        "title": category.title,
        "description": category.description,
        "color": "",
    }
    if category.sort_order:
        members["sortOrder"] = category.sort_order
    return members | {"id": category.number}


def render_entity(case: Case) -> dict[str, Any]:
    """The case or opportunity that a task belongs to."""
    return {"entityType": str(case.kind), "entityId": case.number, "entityTitle": case.title or ""}
