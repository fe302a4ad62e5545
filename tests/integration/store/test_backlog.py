"""What waits to be done by itself, as whoever watches the server is told: on every engine, from indexes alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from dragoman.domain.case import CaseKind
from dragoman.domain.clock import later
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.usecases.background import backlog, jobs
from dragoman.usecases.background.backlog import Backlog
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.jobs import TEST_JOB
from tests.support.node import running
from tests.support.world import NOON, World

SOON = later(NOON, seconds=10)


def play(url: str, story: Callable[[World], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with running(url) as node:
            await story(node)

    asyncio.run(asyncio.wait_for(tell(), 60))


def look(node: World, most: int = 100) -> Backlog:
    found: Backlog = node.core(lambda uow: backlog.measure(uow, backlog.Measure(most)), tenant=DIRECTORY_TENANT)
    return found


def enqueue(node: World, tenant: int | None = None, **given: Any) -> None:
    node.core(lambda uow: uow.enqueue(TEST_JOB, 7, **given), tenant=tenant)


def test_an_empty_database_has_every_state_and_timer(database_url: str) -> None:
    async def story(node: World) -> None:
        found = look(node)
        assert set(found.jobs) >= {"available", "running", "discarded"}
        assert not any(found.jobs.values())
        assert found.job_seconds == 0
        assert found.timer_seconds == {"end": 0, "complete": 0, "expire": 0, "wake": 0, "escalate": 0, "delete": 0}

    play(database_url, story)


def test_jobs_are_counted_over_all_tenants_up_to_a_bound_each(database_url: str) -> None:
    async def story(node: World) -> None:
        other = node.app.ensure_tenant("other")
        enqueue(node)
        enqueue(node, other)
        enqueue(node, other, run_at=SOON)
        node.core(lambda uow: jobs.claim(uow, jobs.Claim("a worker", 1)))
        found = look(node)
        assert {state: count for state, count in found.jobs.items() if count} == {
            "running": 1,
            "available": 1,
            "scheduled": 1,
        }
        for _ in range(3):
            enqueue(node)
        assert look(node).jobs["available"] == 4
        assert look(node, most=2).jobs["available"] == 3  # two here, one there

    play(database_url, story)


def test_what_is_due_longest_says_how_long(database_url: str) -> None:
    async def story(node: World) -> None:
        other = node.app.ensure_tenant("other")
        enqueue(node, run_at=SOON)
        node.clock.advance(4)
        enqueue(node, other)
        node.clock.advance(3)
        assert look(node).job_seconds == 3
        node.clock.advance(10)
        assert look(node).job_seconds == 13

    play(database_url, story)


def test_timers_that_have_not_fired_say_how_late_they_are(database_url: str) -> None:
    async def story(node: World) -> None:
        other = node.app.ensure_tenant("other")
        node.core(lambda uow: tasks.add(uow, expires_at=SOON))
        node.core(lambda uow: tasks.add(uow, expires_at=later(SOON, seconds=5)), tenant=other)
        node.core(lambda uow: cases.add(uow, CaseKind.SERVICE, expires_at=later(SOON, seconds=1)))
        assert not any(look(node).timer_seconds.values())
        node.clock.advance(20)
        assert look(node).timer_seconds == {
            "end": 9,
            "complete": 0,
            "expire": 10,
            "wake": 0,
            "escalate": 0,
            "delete": 0,
        }

    play(database_url, story)


def test_what_ended_waits_for_no_timer(database_url: str) -> None:
    async def story(node: World) -> None:
        number = node.core(lambda uow: tasks.add(uow, expires_at=SOON).number)
        node.core(lambda uow: uow.tasks.save(uow.tasks.get(number).terminate(at=uow.now)))
        node.clock.advance(20)
        assert look(node).timer_seconds["expire"] == 0

    play(database_url, story)


def test_no_table_is_read_from_end_to_end(sqlite_url: str) -> None:
    async def story(node: World) -> None:
        asked: list[tuple[str, Any]] = []
        raw = node.app.store.engine.raw

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            asked.append((statement, parameters))

        sa.event.listen(raw, "before_cursor_execute", note)
        look(node)
        sa.event.remove(raw, "before_cursor_execute", note)
        plans = [(text, given) for text, given in asked if text.startswith("SELECT")]
        assert len(plans) >= 3  # and what senders of webhooks look for meanwhile
        with raw.connect() as connection:
            for text, given in plans:
                steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
                assert not [step for step in steps if step.startswith(("SCAN job", "SCAN task", "SCAN case"))], steps

    play(sqlite_url, story)
