"""Timers on every engine: each fires when its moment has come, once, whoever looks, and keeps nobody else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import AS_STORED
from dragoman.domain import timing
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import FixedClock, Moment, later
from dragoman.domain.errors import Unavailable
from dragoman.domain.message import Message, Which, head
from dragoman.domain.task import Kind, State, Task, Verb
from dragoman.jobs.loops import timers as loops
from dragoman.jobs.loops.timers import ASIDE_SECONDS, Loop
from dragoman.usecases import purge as removal
from dragoman.usecases.background import timers
from dragoman.usecases.background.timers import TIMERS, Timer
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.node import running
from tests.support.world import NOON, World

SOON = later(NOON, seconds=10)


def play(url: str, story: Callable[[World, Loop], Awaitable[None]]) -> None:
    """Tell a story on a node of its own, with the loop that it would run."""

    async def tell() -> None:
        async with running(url) as node:
            await story(node, Loop(node.app.executor))

    asyncio.run(asyncio.wait_for(tell(), 60))


def add(node: World, tenant: int | None = None, **fields: Any) -> int:
    number: int = node.core(lambda uow: tasks.add(uow, **fields).number, tenant=tenant)
    return number


def add_case(node: World, **fields: Any) -> int:
    number: int = node.core(lambda uow: cases.add(uow, CaseKind.SERVICE, **fields).number)
    return number


def task(node: World, number: int) -> Task | None:
    found: Task | None = node.stored(lambda uow: uow.tasks.find(number))
    return found


def case(node: World, number: int) -> Case | None:
    found: Case | None = node.stored(lambda uow: uow.cases.find(number))
    return found


def state(node: World, number: int) -> State | None:
    found = task(node, number)
    return found.state if found is not None else None


def doings(node: World, entity: str, number: int) -> list[tuple[str, str, str]]:
    """Who did what through what to a task or case, but for its beginning."""
    rows = node.core(lambda uow: uow.history.page(entity, number))
    return [(row.principal, row.dialect, row.operation) for row in rows if row.dialect != "test"]


def change(node: World, number: int, **fields: Any) -> None:
    node.core(lambda uow: uow.tasks.save(replace(uow.tasks.get(number), **fields)))


# Expiration


def test_a_task_expires_when_its_moment_has_come_and_once(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        ready, claimed = add(node, expires_at=SOON), add(node, expires_at=SOON, assignee="anna")
        node.clock.at = Moment(SOON - 1)
        assert await loop.look() == 0
        node.clock.at = SOON
        assert await loop.look() == 2
        assert await loop.look() == 0
        for number in (ready, claimed):
            assert state(node, number) is State.EXPIRED
            assert doings(node, "task", number) == [("system", "core", "timer.expire")]
        ended = task(node, claimed)
        assert ended is not None
        assert (ended.assignee, ended.completed_at, ended.expires_at) == ("anna", SOON, SOON)

    play(database_url, story)


@pytest.mark.parametrize("asleep", [True, False])
def test_whether_it_sleeps_or_waits_to_be_started_it_expires(database_url: str, asleep: bool) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add(node, expires_at=SOON, state=State.READY if asleep else State.INACTIVE)
        if asleep:
            node.core(lambda uow: uow.tasks.save(uow.tasks.get(number).suspend(at=uow.now)))
        node.clock.at = SOON
        assert await loop.look() == 1
        assert state(node, number) is State.EXPIRED

    play(database_url, story)


def test_parts_expire_with_their_whole_but_for_batches(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        whole = add(node, expires_at=SOON)
        part = add(node, parent=whole)
        deeper = add(node, parent=part, expires_at=SOON)
        batch = add(node, parent=whole, kind=Kind.BATCH, expires_at=SOON)
        node.clock.at = SOON
        assert await loop.look() == 1
        assert [state(node, number) for number in (whole, part, deeper)] == [State.EXPIRED] * 3
        assert state(node, batch) is State.READY
        assert doings(node, "task", deeper) == [("system", "core", "timer.expire")]

    play(database_url, story)


def test_what_has_ended_does_not_expire(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add(node, expires_at=SOON)
        node.core(lambda uow: tasks.perform(uow, uow.tasks.get(number), Verb.FINISH))
        node.clock.at = SOON
        assert await loop.look() == 0
        assert state(node, number) is State.COMPLETED

    play(database_url, story)


def test_a_moment_that_is_moved_moves_the_timer(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        postponed, called_off, early = (add(node, expires_at=SOON) for _ in range(3))
        change(node, postponed, expires_at=later(SOON, seconds=5))
        change(node, called_off, expires_at=None)
        change(node, early, expires_at=NOON)
        assert await loop.look() == 1
        assert state(node, early) is State.EXPIRED
        node.clock.at = SOON
        assert await loop.look() == 0
        node.clock.advance(5)
        assert await loop.look() == 1
        assert [state(node, n) for n in (postponed, called_off)] == [State.EXPIRED, State.READY]

    play(database_url, story)


# Resumption


@pytest.mark.parametrize(
    ("how", "awake", "kept"),
    [
        (None, State.CLAIMED, {"input", "output", "fault"}),
        (timing.RELEASE, State.READY, {"input"}),
        (timing.RELEASE_AND_KEEP, State.READY, {"input", "output", "fault"}),
    ],
)
def test_a_task_wakes_as_its_suspension_said(database_url: str, how: str | None, awake: State, kept: set[str]) -> None:
    def put_to_sleep(uow: UnitOfWork) -> int:
        heads = {str(which): head("application/xml", "<a/>") for which in Which}
        made = tasks.add(uow, assignee="anna", messages=heads, timing={timing.WAKES: how} if how else {})
        for which in Which:
            uow.messages.put(Message(uow.tenant, made.uid, str(which), "application/xml", "<a/>"))
        return tasks.perform(uow, made, Verb.SUSPEND, until=SOON).number

    async def story(node: World, loop: Loop) -> None:
        number = node.core(put_to_sleep)
        assert await loop.look() == 0
        node.clock.at = SOON
        assert await loop.look() == 1
        assert await loop.look() == 0
        woken = task(node, number)
        assert woken is not None
        assert (woken.state, woken.suspended, woken.resume_at) == (awake, False, None)
        uid = woken.uid
        there = node.core(lambda uow: {str(which) for which in Which if uow.messages.of(uid, which) is not None})
        assert there == set(woken.messages) == kept
        assert doings(node, "task", number) == [("system", "core", "timer.wake")]

    play(database_url, story)


def test_parts_wake_with_their_whole(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        whole = add(node)
        part = add(node, parent=whole)
        node.core(lambda uow: tasks.perform(uow, uow.tasks.get(whole), Verb.SUSPEND, until=SOON))
        asleep = task(node, part)
        assert asleep is not None
        assert asleep.suspended
        node.clock.at = SOON
        assert await loop.look() == 1
        awake = task(node, part)
        assert awake is not None
        assert not awake.suspended

    play(database_url, story)


# Deletion


def test_an_ended_task_goes_with_its_parts(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        whole, open_one = add(node, timing={timing.DELETED: "10seconds"}), add(node, delete_at=SOON)
        part = add(node, parent=whole)
        node.core(lambda uow: tasks.perform(uow, uow.tasks.get(whole), Verb.FINISH))
        node.clock.at = SOON
        assert await loop.look() == 1
        assert [state(node, number) for number in (whole, part, open_one)] == [None, None, State.READY]
        assert doings(node, "task", whole)[-1] == ("system", "core", "timer.delete")

    play(database_url, story)


def test_a_task_that_expires_and_is_to_go_at_once_goes(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add(node, expires_at=SOON, timing={timing.DELETED: timing.ZERO})
        node.clock.at = SOON
        await loop.look()
        assert task(node, number) is None
        operations = [operation for _, _, operation in doings(node, "task", number)]
        assert operations == ["timer.expire", "timer.delete"]

    play(database_url, story)


def test_a_task_that_holds_a_batch_stays_and_keeps_nobody(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(node: World, loop: Loop) -> None:
        holder, other = add(node, delete_at=SOON), add(node, delete_at=SOON)
        batch = add(node, parent=holder, kind=Kind.BATCH)
        node.core(lambda uow: [tasks.perform(uow, uow.tasks.get(n), Verb.FINISH) for n in (holder, other)])
        node.clock.at = SOON
        assert await loop.look() == 1
        assert [state(node, n) for n in (holder, batch, other)] == [State.COMPLETED, State.READY, None]

    play(database_url, story)
    assert [record.getMessage() for record in caplog.records if record.name == loops.__name__] == ["timer.kept"]


# Cases


def test_a_case_completes_by_itself_and_what_it_holds_goes_on(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add_case(node, auto_complete_at=SOON)
        held = add(node, case=number)
        node.clock.at = SOON
        assert await loop.look() == 1
        assert await loop.look() == 0
        done = case(node, number)
        assert done is not None
        assert done.completed_at == SOON
        assert state(node, held) is State.READY
        assert doings(node, "case", number) == [("system", "core", "timer.complete")]

    play(database_url, story)


def test_a_case_that_was_completed_is_not_completed_again(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add_case(node, auto_complete_at=SOON, completed_at=NOON)
        node.clock.at = SOON
        assert await loop.look() == 0
        done = case(node, number)
        assert done is not None
        assert done.completed_at == NOON

    play(database_url, story)


def test_a_case_whose_time_is_over_goes_with_all_it_holds(database_url: str) -> None:
    def make(uow: UnitOfWork) -> int:
        made = cases.add(uow, CaseKind.SERVICE, expires_at=SOON, auto_complete_at=SOON)
        stages.add(uow, made, title="Stage")
        for _ in range(30):
            tasks.add(uow, case=made.number)
        return made.number

    async def story(node: World, loop: Loop) -> None:
        number = node.core(make)
        other = add_case(node, expires_at=later(SOON, seconds=1))
        node.clock.at = SOON
        assert await loop.look() == 1
        assert case(node, number) is None
        assert node.core(lambda uow: uow.tasks.of_case(number) + uow.stages.of_case(number)) == []  # hidden, at least
        while node.core(lambda uow: removal.sweep(uow, removal.Sweep())):
            pass
        assert [operation for _, _, operation in doings(node, "case", number)] == ["timer.end"]
        assert case(node, other) is not None

    play(database_url, story)


def test_a_case_that_holds_a_batch_stays_and_keeps_nobody(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        holder, other = add_case(node, expires_at=NOON), add_case(node, expires_at=SOON)
        add(node, case=holder, kind=Kind.BATCH)
        node.clock.at = SOON
        assert await loop.look() == 1
        assert case(node, holder) is not None
        assert case(node, other) is None

    play(database_url, story)


# Looking


def test_what_came_due_while_nobody_looked_fires_oldest_first(database_url: str) -> None:
    clock = FixedClock(NOON)
    first = World(database_url, clock)
    numbers = [add(first, expires_at=later(NOON, seconds=seconds)) for seconds in (30, 10, 20)]
    first.app.close()
    clock.advance(3_600)

    async def story(node: World, loop: Loop) -> None:
        node.clock.at = clock.at
        asked = timers.Due("expire", 10)
        assert node.core(lambda uow: timers.due(uow, asked)) == [numbers[1], numbers[2], numbers[0]]
        assert await loop.look() == 3
        assert {state(node, number) for number in numbers} == {State.EXPIRED}

    play(database_url, story)


def test_many_fire_slice_by_slice_and_each_once(database_url: str) -> None:
    def many(uow: UnitOfWork) -> None:
        for index in range(300):
            tasks.add(uow, expires_at=later(NOON, seconds=index % 7))

    async def story(node: World, loop: Loop) -> None:
        node.core(many)
        node.clock.at = SOON
        assert await loop.look() == 300
        revisions = node.core(lambda uow: {uow.tasks.get(number).revision for number in range(1, 301)})
        assert revisions == {2}

    play(database_url, story)


def test_every_tenant_is_looked_at(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        other = node.app.ensure_tenant("other")
        here, there = add(node, expires_at=SOON), add(node, other, expires_at=SOON)
        node.clock.at = SOON
        assert await loop.look() == 2
        assert state(node, here) is State.EXPIRED
        assert node.core(lambda uow: uow.tasks.get(there).state, tenant=other) is State.EXPIRED

    play(database_url, story)


def test_two_nodes_that_look_at_once_fire_each_once(postgres_url: str) -> None:
    clock = FixedClock(NOON)

    def many(uow: UnitOfWork) -> None:
        for _ in range(120):
            whole = tasks.add(uow, expires_at=SOON)
            tasks.add(uow, parent=whole.number, expires_at=SOON)

    async def race() -> None:
        async with running(postgres_url, clock) as one, running(postgres_url, clock) as two:
            one.core(many)
            clock.at = SOON
            loops = [Loop(one.app.executor), Loop(two.app.executor)]
            for _ in range(20):
                await asyncio.gather(*(loop.look() for loop in loops))
            histories = one.core(lambda uow: [uow.history.page("task", number) for number in range(1, 241)])
            fired = [[row.operation for row in rows].count("timer.expire") for rows in histories]
            assert fired == [1] * 240

    asyncio.run(asyncio.wait_for(race(), 60))


def test_a_poisoned_row_keeps_nobody_and_is_tried_again(
    database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    sound = TIMERS["expire"]

    def fire(uow: UnitOfWork, number: int, rows: int) -> int:
        if number == 2:
            tried.append(number)
            raise ValueError("it broke")
        return sound.fire(uow, number, rows)

    monkeypatch.setitem(TIMERS, "expire", Timer(sound.due, fire))

    async def story(node: World, loop: Loop) -> None:
        for _ in range(60):
            add(node, expires_at=SOON)
        node.clock.at = SOON
        for _ in range(5):
            await loop.look()
        assert [number for number in range(1, 61) if state(node, number) is not State.EXPIRED] == [2]
        assert len(tried) == 2  # in its slice, and alone
        monkeypatch.setitem(TIMERS, "expire", sound)
        assert await loop.look() == 0
        node.clock.advance(ASIDE_SECONDS)
        assert await loop.look() == 1

    play(database_url, story)
    failures = [record for record in caplog.records if record.getMessage() == "timer.failed"]
    assert [(vars(record)["timer"], vars(record)["number"]) for record in failures] == [("expire", 2)]
    assert failures[0].levelno == logging.ERROR
    assert failures[0].exc_info is not None


def test_a_busy_server_is_asked_again_at_the_next_look(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add(node, expires_at=SOON)
        node.clock.at = SOON

        async def refuse(*arguments: Any, **options: Any) -> Any:
            raise Unavailable("queue_full", "Too many wait.")

        with monkeypatch.context() as patch:
            patch.setattr(node.app.executor, "write", refuse)
            with pytest.raises(Unavailable):
                await loop.look()
        assert await loop.look() == 1  # it was not put aside
        assert state(node, number) is State.EXPIRED

    play(database_url, story)


def test_a_slice_that_is_cut_off_at_any_statement_fires_once(world: World) -> None:
    def patiently(run: Callable[[UnitOfWork], Any]) -> Any:
        for _ in range(200):
            try:
                return world.write(run, AS_STORED)
            except Unavailable:
                continue
        raise AssertionError("the database stayed busy")

    def make(uow: UnitOfWork) -> tuple[int, ...]:
        wholes = [tasks.add(uow, expires_at=SOON).number for _ in range(2)]
        parts = [tasks.add(uow, parent=whole, expires_at=SOON).number for whole in wholes]
        return (*wholes, *parts)

    numbers = patiently(make)
    world.clock.at = SOON
    for _ in range(3):
        patiently(lambda uow: timers.fire(uow, timers.Fire("expire", numbers)))

    def operations(uow: UnitOfWork) -> list[list[str]]:
        return [[row.operation for row in uow.history.page("task", number)[1:]] for number in numbers]

    assert patiently(operations) == [["<lambda>"]] * 4


def test_a_clock_that_goes_back_fires_nothing_twice(database_url: str) -> None:
    async def story(node: World, loop: Loop) -> None:
        number = add(node, expires_at=SOON)
        node.clock.at = SOON
        assert await loop.look() == 1
        node.clock.at = NOON
        assert await loop.look() == 0
        node.clock.at = later(SOON, seconds=60)
        assert await loop.look() == 0
        assert doings(node, "task", number) == [("system", "core", "timer.expire")]

    play(database_url, story)


def test_a_look_comes_at_least_every_second() -> None:
    assert loops.LOOK_SECONDS <= 1.0  # a timer fires within two
