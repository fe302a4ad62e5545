"""The log of several commands and writers: an event for each change that was committed, in the order of the commits."""

import threading
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys, Lock
from dragoman.domain.errors import Conflict
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support import event_laws
from tests.support.world import World

WRITERS = 4
GROUPS = 25


def prioritise(number: int, priority: int, uow: UnitOfWork) -> None:
    task = uow.tasks.get(number)
    tasks.save(uow, task, replace(task, priority=priority))


def announce(uow: UnitOfWork, number: int) -> None:
    uow.announce("webhook.test", "webhook", f"w{number}", "", webhook=f"w{number}", reason="")


def log(world: World) -> list[tuple[str, str, int | None]]:
    """Type, subject and revision, but for what the world began with."""
    rows = world.sql("SELECT type, subject, revision FROM event WHERE entity <> 'case' ORDER BY sequence")
    return [tuple(row) for row in rows]


def furnished(world: World, count: int) -> list[str]:
    """Subjects of new tasks."""
    world.core(lambda uow: [tasks.add(uow, title="x") for _ in range(count)])
    return [subject for _, subject, _ in log(world)]


def held(*numbers: int) -> Keys:
    return Keys().also("task", list(numbers), Lock.CHANGE)


def good(uow: UnitOfWork) -> None:
    prioritise(1, 5, uow)
    announce(uow, 1)


def poisoned(uow: UnitOfWork) -> None:
    prioritise(2, 5, uow)
    announce(uow, 2)
    raise ValueError("a bug")


def refused(uow: UnitOfWork) -> None:
    prioritise(3, 5, uow)
    announce(uow, 3)
    raise Conflict("no", "No.")


def unannounced(uow: UnitOfWork) -> None:
    """Needs a row that its keys don't name: the whole group runs again."""
    announce(uow, 4)
    prioritise(4, 5, uow)


def with_attempts(uow: UnitOfWork) -> None:
    for number in (5, 6):
        try:
            with uow.attempt() as part:
                prioritise(number, 5, part)
                announce(part, number)
                if number == 5:
                    raise Conflict("no", "No.")
        except Conflict:
            continue


def repeated(uow: UnitOfWork) -> None:
    """Changes nothing: the group's first command has done it."""
    prioritise(1, 5, uow)


def exclusively(uow: UnitOfWork) -> None:
    """Needs a set: it runs again alone, behind the others."""
    prioritise(7, 5, uow)
    announce(uow, 7)
    uow.must_be_exclusive()


def test_a_group_writes_the_events_of_the_commands_that_succeeded(world: World) -> None:
    subject = ["", *furnished(world, 7)]
    known = len(log(world))
    all_ = held(1, 2, 3, 5, 6)
    unnamed = world.work(unannounced, Keys())
    last = world.work(exclusively, held(7))
    works = [world.work(run, all_) for run in (good, poisoned, refused, with_attempts, repeated)]
    outcomes = world.group(*works, unnamed, last)
    for _ in range(50):  # a client comes again while the database is busy
        if not any(getattr(each, "code", "") == "database_busy" for each in outcomes):
            break
        outcomes = [
            world.group(work)[0] if getattr(each, "code", "") == "database_busy" else each
            for work, each in zip([*works, unnamed, last], outcomes, strict=True)
        ]
    found = log(world)[known:]
    wanted = [
        *(("task.changed", subject[1], 2), ("webhook.test", "webhooks/w1", None)),
        *(("task.changed", subject[6], 2), ("webhook.test", "webhooks/w6", None)),
        *(("task.changed", subject[4], 2), ("webhook.test", "webhooks/w4", None)),
        *(("task.changed", subject[7], 2), ("webhook.test", "webhooks/w7", None)),
    ]
    assert sorted(found, key=str) == sorted(wanted, key=str)
    event_laws.check(world.sql)


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_an_exclusive_command_that_fails_after_a_query_writes_none(world: World) -> None:
    furnished(world, 2)
    known = log(world)

    def fail(uow: UnitOfWork) -> None:
        prioritise(1, 5, uow)
        announce(uow, 1)
        uow.jobs.due(uow.now, limit=1)  # what was changed is written
        raise ValueError("a bug")

    [outcome] = world.group(world.work(fail, EXCLUSIVE))
    assert isinstance(outcome, ValueError)
    assert log(world) == known


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_a_reader_never_sees_an_event_appear_below_one_that_it_has_read(world: World) -> None:
    """Whatever is committed when, what is there is dense: no event is missing that a later reader would find."""
    furnished(world, 20)
    is_over = threading.Event()
    seen: list[list[int]] = []
    failures: list[Any] = []

    def look() -> None:
        while not is_over.is_set() or len(seen) < 2:  # on a busy machine the writers may be first
            seen.append([row[0] for row in world.sql("SELECT sequence FROM event WHERE tenant = 1 ORDER BY sequence")])

    def write(lane: int) -> None:
        transactions = world.app.store._transactions(writes=True, lane=True)
        for turn in range(GROUPS):
            numbers = [1 + (lane * 7 + turn * 3 + step) % 20 for step in range(3)]
            works = [
                world.work(partial(prioritise, number, 1 + turn % 9), held(number), operation="patch")
                for number in numbers
            ]
            works.append(world.work(lambda uow: tasks.add(uow, title="y"), Keys(numbers={"task"}), operation="add"))
            transactions.run(works)
            failures.extend(work.error for work in works if work.error is not None)
        transactions.close()

    reader = threading.Thread(target=look)
    count = 1 if world.app.store.engine.is_sqlite else WRITERS
    writers = [threading.Thread(target=write, args=(lane,)) for lane in range(count)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    reader.join()
    assert all(getattr(each, "code", "") == "database_busy" for each in failures), failures[:3]
    assert len(seen) > 1
    for sequences in seen:
        assert sequences == list(range(1, len(sequences) + 1))
    event_laws.check(world.sql)
