"""Whichever way a look chooses, a list has the same tasks in the same order, and a count is the same."""

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.task import Kind, State
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem
from dragoman.store.repositories import task_looks
from dragoman.store.repositories.task_filters import Between, TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.sizes import sized
from tests.support.world import NOON, World

BOTH = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
HOLDERS = ("anna", "group:a", "group:b", EVERYBODY, "somebody else")
READERS = (
    Principal(1, "anna", "anna", groups=frozenset({"a", "b"})),
    Principal(1, "bert", "bert"),
    Principal(1, "carl", "carl", is_reviewer=True),
)
FILTERS = (
    TaskFilter(),
    TaskFilter(is_open=True),
    TaskFilter(is_overdue=True),
    TaskFilter(is_overdue=True, assignee="anna"),
    TaskFilter(states=(State.READY,), unassigned=True),
    TaskFilter(creator="anna", is_open=True),
    TaskFilter(category=1, priority=3),
    TaskFilter(case=1, type="b"),
    TaskFilter(contacts=(1, 2)),
    TaskFilter(due_to=Moment(NOON + 5), is_open=False),
    TaskFilter(between=(Between("created", low=NOON + 2),)),
    TaskFilter(words=("call",)),
    TaskFilter(words=("ca", "roof")),
    TaskFilter(words=("ca", "nothing")),
    TaskFilter(parent=1),
    TaskFilter(none_of=(TaskFilter(assignee="anna"),), words=("roof",)),
)
ORDERS = (
    (),
    (Sort("due"),),
    (Sort("due", descending=True), Sort("priority"), Sort("created", descending=True)),
    (Sort("due"), Sort("priority", descending=True), Sort("created")),
    (Sort("priority", descending=True),),
    (Sort("created"),),
    (Sort("title"),),
)
WAYS = (
    {"MOST": 0, "MOST_NAMED": 0, "SAMPLE": 2},
    {"MOST": 1_000, "MOST_NAMED": 1_000, "DENSE": 1_000_000},
    {"MOST": 3, "MOST_NAMED": 6, "DENSE": 1, "SAMPLE": 1_000},
    {"SPELLED": 0, "MOST": 0},
)


ORDERS_OF_EACH = sized((0,), (0, 3))
"""How far along the orders that each list is asked for in are."""


def fill(uow: UnitOfWork) -> None:
    for at in range(48):
        holder = HOLDERS[at % 5]
        task = tasks.add(
            uow,
            title=("Call about a roof", "calls", "roof", None, "A cat on a roof")[at % 5],
            due_at=(None, Moment(NOON - 5), Moment(NOON + 5), Moment(NOON - 7))[at % 4],
            priority=(None, 0, 3)[at % 3],
            category=(None, 1)[at % 2],
            contact=(None, None, 2)[at % 3],
            assignee=(None, "anna", None, "bert")[at % 4],
            creator=("anna", "carl", "dora")[at % 3],
            type=(None, "b")[at % 2],
            parent=1 if at in (7, 8) else None,
            work_items=(WorkItem((Role.POTENTIAL_OWNER, Role.READER)[at % 2], holder),) if at % 3 else (),
        )
        ended = replace(task, state=State.COMPLETED, completed_at=NOON) if at % 6 == 5 else task
        batch = replace(ended, kind=Kind.BATCH) if at % 16 == 15 else ended
        uow.tasks.save(replace(batch, created_at=Moment(NOON + at % 3)))


def found(uow: UnitOfWork, wanted: TaskFilter, sorts: tuple[Sort, ...]) -> list[int]:
    """All of a list, in pages of eleven."""
    numbers: list[int] = []
    after: Any = None
    while True:
        page = uow.tasks.row_page(wanted, sorts, limit=11, after=after)
        numbers += [task.number for task in page]
        if len(page) < 11:
            return numbers
        after = uow.tasks.sort_values(page[-1], sorts)


def everything(world: World) -> list[Any]:
    """What all lists and counts have."""

    def look(uow: UnitOfWork) -> list[Any]:
        asked = [
            replace(wanted, visible_to=who, claimable_by=who if wanted.unassigned else None)
            for who, wanted in itertools.product(READERS, FILTERS)
        ]
        orders = [(asked[at], ORDERS[(at + more) % len(ORDERS)]) for more in ORDERS_OF_EACH for at in range(len(asked))]
        lists = [found(uow, wanted, sorts) for wanted, sorts in orders]
        counts = [uow.tasks.bounded_counts([wanted], most)[0] for wanted in asked[16:32] for most in (4, 40)]
        return [lists, counts]

    return world.read(look)  # type: ignore[no-any-return]


@BOTH
def test_all_ways_lead_to_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(fill, EXCLUSIVE)
    world.clock.advance(1)
    with monkeypatch.context() as patch:
        patch.setattr(task_looks, "look_of", lambda *_arguments: None)
        without = everything(world)
    assert sum(map(len, without[0])) > 500

    for way in WAYS:
        with monkeypatch.context() as patch:
            task_looks.look_of.cache_clear()
            for name, value in way.items():
                patch.setattr(task_looks, name, value)
            assert everything(world) == without, way
    task_looks.look_of.cache_clear()
