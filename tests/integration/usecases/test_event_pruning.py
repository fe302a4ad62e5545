"""Old events are deleted from the beginning of the log, by a job; history stays."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from dragoman.domain import event_cursor
from dragoman.jobs.loops import pruning
from dragoman.store.maintenance.verification import verify
from dragoman.usecases.background import event_pruning
from dragoman.usecases.events import event_log
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases
from tests.support.server import KEY_OF_SECRETS
from tests.support.world import World

DAY = 86_400


@pytest.fixture
def world(databases: Databases, backend: str) -> Iterator[World]:
    made = World(databases.new(backend), settings={"events.keep_days": 10})
    made.is_lawful = True
    yield made
    made.close()


def make(world: World, count: int = 1) -> None:
    for _ in range(count):
        world.core(lambda uow: tasks.add(uow, title="x"))


def sequences(world: World) -> list[int]:
    return [row[0] for row in world.sql("SELECT sequence FROM event WHERE tenant = 1 ORDER BY sequence")]


def rows(world: World) -> int:
    return int(world.sql("SELECT count(*) FROM history")[0][0])


def prune(world: World) -> None:
    """Look once, and let the worker do what was queued."""

    async def serve() -> None:
        world.app.start()
        await pruning.prune(world.app.executor)
        while world.core(lambda uow: uow.jobs.due(uow.now, limit=1) or uow.jobs.running()):
            await asyncio.sleep(0.005)
        await world.app.stop()

    asyncio.run(serve())


def test_events_older_than_the_setting_go_and_history_stays(world: World) -> None:
    make(world, 30)  # more than the first slice
    world.clock.advance(5 * DAY)
    make(world, 3)
    recent, written = sequences(world)[-3:], rows(world)
    world.clock.advance(5 * DAY + 1)
    prune(world)
    assert sequences(world) == recent
    assert rows(world) == written
    assert verify(world.app.store.engine).broken is None
    make(world)
    assert sequences(world) == [*recent, recent[-1] + 1]
    assert verify(world.app.store.engine).broken is None


def test_an_event_as_old_as_the_setting_stays_and_no_job_is_queued(world: World) -> None:
    make(world)
    known = sequences(world)
    world.clock.advance(10 * DAY)
    prune(world)
    assert sequences(world) == known
    assert world.sql("SELECT kind FROM job") == []


def test_an_old_event_behind_a_younger_one_waits_for_it(world: World) -> None:
    make(world, 2)
    first, last = sequences(world)[0], sequences(world)[-1]
    world.clock.advance(20 * DAY)
    make(world)
    world.clock.advance(-20 * DAY)  # a clock that was ahead
    make(world)
    world.clock.advance(11 * DAY)
    prune(world)
    assert first < last
    assert sequences(world) == [last + 1, last + 2]
    assert verify(world.app.store.engine).broken is None


def test_two_looks_queue_one_job(world: World) -> None:
    make(world)
    world.clock.advance(11 * DAY)

    def queue(uow: UnitOfWork) -> bool:
        return event_pruning.queue(uow, event_pruning.Look())

    assert [world.core(queue), world.core(queue)] == [True, False]


def test_the_log_begins_later_once_it_was_pruned(world: World) -> None:
    make(world)
    world.clock.advance(11 * DAY)
    prune(world)
    began_at = world.core(event_log.log_from)
    assert began_at == world.clock.now() - 10 * DAY * 10_000_000
    assert json.loads(world.sql("SELECT value FROM setting WHERE tenant = 1 AND name = 'log_from'")[0][0]) == began_at


def test_cursors_before_what_is_kept_are_refused_with_the_ends_of_the_log(
    databases: Databases, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_SECRET_KEY", KEY_OF_SECRETS)
    world = World(databases.new(backend), settings={"events.keep_days": 10})
    world.add("anna", admin=True)
    since = world.native("anna", "GET", "/v1/events?since=earliest&limit=1")[1]["next"]
    make(world, 3)
    world.clock.advance(11 * DAY)
    make(world)
    prune(world)
    last = world.native("anna", "GET", "/v1/events?since=latest")[1]["next"]
    foreign = event_cursor.encode("00000000-0000-4000-8000-000000000001", 1)
    behind = event_cursor.encode(event_cursor.decode(last).log, event_cursor.decode(last).sequence + 1)
    for cursor, status, code in (
        (since, 410, "cursor_gone"),
        (foreign, 410, "cursor_foreign"),
        (behind, 410, "cursor_foreign"),
        (last[:-1] + ("A" if last[-1] != "A" else "B"), 400, "bad_cursor"),
    ):
        hook = {"url": "https://hook.example/", "since": cursor}
        for method, path, content in (
            ("GET", f"/v1/events?since={cursor}", None),
            ("GET", f"/v1/events/stream?since={cursor}", None),
            ("POST", "/v1/webhooks", hook),
        ):
            found, problem = world.native("anna", method, path, content)
            assert (found, problem["code"]) == (status, code), (path, problem)
            if status == 410:
                assert problem["latest"] == last
                first = world.native("anna", "GET", f"/v1/events?since={problem['earliest']}")[1]
                assert [item["data"]["title"] for item in first["items"]] == ["x"]
    assert world.native("anna", "GET", "/v1/webhooks")[1]["items"] == []
    world.close()
