"""The worker where the store is busy, hangs or breaks: it says so, tries again, and leaves the rest to the lease."""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.delivery.outside import Outside
from dragoman.domain.clock import Clock, FixedClock, Moment, later
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import Job, JobState
from dragoman.jobs import attempt, process, worker
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.rests import rest
from dragoman.jobs.worker import Worker
from dragoman.settings import Jobs as Settings
from dragoman.store.unit.lane import Pressure
from dragoman.usecases.background.jobs import Hold

NOON = Moment(17_900_000_000_000_000)
KIND = "test.work"
BUSY = Unavailable("queue_full", "Too many wait.", retry_after_seconds=2)


class Store:
    """An application that answers as it was told, use case by use case, and else as if there were one job."""

    def __init__(self) -> None:
        self.time = FixedClock(NOON)
        self.clock: Clock = self.time
        self.outside = Outside((), self.clock)
        self.job = Job(tenant=1, uid="j", kind=KIND, run_at=NOON)
        self.asked: list[str] = []
        self.troubles: dict[str, list[Exception]] = defaultdict(list)
        self.hangs: set[str] = set()

    async def read(self, run: Callable[..., Any], command: Any, principal: Any) -> Any:
        await self._meet(run.__name__)
        if run.__name__ == "next_due":
            return self.job.run_at if self.job.run_at > self.clock.now() else None
        return [1] if self.job.is_due(self.clock.now()) else []

    async def write(self, run: Callable[..., Any], command: Any, *_rest: Any, **_options: Any) -> Any:
        name = run.__name__
        await self._meet(name)
        at = self.clock.now()
        if name == "claim":
            self.job = self.job.claim(command.owner, at=at)
            return [self.job]
        held = self.job.held(command.hold.owner, command.hold.attempt)
        if name == "prolong":
            self.job = held.prolong(at=at)
        elif name == "fail":
            self.job = held.retry(command.error, at=at)
        elif name == "give_back":
            self.job = held.give_back(at=at, pause_seconds=command.pause_seconds)
        return self.job

    async def _meet(self, name: str) -> None:
        self.asked.append(name)
        await asyncio.sleep(0)
        if name in self.hangs:
            await asyncio.Event().wait()
        if self.troubles[name]:
            raise self.troubles[name].pop(0)

    def pressure(self) -> Pressure:
        return Pressure(False, 0.0, 0.0)


class Naps:
    """Pauses that take no time, and are counted."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


async def breaks(runner: Runner, hold: Hold, job: Job) -> None:
    raise ValueError("it broke")


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name in (worker.__name__, attempt.__name__)]


def test_a_failure_is_told_when_the_store_has_time(caplog: pytest.LogCaptureFixture) -> None:
    store, naps = Store(), Naps()
    store.troubles["fail"] = [BUSY, BUSY]
    asyncio.run(Worker(store, handlers={KIND: breaks}, sleep=naps).run_once())
    assert (store.job.state, store.job.error) == (JobState.RETRYABLE, "ValueError: it broke")
    assert naps.seconds == [2, 2]
    assert events(caplog) == ["job.not_stored", "job.not_stored", "job.failed"]


def test_a_failure_that_cannot_be_told_is_left_to_the_lease() -> None:
    store = Store()
    store.troubles["fail"] = [BUSY] * 100
    asyncio.run(Worker(store, handlers={KIND: breaks}, sleep=Naps()).run_once())
    assert store.job.state is JobState.RUNNING
    store.time.advance(30)
    assert store.job.is_due(store.clock.now())


def test_an_attempt_that_breaks_while_it_is_told_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.troubles["fail"] = [KeyError("a fault of ours")]

    async def story() -> None:
        with pytest.raises(KeyError):
            await Worker(store, handlers={KIND: breaks}).run_once()

    asyncio.run(story())
    assert events(caplog) == ["job.not_stored"]
    assert caplog.records[-1].exc_info is not None


def test_a_heartbeat_that_finds_the_store_busy_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.troubles["prolong"] = [BUSY, BUSY]

    async def long(runner: Runner, hold: Hold, job: Job) -> None:
        while store.asked.count("prolong") < 4:
            await asyncio.sleep(0.001)

    asyncio.run(Worker(store, Settings(at_once=1, lease_seconds=0.003), {KIND: long}).run_once())
    assert events(caplog) == ["job.not_renewed"] * 2


@pytest.mark.parametrize(("trouble", "event"), [(BUSY, "loop.later"), (KeyError("a fault of ours"), "loop.failed")])
def test_a_look_that_fails_is_not_the_last(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, trouble: Exception, event: str
) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.001)
    store = Store()
    store.troubles["tenants_with_due"] = [trouble]

    async def story() -> None:
        done = asyncio.Event()

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            done.set()

        working = Worker(store, handlers={KIND: handler})
        loop = asyncio.create_task(working.run())
        await done.wait()
        await working.stop()
        await loop

    asyncio.run(story())
    assert events(caplog)[0] == event


class Passing(Store):
    """A store whose time goes on after it was asked what is due next."""

    async def read(self, run: Callable[..., Any], command: Any, principal: Any) -> Any:
        try:
            return await super().read(run, command, principal)
        finally:
            if run.__name__ == "next_due":
                self.time.advance(1)


@pytest.mark.parametrize(("trouble", "seconds"), [([], 3_600), ([BUSY], 0.001), ([KeyError("a fault of ours")], 0.001)])
def test_a_worker_looks_when_the_next_job_becomes_due(
    monkeypatch: pytest.MonkeyPatch, trouble: list[Exception], seconds: float
) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", seconds)
    store = Passing()
    store.job = replace(store.job, run_at=later(NOON, seconds=0.01))
    store.troubles["next_due"] = trouble

    async def story() -> None:
        done = asyncio.Event()

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            done.set()

        working = Worker(store, handlers={KIND: handler})
        loop = asyncio.create_task(working.run())
        await done.wait()
        await working.stop()
        await loop

    asyncio.run(story())


@pytest.mark.parametrize(("rests", "claimed"), [(True, [1, 1, 1]), (False, [1, 0, 0])])
def test_attempts_that_rest_leave_their_places_to_others(rests: bool, claimed: list[int]) -> None:
    store = Store()

    async def story() -> list[int]:
        begun, may_go_on = asyncio.Semaphore(0), asyncio.Event()

        async def wait(_seconds: float) -> None:
            begun.release()
            await may_go_on.wait()

        async def handler(runner: Runner, hold: Hold, job: Job) -> None:
            await (rest(0.5) if rests else wait(0.5))

        working, counts = Worker(store, Settings(at_once=1), handlers={KIND: handler}, sleep=wait), []
        for count in range(3):
            store.job = Job(tenant=1, uid=str(count), kind=KIND, run_at=NOON)
            counts.append(await working.look())
            if counts[-1]:
                await begun.acquire()
        may_go_on.set()
        await working.run_once()
        return counts

    assert asyncio.run(story()) == claimed


def test_a_store_that_hangs_does_not_keep_a_worker_from_stopping(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.01)
    store = Store()
    store.hangs = {"give_back"}

    async def story() -> None:
        began = asyncio.Event()

        async def endless(runner: Runner, hold: Hold, job: Job) -> None:
            began.set()
            await asyncio.Event().wait()

        working = Worker(store, handlers={KIND: endless})
        loop = asyncio.create_task(working.run())
        await began.wait()
        await working.stop()
        await loop

    asyncio.run(story())
    assert events(caplog) == ["worker.left_leases"]
    assert store.job.state is JobState.RUNNING


def test_a_hint_that_comes_when_all_is_over_is_not_heard() -> None:
    store = Store()
    working = Worker(store, handlers={})
    working.hint()  # before it began

    async def story() -> None:
        loop = asyncio.create_task(working.run())
        await working.stop()
        await loop

    asyncio.run(story())
    working.hint()


class Closing:
    """An application that closes when it may, else after a minute."""

    def __init__(self) -> None:
        self.stopped = False
        self.may_close = threading.Event()

    def start(self, on_death: Callable[[], None] | None = None) -> None:
        return None

    async def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.may_close.wait(60)


def test_a_process_that_closes_too_slowly_ends_with_1(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CLOSING_SECONDS", 0.01)
    app = Closing()

    async def story() -> int:
        code = await process._close(app)
        app.may_close.set()
        return code

    assert asyncio.run(story()) == process.FAILED
    assert app.stopped
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "worker.close_timed_out"
    ]
