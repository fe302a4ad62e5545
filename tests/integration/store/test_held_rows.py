"""Rows that another transaction holds, as that of a frozen node, hold up only the works that need them (PostgreSQL)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg.errors
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys, Lock
from dragoman.domain.clock import uptime
from dragoman.domain.task import Task
from dragoman.store.engine.engines import Engine
from dragoman.store.store import STALLED_SECONDS
from dragoman.usecases import categories
from dragoman.usecases.categories import Remove
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.integration.store.test_lanes import LaneWorld, create


@pytest.fixture
def served(postgres_url: str) -> Iterator[LaneWorld]:
    running = LaneWorld(postgres_url)
    yield running
    running.close()


@contextmanager
def held(world: LaneWorld, table: str, condition: str) -> Iterator[None]:
    """Rows that a transaction holds until the end of the block."""
    with world.app.store.engine.raw.connect() as connection, connection.begin():
        connection.execute(sa.text(f"SELECT 1 FROM {table} WHERE {condition} FOR UPDATE"))
        yield


def rename(number: int) -> Any:
    def run(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        return tasks.save(uow, task, replace(task, title="renamed"))

    return run


def test_a_change_passes_creates_that_wait_for_the_counter(served: LaneWorld) -> None:
    number = served.do(create, Keys(numbers={"task"})).number
    with held(served, "counter", "name = 'task'"):
        creates = [served.send(create, Keys(numbers={"task"})) for _ in range(8)]
        assert served.do(rename(number), Keys(tasks={number})).title == "renamed"
        assert served.do(lambda uow: uow.tasks.find(number), EXCLUSIVE) is not None
        assert not any(one.future.is_set() for one in creates)
    assert all(one.future.wait(20) for one in creates)
    assert sorted(one.unwrap().number for one in creates) == list(range(number + 1, number + 9))


def test_a_change_passes_those_of_a_row_that_is_held(served: LaneWorld) -> None:
    first, second = (served.do(create, Keys(numbers={"task"})).number for _ in range(2))
    with held(served, "task", f"number = {first}"):
        waiting = [served.send(rename(first), Keys(tasks={first})) for _ in range(8)]
        for _ in range(3):
            assert served.do(rename(second), Keys(tasks={second})).title == "renamed"
        assert not any(one.future.is_set() for one in waiting)
    assert all(one.future.wait(20) for one in waiting)
    assert all(one.unwrap().title == "renamed" for one in waiting)


def test_a_work_that_waits_for_a_row_has_its_deadline(served: LaneWorld) -> None:
    number = served.do(create, Keys(numbers={"task"})).number
    with held(served, "task", f"number = {number}"):
        waiting = served.send(rename(number), Keys(tasks={number}))
        waiting.deadline = uptime()
        paused = threading.Event()
        for _ in range(200):
            if waiting in served.app.store.withdraw_due(uptime()):
                return
            paused.wait(0.05)
    raise AssertionError("the work was never withdrawn")


def test_a_transaction_that_stands_idle_is_ended(postgres_url: str) -> None:
    engine = Engine(postgres_url)
    with engine.lane_writer() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "5s"
    with engine.unhurried(engine.writer()) as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "0"


def test_a_commit_after_that_is_refused_for_certain_and_runs_again(
    served: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = served.app.store.engine.raw.dialect
    commit, errors = dialect.do_commit, [psycopg.errors.IdleInTransactionSessionTimeout()]

    def refuse(connection: Any) -> None:
        if errors:
            raise errors.pop()
        commit(connection)

    monkeypatch.setattr(dialect, "do_commit", refuse)
    assert served.do(create, Keys(numbers={"task"})).number == 1
    assert served.app.store.failure is None


def test_a_lane_that_stands_still_makes_the_server_not_ready(served: LaneWorld) -> None:
    store = served.app.store
    assert store.is_ready
    store._lanes[0].busy_since = uptime() - STALLED_SECONDS
    assert not store.is_ready
    store._lanes[0].busy_since = None
    assert store.is_ready


def test_a_category_is_deleted_beside_writers_of_its_tasks(served: LaneWorld) -> None:
    served.add("anna", admin=True)
    spare = served.do(lambda uow: uow.categories.all()[0].number, EXCLUSIVE)
    for turn in range(5):
        category = served.do(titled(f"Turn {turn}"), EXCLUSIVE)
        made = [served.do(filed(category), Keys(numbers={"task"}, categories={category})).number for _ in range(12)]
        others = Others(served, made, category)
        removed = served.send(removal(served, category, spare), EXCLUSIVE)
        others.until(removed.future)
        assert removed.unwrap().number == category


def titled(title: str) -> Any:
    return lambda uow: categories.add(uow, title=title).number


def removal(world: LaneWorld, category: int, spare: int) -> Any:
    """Delete a category as an administrator; its tasks go to another."""
    command = Remove(category, spare)
    return lambda uow: categories.remove(UnitOfWork(uow._overlay, world.people["anna"]), command)


def filed(category: int) -> Any:
    return lambda uow: tasks.add(uow, title="Call", category=category)


class Others:
    """Sixteen changes of tasks at any time, and new tasks in the category."""

    def __init__(self, world: LaneWorld, numbers: list[int], category: int) -> None:
        self._world, self._numbers, self._category = world, numbers, category
        self._sent = [self._next(index) for index in range(16)]

    def _next(self, index: int) -> Any:
        number = self._numbers[index % len(self._numbers)]
        if index % 8 == 7:
            keys = Keys(numbers={"task"}, categories={self._category})
            return self._world.send(self._create, keys)
        return self._world.send(prioritise(number, index), Keys(tasks={number}, owners={"category": Lock.CHANGE}))

    def _create(self, uow: UnitOfWork) -> Task | None:
        there = uow.categories.find(self._category, Lock.CHANGE)
        return None if there is None else tasks.add(uow, title="Call", category=self._category)

    def until(self, ended: threading.Event) -> None:
        turn = 16
        while not ended.is_set():
            one = self._sent.pop(0)
            assert one.future.wait(20)
            one.unwrap()
            self._sent.append(self._next(turn))
            turn += 1
        for one in self._sent:
            assert one.future.wait(20)


def prioritise(number: int, priority: int) -> Any:
    def run(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        return tasks.save(uow, task, replace(task, priority=priority))

    return run
