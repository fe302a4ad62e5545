"""One order of locks in all transactions (PostgreSQL): no two of them ever wait for each other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys, Lock
from dragoman.domain.task import Task
from dragoman.store.engine.driver import CURSOR
from dragoman.store.unit.loading import RANKS
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

LOCKING = re.compile(r'FROM "?(\w+)"?[\s,].*FOR (?:UPDATE|SHARE)', re.DOTALL)


class Listener:
    """Collects the tables whose rows each transaction locks, in order, and faults of that order."""

    def __init__(self, engine: sa.Engine) -> None:
        self.faults: list[list[str]] = []
        self.locked: list[str] = []
        sa.event.listen(engine, "begin", lambda _connection: self.locked.clear())
        sa.event.listen(engine, "connect", self._connected)

    def hear(self, statement: str) -> None:
        found = LOCKING.search(statement)
        if found is None or "WHERE false" in statement:  # that one locks no row: it shows that somebody writes
            return
        self.locked.append(found[1])
        ranks = [RANKS[name] for name in self.locked]
        if ranks != sorted(ranks):
            self.faults.append(list(self.locked))

    def _connected(self, connection: Any, record: Any) -> None:
        record.info[CURSOR] = Heard(connection.cursor(), self)


class Heard:
    """A driver's cursor whose statements are listened to."""

    def __init__(self, cursor: Any, listener: Listener) -> None:
        self._cursor = cursor
        self._listener = listener

    def execute(self, text: str, values: Any) -> Any:
        self._listener.hear(text)
        return self._cursor.execute(text, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@pytest.fixture
def world(postgres_url: str) -> Iterator[World]:
    world = World(postgres_url)
    yield world
    world.close()


@pytest.fixture
def listener(world: World) -> Listener:
    world.add("anna", admin=True)
    for transactions in (*world._lanes.values(), *world.app.store._own.values()):
        transactions.close()
    return Listener(world.app.store.engine.raw)


def create(world: World, **fields: Any) -> Any:
    status, made = world.native("anna", "POST", "/v1/tasks", {"title": "Call", **fields})
    assert status == 201, made
    return made


def done(reply: Any) -> Any:
    status, content = reply
    assert status in (200, 201, 204), content
    return content


def test_all_faces_lock_rows_in_one_order(world: World, listener: Listener) -> None:
    def call(method: str, target: str, content: Any = None) -> Any:
        return done(world.native("anna", method, target, content))

    contact = call("POST", "/v1/contacts", {"kind": "person", "last_name": "Ames"})["number"]
    case = call("POST", "/v1/cases", {"title": "Move", "kind": "opportunity"})["number"]
    one, two = (call("POST", "/v1/categories", {"title": title})["number"] for title in ("Inspection", "Telegram"))
    made = [create(world, contact=contact, case=case, category=number)["id"] for number in (one, two, one, two)]
    for task, category in zip(made, (two, one, two, one), strict=True):
        call("PATCH", f"/v1/tasks/{task}", {"category": category})
        call("POST", f"/v1/tasks/{task}/claim")
    call("POST", f"/v1/tasks/{made[0]}/finish")
    call("PATCH", f"/v1/tasks/{made[0]}", {"contact": None})
    call("DELETE", f"/v1/tasks/{made[1]}")
    deleted = world.ask("anna", "DELETE", f"/api/2.0/crm/task/category/{one}?newcategoryid={two}")
    assert deleted.status == 200, deleted.body
    call("DELETE", f"/v1/cases/{case}?with_tasks=true")
    call("DELETE", f"/v1/contacts/{contact}")
    assert len(listener.locked) > 0
    assert listener.faults == []


def test_an_exclusive_command_locks_what_it_finds_in_order(world: World, listener: Listener) -> None:
    category, task = world.native("anna", "POST", "/v1/categories", {"title": "Inspection"})[1], create(world)

    def run(uow: UnitOfWork) -> Task:
        uow.categories.find(category["number"], Lock.CHANGE)
        found = uow.tasks.find(task["number"], Lock.CHANGE)
        assert found is not None
        return tasks.save(uow, found, replace(found, title="renamed"))

    assert world.write(run, EXCLUSIVE).title == "renamed"
    assert listener.locked[:2] == ["task", "category"]


def test_a_row_that_changed_since_it_was_read_is_locked_first_and_read_again(world: World, listener: Listener) -> None:
    task = create(world)
    runs = []

    def run(uow: UnitOfWork) -> Task:
        found = uow.tasks.get(task["number"])
        runs.append(found.title)
        if len(runs) == 1:  # another node changes it meanwhile
            world.native("anna", "PATCH", f"/v1/tasks/{task['id']}", {"title": "changed"})
        return tasks.save(uow, found, replace(found, priority=7))

    saved = world.write(run, EXCLUSIVE)
    assert runs == ["Call", "changed"]
    assert (saved.title, saved.priority) == ("changed", 7)


def test_tasks_named_by_number_and_by_id_are_locked_in_one_order(world: World, listener: Listener) -> None:
    first, second = create(world), create(world)
    seen: list[str] = []
    hear = listener.hear

    def note(statement: str) -> None:
        seen.append(statement)
        hear(statement)

    listener.hear = note  # type: ignore[method-assign]
    world.write(lambda uow: None, Keys(tasks={second["number"], first["id"]}))
    assert sum("FROM task" in statement and "FOR UPDATE" in statement for statement in seen) == 1
