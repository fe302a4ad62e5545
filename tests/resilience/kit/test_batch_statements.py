"""Batches and kill -9 at every statement of a small run: each entry is done once and counted once."""

import asyncio
import itertools
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from dragoman.domain.bulk import Batch, EndCode, Method, Status
from dragoman.jobs.worker import Worker
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.batches import BatchWorld, Immediate
from tests.support.sizes import sized

FORK = multiprocessing.get_context("fork")  # the child has the program loaded already
NOBODY = 10_000_000
STEP = {"sqlite": 1, "postgresql": sized(2, 1)}
"""Every statement, and on PostgreSQL, which has nearly the same ones, every second with each submission."""
BEFORE_STOP = 4
"""Entries up to the second failure, which is one too many."""


def test_every_entry_is_done_once_at_whatever_statement_the_worker_is_killed(backend: str, database_url: str) -> None:
    with BatchWorld(database_url) as world:
        numbers = [world.core(lambda uow: tasks.add(uow, title="Call").number, world.anna) for _ in range(5)]
        number = ordered(world, numbers, 1)
    is_killed, statement = True, 1
    while is_killed:
        is_killed = killed_at(database_url, statement)
        with BatchWorld.again(database_url) as world:
            keeps_the_laws(world.batch(number))
            let_leases_run_out(world)
            world.run_jobs()
            check(world, number, numbers)
            statement += STEP[backend]
            number = ordered(world, numbers, statement)
    assert statement > 40  # it was killed at as many, or half of them


def ordered(world: BatchWorld, numbers: list[int], priority: int) -> int:
    """A batch of six entries that stops behind its fourth one, since the second failure is one too many."""
    entries = [numbers[0], NOBODY, numbers[1], NOBODY, *numbers[2:4]]
    options = batches.Options(max_failures="1")
    return world.order(Method.PATCH, "task", field="id", entries=entries, data={"priority": priority}, options=options)


def killed_at(url: str, statement: int) -> bool:
    """Whether a worker was killed before its statement of this number; else it has done its jobs."""
    worker = FORK.Process(target=work_until, args=(url, statement))
    worker.start()
    worker.join()
    assert worker.exitcode in (0, -signal.SIGKILL)
    return worker.exitcode != 0


def work_until(url: str, statement: int) -> None:
    """Run what is due, in a process that dies before its statement of this number."""
    world = BatchWorld.again(url)
    seen = itertools.count(1)

    def count(*_arguments: Any) -> None:
        if next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(run: Callable[..., Any]) -> Callable[..., Any]:
        def run_counted(*arguments: Any) -> Any:
            count()
            return run(*arguments)

        return run_counted

    for event in ("before_cursor_execute", "commit"):
        sa.event.listen(world.app.store.engine.raw, event, count)
    driver.execute = counted(driver.execute)
    driver.execute_many = counted(driver.execute_many)
    asyncio.run(Worker(Immediate(world.app)).run_once())
    os._exit(0)


def let_leases_run_out(world: BatchWorld) -> None:
    job = tables.job
    with world.app.store.engine.raw.begin() as connection:
        connection.execute(sa.update(job).where(job.c.state == "running").values(lease_until=1))


def keeps_the_laws(batch: Batch) -> None:
    if batch.status is Status.CREATED:
        assert batch.processed is None
        return
    assert batch.processed == (batch.success or 0) + (batch.failure or 0) == batch.cursor
    assert (batch.skipped or 0) == (2 if batch.status is Status.STOPPED else 0)


def check(world: BatchWorld, number: int, numbers: list[int]) -> None:
    batch = world.batch(number)
    assert (batch.status, batch.processed, batch.failure, batch.skipped) == (Status.STOPPED, BEFORE_STOP, 2, 2)
    assert batch.ended_because is not None
    assert batch.ended_because.code is EndCode.MAX_FAILURES
    assert world.outcomes(batch) == list(range(BEFORE_STOP))
    rows: list[Any] = world.core(
        lambda uow: [row for each in numbers for row in uow.history.page("task", each, limit=10_000)]
    )
    by_batch = [row.number for row in rows if row.cause == number and json.loads(row.changes)]
    assert sorted(by_batch) == numbers[:2]
    groups = world.core(lambda uow: uow.batch_details.get(batch.uid)).failures
    assert [(group.code, group.count, group.examples) for group in groups] == [("not_found", 2, (1, 3))]
