"""What a batch costs against its floor: one field of many tasks, with an outcome and a history row for each.

The batch is driven as the worker drives it, in this process. Beside it, single updates show how much of their rate they
keep while it runs. Every entry must have its outcome, and every task its change.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from bench import world
from bench.bulk_floor import BulkFloor
from bench.in_process import callers
from bench.lane import Lane
from bench.plan import Bench
from bench.world import World
from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit.credentials import Credential
from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Decision, Method, OnChange, Status
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.handlers import batch_previews
from dragoman.jobs.handlers import batches as handlers
from dragoman.jobs.handlers.registry import Handler
from dragoman.store import tables
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.outcomes import undo as undoing
from dragoman.usecases.uow import UnitOfWork

CALLERS = 16


class Order(msgspec.Struct, frozen=True):
    """A batch over so many tasks."""

    first: int
    count: int
    priority: int
    on_change: OnChange = OnChange.FAIL

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def order(uow: UnitOfWork, command: Order) -> int:
    """Make it; the number of the batch."""
    entries = msgspec.json.encode(
        [str(number) for number in range(command.first, command.first + command.count)]
    ).decode()
    data = msgspec.json.encode({"priority": command.priority}).decode()
    options = batches.Options(on_change=command.on_change)
    sent = batches.NewBatch(Method.PATCH, "task", "id", entries, data, review=True, size=command.count, options=options)
    return batches.create(uow, sent).batch.number


class About(msgspec.Struct, frozen=True):
    """A batch, by its number; and the kind of a job that is about it."""

    batch: int
    kind: JobKind = JobKind.BATCH_PREVIEW

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find(uow: UnitOfWork, command: About) -> Batch:
    """The batch."""
    return uow.batches.get(command.batch)


def claim(uow: UnitOfWork, command: About) -> Job:
    """The job of this kind, which is ours for an hour."""
    job = uow.jobs.about(command.kind, command.batch)[-1]
    return uow.jobs.save(job.claim("bench", at=uow.now, lease_seconds=3_600.0))


def approve(uow: UnitOfWork, command: About) -> None:
    """Approve it as it is."""
    control.decide(uow, uow.batches.get(command.batch), Decision.APPROVE)


def take_back(uow: UnitOfWork, command: About) -> str:
    """Make the batch that undoes it; its id."""
    return undoing.undo(uow, undoing.Undo(batch=command.batch)).batch.uid


class Named(msgspec.Struct, frozen=True):
    """A batch, by its id."""

    uid: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Rates(NamedTuple):
    """Entries a second: of the preview, of the run, and of the run that takes it back."""

    preview: float
    run: float
    undo: float


class Batches(Lane):
    """Batches over all tasks of a database that other people have."""

    def __init__(self, place: World) -> None:
        super().__init__(place)
        self._loop.run_until_complete(self.app.stop())  # its own worker: the batches are driven from here
        self.paul = self._loop.run_until_complete(self._find())
        self.size = place.tasks

    async def _find(self) -> Principal:
        return await self.app.identity.principal(Credential(self._world.token), "127.0.0.1")

    def alone(self, priority: int) -> Rates:
        """Give every task this priority by an approved batch, and take it back."""
        return self._loop.run_until_complete(self._reviewed(priority))

    def beside(self, priority: int, seconds: float) -> float:
        """The rate of single updates while such a batch runs."""
        return self._loop.run_until_complete(self._beside(priority, seconds))

    def previewed(self, priority: int) -> int:
        """Make such a batch with its preview, and leave it under review; its number."""
        number: int = self._do(order, Order(self._world.first, self.size, priority))
        self._loop.run_until_complete(self._prepared(number))
        return number

    async def _beside(self, priority: int, seconds: float) -> float:
        # Callers change some of the tasks behind the preview.
        number = self._do(order, Order(self._world.first, self.size, priority, OnChange.PROCEED))
        await self._prepared(number)
        batch = asyncio.create_task(self._run(number))
        busy = await callers(self.update, CALLERS, seconds)
        if batch.done():
            raise SystemExit("the batch was over too soon: take more tasks")
        await batch
        return busy.rate

    async def _reviewed(self, priority: int) -> Rates:
        number = self._do(order, Order(self._world.first, self.size, priority))
        preview = await self._prepared(number)
        run = await self._run(number)
        undo = self._do(lambda uow, named: uow.batches.get(named.uid).number, Named(self._do(take_back, About(number))))
        await self._job(undo, JobKind.BATCH_FILL, handlers.fill)
        await self._prepared(undo)
        return Rates(preview, run, await self._run(undo))

    async def _prepared(self, number: int) -> float:
        """Make its preview; entries a second."""
        rate = await self._job(number, JobKind.BATCH_PREVIEW, batch_previews.prepare)
        batch = self._do(find, About(number))
        if batch.status is not Status.IN_REVIEW or batch.summary is None or batch.summary.will_change != self.size:
            raise SystemExit(f"{batch} is not as it should be previewed")
        return rate

    async def _run(self, number: int) -> float:
        """Approve and run it; entries a second."""
        self._do(approve, About(number))
        rate = await self._job(number, JobKind.BATCH_EXECUTE, handlers.run)
        self._check(number)
        self.accepted += self.size
        return rate

    async def _job(self, number: int, kind: JobKind, handler: Handler) -> float:
        job = self._do(claim, About(number, kind))
        began = time.perf_counter()
        await handler(self.app.executor, Hold(job.uid, "bench", 1), job)
        return self.size / (time.perf_counter() - began)

    def _do(self, run: Callable[..., Any], command: Any) -> Any:
        return self.app.executor.call(run, command, self._world.tenant, principal=self.paul, dialect="bench")

    def _check(self, number: int) -> None:
        batch: Batch = self._do(find, About(number))
        outcomes = tables.batch_outcome.c
        with self.app.store.engine.raw.connect() as connection:
            fine = sa.select(sa.func.count()).where(outcomes.batch == number, outcomes.error.is_(None))
            recorded = connection.execute(fine).scalar_one()
        if batch.status is not Status.COMPLETED or not batch.success == recorded == self.size:
            raise SystemExit(f"{batch} has {recorded} outcomes without an error")


def _floor(bench: Bench, place: World) -> BulkFloor:
    """The floor, on a copy of the database with the same batch and its preview."""
    copy = bench.databases.copy(place)
    batches = Batches(copy)
    number = batches.previewed(3_000_000)
    batches.close()
    world.settle(copy.url)
    return BulkFloor(copy, number)


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    size = bench.plan.entries
    place = world.make(bench.databases, engine, size + world.OWN)
    floor = _floor(bench, place)
    ours = Batches(place)
    ratios: dict[str, list[float]] = {"bulk_vs_floor": [], "preview_vs_run": [], "undo_vs_run": []}
    kept = []
    for round_ in range(bench.plan.bulk_rounds):
        under, above = floor.run(100 + round_), ours.alone(1_000_000 + round_)
        ratios["bulk_vs_floor"].append(above.run / under)
        ratios["preview_vs_run"].append(above.preview / above.run)
        ratios["undo_vs_run"].append(above.undo / above.run)
        bench.report(
            f"{engine:9}a batch of {size:,}: {above.run:.0f} rows/s, its floor {under:.0f} rows/s; "
            f"its preview {above.preview:.0f} rows/s, its undo {above.undo:.0f} rows/s"
        )
        quiet = ours.ask("lane", CALLERS, bench.plan.seconds).rate
        busy = ours.beside(2_000_000 + round_, bench.plan.seconds)
        kept.append(busy / quiet)
        bench.report(f"{engine:9}updates beside a batch: {busy:.0f}/s, alone {quiet:.0f}/s")
    ours.close()
    for name, found in ratios.items():
        bench.figures[f"{name}_{engine}"] = round(statistics.median(found), 3)
    bench.figures[f"updates_kept_during_bulk_{engine}"] = round(statistics.median(kept), 3)
