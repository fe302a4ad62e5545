"""Rules of time zones that changed: due times that follow from a local time are computed again, each in its history."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.delivery.outside import Outside
from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock, Moment
from dragoman.domain.due import moment_of
from dragoman.domain.job import Job, JobKind, JobState
from dragoman.domain.task import State
from dragoman.jobs.handlers import zones as handler
from dragoman.jobs.loops.zones import queue_what_differs
from dragoman.usecases.background import zones
from dragoman.usecases.background.jobs import Claim, Hold, claim
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.databases import Databases
from tests.support.world import World

LOCAL, ZONE = "2026-12-15T09:00:00", "America/Vancouver"
RIGHT = moment_of(LOCAL, ZONE)
LATE = Moment(RIGHT + 3_600 * 10_000_000)


@pytest.fixture
def world(databases: Databases, backend: str) -> Iterator[World]:
    made = World(databases.new(backend))
    made.add("anna", admin=True)
    yield made
    made.close()


class Here:
    """Runs use cases of background work in this thread."""

    def __init__(self, world: World) -> None:
        self._call = world.app.executor.call
        self.clock: Clock = world.clock
        self.outside = Outside((), self.clock)

    async def read(self, run: Any, command: Any, principal: Principal) -> Any:
        return self._call(run, command, principal.tenant, principal=principal)

    async def write(
        self, run: Any, command: Any, principal: Principal, dialect: str, *, operation: str | None = None, **_: Any
    ) -> Any:
        return self._call(run, command, principal.tenant, principal=principal, operation=operation or "core")

    def pressure(self) -> Any:
        raise NotImplementedError


def add(world: World, **fields: Any) -> int:
    given = {"due_at": LATE, "due_local": LOCAL, "due_zone": ZONE, **fields}
    number: int = world.core(lambda uow: tasks.add(uow, title="x", **given).number)
    return number


def note(world: World, release: str) -> None:
    world.core(lambda uow: zones.note(uow, release))


def run_job(world: World) -> None:
    [job] = world.core(lambda uow: claim(uow, Claim("me", 5)))
    hold = Hold(job.uid, job.owner, job.attempt)
    asyncio.run(handler.recompute(Here(world), hold, job))


def jobs_of(world: World) -> list[Job]:
    found: list[Job] = world.core(lambda uow: uow.jobs.due(uow.now, limit=10))
    return found


def test_a_tenant_of_this_release_has_nothing_to_do(world: World) -> None:
    assert asyncio.run(queue_what_differs(Here(world))) == 0
    assert jobs_of(world) == []


def test_another_release_queues_one_job(world: World) -> None:
    note(world, "2025a")
    assert asyncio.run(queue_what_differs(Here(world))) == 1
    assert asyncio.run(queue_what_differs(Here(world))) == 0
    assert [job.kind for job in jobs_of(world)] == [JobKind.ZONES_RECOMPUTE]


def test_open_tasks_with_a_local_time_move_and_others_stay(world: World) -> None:
    moved, ended = add(world), add(world)
    plain = add(world, due_local=None, due_zone=None)
    right = add(world, due_at=RIGHT)

    def end(uow: Any) -> None:
        task = uow.tasks.get(ended)
        tasks.save(uow, task, replace(task, state=State.COMPLETED, completed_at=uow.now))

    world.core(end)
    note(world, "2025a")
    asyncio.run(queue_what_differs(Here(world)))
    run_job(world)
    due = {number: world.task(number).due_at for number in (moved, ended, plain, right)}
    assert due == {moved: RIGHT, ended: LATE, plain: LATE, right: RIGHT}
    assert world.task(right).revision == 1
    [row] = world.core(lambda uow: uow.history.page("task", moved, after=1, limit=5))
    assert row.operation == "zones.recompute"
    assert [job for job in jobs_of(world) if job.state is not JobState.COMPLETED] == []


def test_a_client_may_send_back_what_it_read_before_the_rules_changed(world: World) -> None:
    number = add(world)
    status, shown = world.native("anna", "GET", f"/v1/tasks/{number}")
    body = {name: shown[name] for name in ("due_at", "due_local", "due_zone")}
    assert (status, world.native("anna", "PATCH", f"/v1/tasks/{number}", body)[0]) == (200, 200)
    assert world.task(number).revision == 1
