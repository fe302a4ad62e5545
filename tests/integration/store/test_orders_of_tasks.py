"""Lists by title and by moment of change, along their indexes: the same as sorting all that a reader sees."""

import itertools
import random
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem
from dragoman.store.repositories import task_looks
from dragoman.store.repositories.task_filters import Between, TaskFilter
from dragoman.store.repositories.task_sorts import OF_THE_TASK, Sort
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

BOTH = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
TASKS = 70
LONG = "long " * 100
HOUR = 36_000_000_000
TITLES = (None, "", "A", "a", "Ä", "b", "zz", "\U0001f600", "\uffff", LONG, LONG + "a", LONG + "b", LONG[:-1])
MOMENTS = tuple(Moment(NOON + more) for more in (-30 * HOUR, -HOUR, -HOUR - 1, -1, 0, 1, 2, 5, HOUR))
READERS = (
    None,
    Principal(1, "anna", "anna", groups=frozenset({"a"})),
    Principal(1, "bert", "bert"),
)
FILTERS = (
    TaskFilter(),
    TaskFilter(is_open=True),
    TaskFilter(is_open=False),
    TaskFilter(states=(State.READY, State.COMPLETED)),
    TaskFilter(is_overdue=True),
    TaskFilter(unassigned=True, states=(State.READY,)),
    TaskFilter(is_open=True, assignee="anna"),
    TaskFilter(is_open=True, words=("long",)),
    TaskFilter(modified_from=MOMENTS[3]),
    TaskFilter(is_open=True, modified_from=MOMENTS[2], modified_to=MOMENTS[5]),
    TaskFilter(is_open=True, between=(Between("modified", low=MOMENTS[3], high=MOMENTS[6]),)),
    TaskFilter(modified_to=MOMENTS[4], is_open=False),
    TaskFilter(kind="batch"),
    TaskFilter(category=1),
)
ORDERS = tuple(
    (Sort(key, descending), *more)
    for key in ("title", "modified")
    for descending in (False, True)
    for more in ((), (Sort("due"),))
)


def fill(uow: UnitOfWork) -> None:
    chance = random.Random(55)
    for private in (False, True):
        contacts.add(uow, ContactKind.PERSON, first_name="Ivo", is_private=private, shared_with=("anna",))
    for at in range(TASKS):
        holder = chance.choice(("anna", "bert", "group:a", EVERYBODY, "somebody else"))
        task = tasks.add(
            uow,
            title=chance.choice(TITLES),
            name=chance.choice((None, "n", "A")),
            assignee=chance.choice((None, None, "anna", "bert")),
            due_at=chance.choice((None, Moment(NOON - 5), Moment(NOON + 5))),
            expires_at=chance.choice((None, None, None, Moment(NOON + 1))),
            category=chance.choice((None, 1)),
            contact=chance.choice((None, None, 1, 2)),
            work_items=(WorkItem(chance.choice((Role.POTENTIAL_OWNER, Role.READER)), holder),) if at % 3 else (),
        )
        if at % 4 == 3:
            task = replace(task, state=chance.choice((State.COMPLETED, State.FAILED)), completed_at=NOON)
        uow.tasks.save(replace(task, kind=Kind.BATCH) if at % 17 == 16 else task)


def settle(uow: UnitOfWork) -> None:
    """Set moments of change as imports do, and mark some tasks as removed."""
    chance = random.Random(56)
    for number in range(1, TASKS + 1):
        moved = replace(uow.tasks.get(number), modified_at=chance.choice(MOMENTS))
        uow.tasks.save(replace(moved, removed_at=NOON) if number % 19 == 0 else moved)


def pages(uow: UnitOfWork, wanted: TaskFilter, sorts: tuple[Sort, ...], limit: int) -> list[Task]:
    """All of a list, page by page."""
    found: list[Task] = []
    after: Any = None
    while True:
        page = uow.tasks.row_page(wanted, sorts, limit=limit, after=after)
        found += page
        if len(page) < limit:
            return found
        after = uow.tasks.sort_values(page[-1], sorts)


def in_order(found: list[Task], sorts: tuple[Sort, ...]) -> list[Task]:
    for sort in (Sort("number", sorts[-1].descending), *reversed(sorts)):
        found = sorted(found, key=OF_THE_TASK[sort.key], reverse=sort.descending)
    return found


def check(uow: UnitOfWork) -> int:
    """Each reader's list of each filter, in two of the orders."""
    chance, rows = random.Random(57), 0
    for who, wanted in itertools.product(READERS, FILTERS):
        asked = wanted if who is None else replace(wanted, visible_to=who)
        seen = pages(uow, asked, (), 1_000)
        rows += len(seen)
        for sorts in chance.sample(ORDERS, 2):
            found = [task.number for task in pages(uow, asked, sorts, 11)]
            assert found == [task.number for task in in_order(seen, sorts)], (who, wanted, sorts)
    return rows


@BOTH
@pytest.mark.parametrize("way", [{}, {"MOST": 0}, {"MOST": 20, "DENSE": 1}], ids=str)
def test_they_are_as_if_all_were_sorted(world: World, way: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(fill, EXCLUSIVE)
    world.write(settle, EXCLUSIVE)
    world.clock.advance(1)
    task_looks.look_of.cache_clear()
    for name, value in way.items():
        monkeypatch.setattr(task_looks, name, value)
    assert world.read(check) > 500
    task_looks.look_of.cache_clear()
