"""Task categories: reading them, and what only administrators may do (page, 11)."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Request
from dragoman.dialects.kit.changes import changed
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.access import require_admin
from dragoman.domain.category import Category
from dragoman.domain.text import composed
from dragoman.usecases import categories
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork

LONGEST_TITLE = 255
MOST_TITLES = 1_000
IN_USE = "Can't be {}. There are some tasks with this category."
LAST = "The last task category cannot be deleted"
DEFAULT = "The task category of tasks without one cannot be deleted"


class Show(msgspec.Struct, frozen=True):
    """One category, or all (None). `default` counts the tasks that have none."""

    number: int | None
    default: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # tasks without a category are found by a condition


def parse_list(options: Options, request: Request) -> Show:
    """GET crm/task/category."""
    return Show(None, options.default_category)


def list_all(uow: UnitOfWork, command: Show) -> list[Category]:
    """In the order that people gave them."""
    return [counted(uow, category, command.default) for category in categories.in_order(uow)]


def parse_one(options: Options, request: Request) -> Show:
    """GET crm/task/category/{categoryid}. Invalid when it is 0."""
    number = gather(request).integer("categoryid")
    if number == 0:
        raise bad_argument("categoryid", "required")
    return Show(number, options.default_category)


def get(uow: UnitOfWork, command: Show) -> Category:
    """NotFound when there is none."""
    return counted(uow, categories.get(uow, categories.Get(command.number or 0)), command.default)


def counted(uow: UnitOfWork, category: Category, default: int) -> Category:
    """The category with the number of tasks that show it. The command is exclusive, or reads."""
    if category.number != default:
        return category
    count = task_lists.count(uow, TaskFilter(category=default, or_no_category=True))
    return replace(category, task_count=count)


class Change(msgspec.Struct, frozen=True):
    """Anything that is done to the categories; `number` is 0 where the path names none."""

    number: int = 0
    default: int = 0
    title: str | None = None
    description: str | None = None
    icon: str | None = None
    order: int = 0
    titles: tuple[str, ...] = ()
    successor: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # titles are looked up, tasks are found by a condition


def parse_create(request: Request) -> Change:
    """POST crm/task/category."""
    parameters = gather(request)
    title, description = parameters.text("title"), parameters.text("description")
    icon, order = parameters.text("imageName"), parameters.integer("sortOrder")
    return Change(title=title, description=description, icon=icon, order=order)


def parse_update(options: Options, request: Request) -> Change:
    """PUT crm/task/category/{id}, and its icon."""
    parameters = gather(request)
    number, title = parameters.integer("id"), parameters.text("title")
    description, icon = parameters.text("description"), parameters.text("imageName")
    return Change(number, options.default_category, title, description, icon)


def parse_reorder(request: Request) -> Change:
    """PUT crm/task/category/reorder."""
    titles = gather(request).values("titles")
    if len(titles) > MOST_TITLES:
        raise bad_argument("titles", f"more than {MOST_TITLES}")
    return Change(titles=tuple(titles))


def parse_delete(options: Options, request: Request) -> Change:
    """DELETE crm/task/category/{categoryid}."""
    parameters = gather(request)
    number, successor = parameters.integer("categoryid"), parameters.integer("newcategoryid")
    return Change(number, options.default_category, successor=successor)


def create(uow: UnitOfWork, command: Change) -> Category:
    """The new category. If the title exists, nothing is stored and the reply has the existing id with the sent
    values."""
    require_admin(uow.principal)
    others = categories.in_order(uow)
    wanted = composed(command.title or "")
    known = next((other for other in others if wanted and composed(other.title) == wanted), None)
    if known is not None:
        icon = file_name(command.icon or "")
        return _posted(replace(known, description=command.description or "", icon=icon, task_count=0), command)
    title, icon = _title(command), _icon(command)
    order = command.order or categories.next_place(others)
    made = categories.add(uow, title=title, description=command.description or "", icon=icon, sort_order=order)
    return _posted(made, command)


def _posted(category: Category, command: Change) -> Category:
    return replace(category, sort_order=command.order)


def update(uow: UnitOfWork, command: Change) -> Category:
    """Title, description and icon replaced, absent ones cleared. Invalid while tasks are in the category."""
    require_admin(uow.principal)
    if command.number == 0:
        raise bad_argument("id", "required")
    title = _title(command)
    category = counted(uow, _found(uow, command.number), command.default)
    sent: dict[str, Any] = {"title": title, "description": command.description or ""}
    sent["icon"] = file_name(command.icon or "")
    fields = changed(sent, {name: getattr(category, name) for name in sent})
    if not fields:
        return category
    if category.task_count:
        raise bad_argument("id", "in use", IN_USE.format("edited"))
    return categories.change(uow, categories.Change(command.number, fields))


def set_icon(uow: UnitOfWork, command: Change) -> Category:
    """Another icon, also while tasks are in the category."""
    require_admin(uow.principal)
    if command.number == 0:
        raise bad_argument("id", "required")
    icon = _icon(command)
    return categories.change(uow, categories.Change(_found(uow, command.number).number, {"icon": icon}))


def reorder(uow: UnitOfWork, command: Change) -> list[Category]:
    """The categories of these titles in this order, their places still the old ones. Others keep theirs."""
    require_admin(uow.principal)
    by_title = {composed(category.title): category for category in categories.in_order(uow)}
    titles = [composed(title) for title in command.titles]
    unknown = next((title for title in titles if title not in by_title), None)
    if unknown is not None:
        raise not_found()
    ordered = [by_title[title] for title in dict.fromkeys(titles)]
    categories.reorder(uow, ordered)
    return ordered


def delete(uow: UnitOfWork, command: Change) -> Category:
    """The category as it was, once its tasks went to another."""
    require_admin(uow.principal)
    if command.number == 0:
        raise bad_argument("categoryid", "required")
    if command.successor < 0:
        raise bad_argument("newcategoryid", "negative")
    category = _found(uow, command.number)
    if len(categories.in_order(uow)) == 1:
        raise bad_argument("categoryid", "last", LAST)
    if command.number == command.default:
        raise bad_argument("categoryid", "default", DEFAULT)
    if category.task_count:
        _check_successor(uow, command)
    removed = categories.remove(uow, categories.Remove(command.number, command.successor or None))
    return replace(removed, task_count=0)  # its tasks had left it when the vendor made the answer (page, 16.14)


def _check_successor(uow: UnitOfWork, command: Change) -> None:
    if command.successor == command.number:
        raise bad_argument("newcategoryid", "the same", IN_USE.format("deleted"))
    if command.successor == 0:
        raise bad_argument("newcategoryid", "required")
    if categories.find(uow, command.successor) is None:
        raise bad_argument("newcategoryid", "unknown")


def _found(uow: UnitOfWork, number: int) -> Category:
    category = categories.find(uow, number)
    if category is None:
        raise not_found()
    return category


def _title(command: Change) -> str:
    if not command.title:
        raise bad_argument("title", "required")
    if len(command.title) > LONGEST_TITLE:
        raise bad_argument("title", f"longer than {LONGEST_TITLE} characters")
    return command.title


def _icon(command: Change) -> str:
    icon = file_name(command.icon or "")
    if not icon:
        raise bad_argument("imageName", "required")
    return icon


def file_name(icon: str) -> str:
    """Only the file name of a path is kept."""
    name = icon[max(icon.rfind("/"), icon.rfind("\\")) + 1 :]
    if len(name) > LONGEST_TITLE:
        raise bad_argument("imageName", f"longer than {LONGEST_TITLE} characters")
    return name
