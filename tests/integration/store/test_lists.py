"""Lists page by page: every order, either way, the same tasks once each, whatever is equal or missing."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.clock import Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.extension import Extension
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_pages import LENGTHS
from dragoman.store.repositories.task_sorts import OF_THE_TASK, SORTS, Sort, SortKey
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.identity import adding
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

LOGINS = ("anna", "bert")


def furnish(uow: UnitOfWork) -> None:
    """Two of each value, in an order that no sort has; some have none."""
    for number, login in enumerate(LOGINS):
        adding.add_user(uow, adding.AddUser(login, display_name=f"{login} B", uid=f"0000000{number}"))
    contacts.add(uow, ContactKind.PERSON, first_name="Ilze", last_name=None)
    contacts.add(uow, ContactKind.COMPANY, company_name="Äpfel")
    contacts.add(uow, ContactKind.COMPANY, company_name=None)
    for at in range(14):
        task = tasks.add(
            uow,
            title=(None, "b", "a", "", "Z", "ä", "a")[at % 7],
            due_at=(None, Moment(5), Moment(-5), Moment(5))[at % 4],
            priority=(None, 0, 3)[at % 3],
            category=(None, 2, 1)[at % 3],
            contact=(None, 2, 1, 3, 99)[at % 5],
            assignee=(None, "00000001", "00000000", "nobody")[at % 4],
            type=(None, "b", "a")[at % 3],
        )
        if at % 5 == 4:
            task = tasks.save(uow, task, replace(task, state=State.COMPLETED))
        uow.tasks.save(replace(task, created_at=Moment(at % 3)))


def pages(uow: UnitOfWork, sorts: tuple[Sort, ...], size: int) -> list[Task]:
    found: list[Task] = []
    after: tuple[Any, ...] | None = None
    while True:
        page = uow.tasks.page(TaskFilter(), sorts, limit=size, after=after)
        if not page:
            return found
        found += page
        after = uow.tasks.sort_values(page[-1], sorts)


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_pages_put_together_are_the_list(world: World) -> None:
    world.write(furnish, EXCLUSIVE)

    def compare(uow: UnitOfWork) -> None:
        for key in get_args(SortKey):
            for descending in (False, True):
                for second in ((), (Sort("priority", not descending),)):
                    sorts = (Sort(key, descending), *second)
                    whole = [task.number for task in uow.tasks.page(TaskFilter(), sorts, limit=100)]
                    assert sorted(whole) == list(range(1, 15))
                    for size in (1, 4):
                        assert [task.number for task in pages(uow, sorts, size)] == whole, sorts

    world.read(compare)


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_a_cursor_made_of_the_task_is_that_of_the_table(world: World) -> None:
    world.write(furnish, EXCLUSIVE)

    assert OF_THE_TASK.keys() <= SORTS.keys()

    def compare(uow: UnitOfWork) -> None:
        for task in uow.tasks.page(TaskFilter(), (), limit=100):
            compare_one(uow, task)

    world.read(compare)


def compare_one(uow: UnitOfWork, task: Task) -> None:
    """The table's own values, asked for through a key that a task alone doesn't tell."""
    keys = tuple(OF_THE_TASK)
    sorts = (*(Sort(key) for key in keys), Sort("contact"))  # type: ignore[arg-type]
    *kept, _contact, number = uow.tasks.sort_values(task, sorts)
    assert tuple(kept) == tuple(OF_THE_TASK[key](task) for key in keys)
    assert number == task.number


TEXTS = ('"\\/\b\f\n\r\t\x01\x7f', "\u2028 \U0001f600 \ud7ff\uffff", "null", "1", "{}", "", "ä" * 3_000)
EDGES = (-(2**63), 2**63 - 1, 0, 2**53 + 1)


def fill(uow: UnitOfWork) -> None:
    """Tasks with whatever a column can hold."""
    for text in TEXTS:
        items = (WorkItem(Role.READER, "*"), WorkItem(Role.EDITOR, text))
        tasks.add(uow, title=text, properties={text: text, "k": "v"}, work_items=items)
    for edge in EDGES:
        task = tasks.add(uow, due_at=Moment(edge), extras={"odd": {"n": edge, "f": 1.5e300, "t": [True, None]}})
        box = {"box": Extension("Box", '{ "w":1.50 , "ä" : "\\u00e4"}')}
        uow.tasks.save(replace(task, suspended=True, read=True, extensions=box, extension_count=1))


def reading(wanted: TaskFilter, limit: int) -> Callable[[UnitOfWork], list[Task]]:
    def read(uow: UnitOfWork) -> list[Task]:
        return uow.tasks.page(wanted, (), limit=limit)

    return read


@pytest.mark.parametrize("world", ["sqlite", "postgresql", "sqlite-40001", "postgresql-40001"], indirect=True)
def test_a_page_shows_of_each_task_what_is_kept_of_it(world: World) -> None:
    world.write(fill, EXCLUSIVE)

    def pages(*wanted: TaskFilter) -> list[Task]:
        """A page, which is the same however it is found."""
        short: list[Task]
        short, *others = [world.read(reading(one, limit)) for one in wanted for limit in (LENGTHS[2], LENGTHS[2] + 1)]
        assert all(other == short for other in others)
        return short

    def by_key(uow: UnitOfWork) -> list[Task]:
        return [uow.tasks.get(task.number) for task in short]

    assert pages(TaskFilter(assignee="nobody"), TaskFilter(category=99), TaskFilter(case=99)) == []
    short = pages(TaskFilter(), TaskFilter(created_from=Moment(0)), TaskFilter(unassigned=True, is_open=True))
    assert short == world.read(by_key)
    assert [task.title for task in short[: len(TEXTS)]] == list(TEXTS)
    assert [task.due_at for task in short[len(TEXTS) :]] == list(EDGES)
    assert all(type(task.read) is bool and type(task.state) is State for task in short)
