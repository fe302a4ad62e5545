"""Categories: what kind of work a task is. Only administrators change them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.category import Category
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.text import composed
from dragoman.usecases import preconditions
from dragoman.usecases.preconditions import OutOfRange
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

MOVED_AT_ONCE = 1_000
LAST_PLACE = 2**31 - 1  # clients with 32-bit numbers can't read more

_kept: set[int] = set()


def keep(numbers: Iterable[int]) -> None:
    """Refuse to delete these categories: a dialect shows them for tasks that have none (`Dialect.kept_categories`)."""
    _kept.clear()
    _kept.update(numbers)


class List(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: List) -> list[Category]:
    """The categories, by `sort_order`."""
    return uow.categories.all()


class Get(msgspec.Struct, frozen=True):
    category: int

    def keys(self) -> Keys:
        return Keys().also("category", [self.category], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Category:
    """NotFound when there is none."""
    return uow.categories.get(command.category)


class Create(msgspec.Struct, frozen=True):
    """Make a category. Without an order it comes last."""

    title: str
    fields: Mapping[str, Any] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # its title must be its own


def create(uow: UnitOfWork, command: Create) -> Category:
    """Conflict when another has the title."""
    require_admin(uow.principal)
    others = uow.categories.all()
    _check_title(command.title, others)
    fields = {"sort_order": next_place(others), **command.fields}
    return add(uow, title=command.title, **fields)


def next_place(others: Iterable[Category]) -> int:
    """The sort order after all others; at LAST_PLACE several categories may share it."""
    return min(max((other.sort_order for other in others), default=0) + 1, LAST_PLACE)


def add(uow: UnitOfWork, **fields: Any) -> Category:
    """Create a category with the next number. The command names `numbers={"category"}`."""
    number = uow.numbers.draw("category")
    return uow.categories.add(Category(tenant=uow.tenant, number=number, created_at=uow.now, **fields))


class Change(msgspec.Struct, frozen=True):
    """Change the given fields."""

    category: int
    fields: Mapping[str, Any] = {}
    out_of_range: OutOfRange | None = None

    def keys(self) -> Keys | Exclusive:
        return EXCLUSIVE if "title" in self.fields else Keys(categories={self.category})


def change(uow: UnitOfWork, command: Change) -> Category:
    """The changed category. Conflict when another has the title."""
    require_admin(uow.principal)
    category = uow.categories.get(command.category)
    preconditions.must_be_unchanged(category, command.out_of_range)
    after = replace(category, **command.fields)
    if after.title != category.title:
        _check_title(after.title, [other for other in uow.categories.all() if other.number != category.number])
    return category if after == category else uow.categories.save(after)


class Remove(msgspec.Struct, frozen=True):
    """Delete a category and move its tasks to `move_to`."""

    category: int
    move_to: int | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # its tasks are found by a condition


def remove(uow: UnitOfWork, command: Remove) -> Category:
    """The category before its deletion. Conflict for the last category, for one in `keep`, and for one with tasks
    without `move_to`."""
    require_admin(uow.principal)
    category = uow.categories.find(command.category, Lock.CHANGE) or uow.categories.get(command.category)
    if len(uow.categories.all()) == 1:
        raise Conflict("last_category", "This is the last category; tasks need one to choose.")
    if category.number in _kept:
        raise Conflict("default_category", "This category is shown for tasks that have none; it can't be deleted.")
    if category.task_count:
        _move(uow, category, command.move_to)
    _move_blueprints(uow, category, command.move_to)
    uow.categories.remove(category)
    return category


def _move(uow: UnitOfWork, category: Category, move_to: int | None) -> None:
    if move_to is None:
        message = f"The category has {category.task_count} tasks; name another category in move_to."
        raise Conflict("category_in_use", message, tasks=category.task_count)
    if move_to == category.number or uow.categories.find(move_to, Lock.CHANGE) is None:
        why = "names no other category"
        raise Invalid("bad_reference", f"move_to {why}.", (Problem("?move_to", "not_found", why),), status=409)
    if category.task_count > MOVED_AT_ONCE:
        message = f"The category has {category.task_count} tasks; at most {MOVED_AT_ONCE} are moved at once."
        raise Conflict("too_many_tasks", message, tasks=category.task_count)
    for task in uow.tasks.of_category(category.number, Lock.CHANGE):
        tasks.save(uow, task, replace(task, category=move_to))


def _move_blueprints(uow: UnitOfWork, category: Category, move_to: int | None) -> None:
    """Templates of tasks go to the category that tasks move to; where none is named, to the first one."""
    blueprints = uow.blueprints.of_category(category.number, Lock.CHANGE)
    if not blueprints:
        return
    others = [other.number for other in uow.categories.all() if other.number != category.number]
    successor = move_to if move_to in others else others[0]
    for blueprint in blueprints:
        uow.blueprints.save(replace(blueprint, category=successor))


class Shift(msgspec.Struct, frozen=True):
    """Move a category one place up or down in the order of all."""

    category: int
    is_up: bool

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # others move, too


def shift(uow: UnitOfWork, command: Shift) -> Category:
    """The category. At the end that it moves to nothing changes. NotFound when there is none."""
    require_admin(uow.principal)
    category = uow.categories.get(command.category)
    ordered = uow.categories.all()
    place = [each.number for each in ordered].index(category.number)
    target = place + (-1 if command.is_up else 1)
    if 0 <= target < len(ordered):
        ordered[place], ordered[target] = ordered[target], ordered[place]
        reorder(uow, ordered)
    return category


def _check_title(title: str, others: list[Category]) -> None:
    if any(composed(other.title) == composed(title) for other in others):
        raise Conflict("title_taken", f"There is a category {title} already.")


def find(uow: UnitOfWork, number: int | None) -> Category | None:
    """The category of this number."""
    return uow.categories.find(number) if number else None


def in_order(uow: UnitOfWork) -> list[Category]:
    """Every category, in order. The command is exclusive or reads."""
    return uow.categories.all()


def load(uow: UnitOfWork, numbers: Iterable[int]) -> list[Category]:
    """Load the categories that exist, with one statement."""
    wanted = sorted(set(numbers))
    uow.categories.load(list(wanted))
    return [category for number in wanted if (category := uow.categories.find(number)) is not None]


def reorder(uow: UnitOfWork, ordered: Iterable[Category]) -> None:
    """Number these categories from 0 in this order. Others keep their `sort_order`."""
    require_admin(uow.principal)
    for place, category in enumerate(ordered):
        if category.sort_order != place:
            uow.categories.save(replace(category, sort_order=place))
