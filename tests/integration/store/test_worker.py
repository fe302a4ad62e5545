"""The worker: what becomes of a job when its handler ends well, fails, loses it, or is told to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec
import pytest

from dragoman.command import Keys
from dragoman.domain.access import system
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import ATTEMPTS, Job, JobKind, JobState
from dragoman.jobs.handlers.registry import Handler
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.worker import Worker
from dragoman.settings import Jobs as Settings
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.jobs import TEST_JOB
from tests.support.node import running
from tests.support.world import World

KIND = TEST_JOB


class Slice(msgspec.Struct, frozen=True):
    """Make one task; the last slice ends the job."""

    hold: Hold
    is_last: bool = True

    def keys(self) -> Keys:
        return Keys(jobs={self.hold.uid}, numbers={"task"})


def make_task(uow: UnitOfWork, command: Slice) -> int:
    job = jobs.held(uow, command.hold)
    made = tasks.add(uow, title=f"attempt {job.attempt}")
    if command.is_last:
        jobs.complete(uow, job)
    return made.number


async def done(runner: Runner, hold: Hold, job: Job) -> None:
    await runner.write(make_task, Slice(hold), system(job.tenant), "core", bulk=True)


def raising(error: Exception) -> Handler:
    async def handler(runner: Runner, hold: Hold, job: Job) -> None:
        raise error

    return handler


def play(url: str, story: Callable[[World], Awaitable[None]]) -> None:
    """Tell a story on a node of its own."""

    async def tell() -> None:
        async with running(url) as node:
            await story(node)

    asyncio.run(asyncio.wait_for(tell(), 60))


def enqueue(node: World, kind: JobKind = KIND, **given: Any) -> str:
    uid: str = node.core(lambda uow: uow.enqueue(kind, 7).uid, **given)
    return uid


def job_of(node: World, uid: str) -> Job:
    job: Job = node.core(lambda uow: uow.jobs.get(uid))
    return job


def count(node: World) -> int:
    found: int = node.core(lambda uow: sum(uow.tasks.find(number) is not None for number in range(1, 100)))
    return found


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    """Events of attempts with their attempt."""
    return [
        (record.getMessage(), vars(record)["attempt"])
        for record in caplog.records
        if record.name.startswith("dragoman.jobs.") and "attempt" in vars(record)
    ]


def test_a_job_that_is_due_is_done_once(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(node: World) -> None:
        uid, worker = enqueue(node), Worker(node.app.executor, handlers={KIND: done})
        assert await worker.run_once() == 1
        assert await worker.run_once() == 0
        assert job_of(node, uid).state is JobState.COMPLETED
        assert count(node) == 1

    play(database_url, story)
    assert lines(caplog) == [("job.finished", 1)]
    [line] = [vars(record) for record in caplog.records if record.getMessage() == "job.finished"]
    assert (line["kind"], line["subject"]) == (KIND, 7)
    assert line["milliseconds"] >= 0


def test_a_failure_is_tried_again_after_its_pause(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(node: World) -> None:
        uid = enqueue(node)
        worker = Worker(node.app.executor, handlers={KIND: raising(ValueError("secret? no: a short text"))})
        assert await worker.run_once() == 1
        failed = job_of(node, uid)
        assert (failed.state, failed.error) == (JobState.RETRYABLE, "ValueError: secret? no: a short text")
        assert await worker.run_once() == 0
        node.clock.advance(1)
        assert await Worker(node.app.executor, handlers={KIND: done}).run_once() == 1
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.COMPLETED, 2)

    play(database_url, story)
    assert lines(caplog) == [("job.failed", 1)]
    [line] = [record for record in caplog.records if record.getMessage() == "job.failed"]
    assert line.exc_info is not None  # the trace is in the log, and nowhere else


def test_a_poisoned_job_is_given_up_visibly(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(node: World) -> None:
        uid, other = enqueue(node), ""
        worker = Worker(node.app.executor, handlers={KIND: raising(ValueError("it broke")), "test.fine": done})
        for _ in range(ATTEMPTS):
            other = enqueue(node, cast(JobKind, "test.fine"))
            await worker.run_once()
            node.clock.advance(600)
            assert job_of(node, other).state is JobState.COMPLETED  # it keeps nobody
        assert await worker.run_once() == 0
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.DISCARDED, 20)

    play(database_url, story)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [(record.getMessage(), vars(record)["attempt"]) for record in errors] == [("job.discarded", 20)]


def test_a_kind_that_nobody_knows_fails(database_url: str) -> None:
    async def story(node: World) -> None:
        uid = enqueue(node, cast(JobKind, "test.unheard"))
        await Worker(node.app.executor, handlers={}).run_once()
        failed = job_of(node, uid)
        assert (failed.state, failed.error) == (JobState.RETRYABLE, "LookupError: there is no handler for test.unheard")

    play(database_url, story)


def test_a_job_that_met_a_full_queue_is_given_back_uncounted(database_url: str) -> None:
    async def story(node: World) -> None:
        uid = enqueue(node)
        busy = Unavailable("queue_full", "Too many wait.", retry_after_seconds=5)
        await Worker(node.app.executor, handlers={KIND: raising(busy)}).run_once()
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.SCHEDULED, 0)
        node.clock.advance(5)
        await Worker(node.app.executor, handlers={KIND: done}).run_once()
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.COMPLETED, 1)

    play(database_url, story)


def test_whoever_lost_a_job_ends_quietly(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(node: World) -> None:
        async def sleeps(runner: Runner, hold: Hold, job: Job) -> None:
            node.clock.advance(31)
            assert await Worker(runner, handlers={KIND: done}).run_once() == 1
            await done(runner, hold, job)

        uid = enqueue(node)
        await Worker(node.app.executor, Settings(at_once=1), {KIND: sleeps}).run_once()
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.COMPLETED, 2)
        assert count(node) == 1

    play(database_url, story)
    assert lines(caplog) == [("job.finished", 2), ("job.lost", 1)]


def test_a_heartbeat_keeps_a_long_job(database_url: str) -> None:
    async def story(node: World) -> None:
        beats = asyncio.Event()
        uid = enqueue(node)

        async def long(runner: Runner, hold: Hold, job: Job) -> None:
            await beats.wait()
            await done(runner, hold, job)

        # A lease is short, so that it is renewed each hundredth of a second; the clock of the store stands meanwhile.
        settings = Settings(at_once=1, lease_seconds=0.03)
        attempt = asyncio.create_task(Worker(node.app.executor, settings, {KIND: long}).run_once())
        first = await lease_of(node, uid, lambda until: True)
        node.clock.advance(10)
        await lease_of(node, uid, lambda until: until > first)
        beats.set()
        assert await attempt == 1
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.COMPLETED, 1)

    async def lease_of(node: World, uid: str, enough: Callable[[int], bool]) -> int:
        while True:
            until = job_of(node, uid).lease_until
            if until is not None and enough(until):
                return until
            await asyncio.sleep(0.005)

    play(database_url, story)


def test_a_handler_is_cut_off_when_its_lease_is_lost(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(node: World) -> None:
        uid = enqueue(node)
        began = asyncio.Event()

        async def endless(runner: Runner, hold: Hold, job: Job) -> None:
            began.set()
            await asyncio.Event().wait()

        attempt = asyncio.create_task(
            Worker(node.app.executor, Settings(lease_seconds=0.03), {KIND: endless}).run_once()
        )
        await began.wait()
        node.core(lambda uow: uow.jobs.save(uow.jobs.get(uid).cancel(at=uow.now)))
        assert await attempt == 1

    play(database_url, story)
    assert lines(caplog) == [("job.lost", 1)]


def test_a_worker_told_to_stop_gives_its_jobs_back(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(node: World) -> None:
        uid = enqueue(node)
        in_hand = asyncio.Event()

        async def long(runner: Runner, hold: Hold, job: Job) -> None:
            while True:
                slice_ = Slice(hold, is_last=False)
                await runner.write(make_task, slice_, system(job.tenant), "core", bulk=True)
                in_hand.set()

        worker = Worker(node.app.executor, handlers={KIND: long})
        loop = asyncio.create_task(worker.run())
        await in_hand.wait()
        await worker.stop()
        await loop
        back = job_of(node, uid)
        assert (back.state, back.attempt, back.owner) == (JobState.AVAILABLE, 0, None)
        made = count(node)
        await asyncio.sleep(0.05)
        assert count(node) == made  # nothing is written behind its back
        await Worker(node.app.executor, handlers={KIND: done}).run_once()
        assert job_of(node, uid).state is JobState.COMPLETED

    play(database_url, story)
    assert ("job.given_back", 1) in lines(caplog)


def test_who_is_alone_waits_for_no_lease_of_an_earlier_worker(database_url: str) -> None:
    async def story(node: World) -> None:
        uid = enqueue(node)
        node.core(lambda uow: jobs.claim(uow, jobs.Claim("killed", 1)))
        other = node.app.ensure_tenant("other")
        enqueue(node, tenant=other)
        ended = asyncio.Event()

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            await done(runner, hold, job)
            if job.uid == uid:
                ended.set()

        node.app.take_over()
        worker = Worker(node.app.executor, handlers={KIND: handler})
        loop = asyncio.create_task(worker.run())
        await ended.wait()
        await worker.stop()
        await loop
        assert (job_of(node, uid).state, job_of(node, uid).attempt) == (JobState.COMPLETED, 2)

    play(database_url, story)


def test_a_job_queued_here_is_begun_at_once(database_url: str) -> None:
    async def story(node: World) -> None:
        began = asyncio.Event()

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            await done(runner, hold, job)
            began.set()

        worker = Worker(node.app.executor, handlers={KIND: handler})
        node.app.store.on_queued = worker.hint
        loop = asyncio.create_task(worker.run())

        class Enqueue(msgspec.Struct, frozen=True):
            def keys(self) -> Keys:
                return Keys()

        def queue(uow: UnitOfWork, command: Enqueue) -> None:
            uow.enqueue(KIND)

        for _ in range(20):  # each within a fraction of the time between two looks
            began.clear()
            await node.app.executor.write(queue, Enqueue(), system(node.tenant), "core")
            await asyncio.wait_for(began.wait(), 30)
        await worker.stop()
        await loop

    play(database_url, story)


def test_no_more_jobs_are_in_hand_than_are_allowed(database_url: str) -> None:
    async def story(node: World) -> None:
        present, most, full = 0, 0, asyncio.Event()

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            nonlocal present, most
            present += 1
            most = max(most, present)
            if present == 3:
                full.set()
            await full.wait()
            await done(runner, hold, job)
            present -= 1

        for _ in range(6):
            enqueue(node)
        assert await Worker(node.app.executor, Settings(at_once=3), {KIND: handler}).run_once() == 6
        assert most == 3

    play(database_url, story)


def test_one_tenant_does_not_take_all_the_hands(database_url: str) -> None:
    async def story(node: World) -> None:
        order: list[int] = []

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            order.append(job.tenant)
            await done(runner, hold, job)

        small = node.app.ensure_tenant("small")
        for _ in range(6):
            enqueue(node)
        enqueue(node, tenant=small)
        await Worker(node.app.executor, Settings(at_once=1), {KIND: handler}).run_once()
        assert order.index(small) <= 1
        assert sorted(order) == sorted([node.tenant] * 6 + [small])

    play(database_url, story)
