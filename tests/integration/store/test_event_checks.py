"""`verify` compares the event log with history, both ways, and names the first fault."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.store import tables
from dragoman.store.maintenance import event_checks
from dragoman.store.maintenance.event_checks import EventWalk
from dragoman.store.maintenance.verification import verify
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

pytestmark = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
E = tables.event.c
HOUR = 3_600


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_checks, "PAGE", 3)


def make(world: World, count: int = 1) -> None:
    for _ in range(count):
        world.core(lambda uow: tasks.add(uow, title="x"))


def prioritise(world: World, number: int, priority: int) -> None:
    def run(uow: UnitOfWork) -> None:
        task = uow.tasks.get(number)
        tasks.save(uow, task, replace(task, priority=priority))

    world.core(run)


def count(world: World) -> int:
    return int(world.sql("SELECT count(*) FROM event")[0][0])


def execute(world: World, *statements: Any) -> None:
    world.is_lawful = False
    with world.app.store.engine.raw.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def fault(world: World) -> str | None:
    return verify(world.app.store.engine).broken


def last(world: World) -> int:
    return int(world.sql("SELECT max(sequence) FROM event")[0][0])


def drawn(value: int) -> sa.Update:
    return sa.update(tables.counter).where(tables.counter.c.name == "event").values(value=value)


def test_a_log_as_commands_write_it_fits(world: World) -> None:
    make(world, 5)
    world.clock.advance(-HOUR)  # a clock that was set right
    make(world, 4)
    prioritise(world, 1, 5)
    world.clock.advance(2 * HOUR)
    make(world, 3)
    report = verify(world.app.store.engine)
    assert (report.broken, report.events) == (None, count(world))


def renumbered(world: World, gone: int) -> list[Any]:
    """Take an event out and close the gap."""
    follow = [
        sa.update(tables.event).where(E.sequence == n).values(sequence=n - 1) for n in range(gone + 1, last(world) + 1)
    ]
    return [sa.delete(tables.event).where(E.sequence == gone), *follow, drawn(last(world) - 1)]


MISDEEDS: dict[str, tuple[Callable[[World], list[Any]], str]] = {
    "an event is taken out": (
        lambda _: [sa.delete(tables.event).where(E.sequence == 4)],
        "tenant 1, event 4: it is missing",
    ),
    "the end is cut off": (
        lambda world: [sa.delete(tables.event).where(E.sequence == last(world))],
        "tenant 1, event 11: it is missing",
    ),
    "the gap is closed": (lambda world: renumbered(world, 4), "tenant 1, task 3, revision 1: it has no event"),
    "the beginning is cut off": (
        lambda _: [sa.delete(tables.event).where(E.sequence <= 5)],
        "tenant 1, case 1, revision 1: it has no event",
    ),
    "all is gone": (lambda _: [sa.delete(tables.event)], "tenant 1, case 1, revision 1: it has no event"),
    "the counter is behind": (
        lambda world: [drawn(last(world) - 1)],
        "tenant 1, event 11: it is beyond the counter of the log",
    ),
    "the counter is ahead": (lambda world: [drawn(last(world) + 1)], "tenant 1, event 12: it is missing"),
    "a row of another revision": (
        lambda _: [sa.update(tables.event).where(E.sequence == 5).values(revision=9)],
        "tenant 1, event 5: task 4, revision 9 is not there",
    ),
    "other facts": (
        lambda _: [sa.update(tables.event).where(E.sequence == 5).values(operation="other")],
        "tenant 1, event 5: it differs from the history, task 4, revision 1",
    ),
    "another moment": (
        lambda _: [sa.update(tables.event).where(E.sequence == 5).values(at=E.at + 1)],
        "tenant 1, event 5: it differs from the history, task 4, revision 1",
    ),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_what_is_done_to_the_log_is_found(world: World, misdeed: str) -> None:
    make(world, 10)
    statements, wanted = MISDEEDS[misdeed]
    assert (last(world), fault(world)) == (11, None)
    execute(world, *statements(world))
    assert fault(world) == wanted


def test_a_row_with_two_events_is_found(world: World) -> None:
    make(world, 10)
    names = [column.name for column in tables.event.columns if column.name not in ("sequence", "uid")]
    again = sa.select(*(E[name] for name in names), sa.literal(last(world) + 1), sa.literal("other")).where(
        E.sequence == 4
    )
    inserted = sa.insert(tables.event).from_select([*names, "sequence", "uid"], again)
    execute(world, inserted, drawn(last(world) + 1))
    assert fault(world) == "tenant 1, event 12: task 3, revision 1 has two events"


class Busy:
    """A connection before each transaction of which a server does something."""

    def __init__(self, world: World, connection: sa.Connection, do: Callable[[World], None]) -> None:
        self._world, self._connection, self._do = world, connection, do
        self.begun = 0

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        self.begun += 1
        if self.begun < 40:
            self._do(self._world)
        with self._connection.begin():
            yield self._connection


def prune_a_little(world: World) -> None:
    """As the job does."""
    begins = world.sql("SELECT min(sequence), min(at) FROM event")[0]
    setting = tables.setting.c
    moved = (
        sa.update(tables.setting)
        .where(setting.name == "log_from", setting.tenant == 1)
        .values(value=str(begins[1] + 1))
    )
    execute(world, moved, sa.delete(tables.event).where(E.sequence == begins[0]))
    world.clock.advance(1)
    make(world)


@pytest.mark.parametrize("do", [make, prune_a_little])
def test_a_server_may_go_on_writing_and_pruning(world: World, do: Callable[[World], None]) -> None:
    for _ in range(20):
        world.clock.advance(1)
        make(world)
    with world.app.store.engine.reader() as connection:
        busy = Busy(world, connection, do)
        walk = EventWalk(busy.begin, 1)
        walk.run()
    assert busy.begun > 10
    assert walk.count > 20
