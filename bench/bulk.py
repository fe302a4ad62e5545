"""What a batch costs against its floor: one field of many tasks, with an outcome and a history row for each.

The batch is driven as the worker drives it, in this process. Beside it, single updates show how much of their rate they
keep while it runs. Every entry must have its outcome, and every task its change.
"""

import asyncio
import statistics
import time

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
from dragoman.domain.bulk import Batch, Decision, Method, Status
from dragoman.domain.job import JobKind
from dragoman.jobs.handlers import batches as handlers
from dragoman.store import tables
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.uow import UnitOfWork

CALLERS = 16


class Order(msgspec.Struct, frozen=True):
    """A batch over so many tasks."""

    first: int
    count: int
    priority: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def order(uow: UnitOfWork, command: Order) -> str:
    """Make and approve it; the job that runs it is left to the caller, with its uid."""
    entries = msgspec.json.encode(
        [str(number) for number in range(command.first, command.first + command.count)]
    ).decode()
    data = msgspec.json.encode({"priority": command.priority}).decode()
    sent = batches.NewBatch(Method.PATCH, "task", "id", entries, data, review=True, size=command.count)
    made = batches.create(uow, sent).batch
    prepared = uow.batches.save(made.prepare(at=uow.now))
    for job in uow.jobs.about(JobKind.BATCH_PREVIEW, made.number):
        uow.jobs.remove(job)
    control.decide(uow, prepared, Decision.APPROVE)
    job = uow.jobs.about(JobKind.BATCH_EXECUTE, made.number)[0]
    uow.jobs.save(job.claim("bench", at=uow.now, lease_seconds=3_600.0))
    return job.uid


class Look(msgspec.Struct, frozen=True):
    """The batch of a job."""

    job: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Batches(Lane):
    """Batches over all tasks of a database that other people have."""

    def __init__(self, place: World) -> None:
        super().__init__(place)
        self._loop.run_until_complete(self.app.stop())  # its own worker: the batches are driven from here
        self.paul = self._loop.run_until_complete(self._find())
        self.size = place.tasks

    async def _find(self) -> Principal:
        return await self.app.identity.principal(Credential(self._world.token), "127.0.0.1")

    def alone(self, priority: int) -> float:
        """Give every task this priority by an approved batch; how many rows a second."""
        return self._loop.run_until_complete(self._batch(priority))

    def beside(self, priority: int, seconds: float) -> float:
        """The rate of single updates while such a batch runs."""
        return self._loop.run_until_complete(self._beside(priority, seconds))

    async def _beside(self, priority: int, seconds: float) -> float:
        batch = asyncio.create_task(self._batch(priority))
        busy = await callers(self.update, CALLERS, seconds)
        if batch.done():
            raise SystemExit("the batch was over too soon: take more tasks")
        await batch
        return busy.rate

    async def _batch(self, priority: int) -> float:
        tenant = self._world.tenant
        sent = Order(self._world.first, self.size, priority)
        uid = self.app.executor.call(order, sent, tenant, principal=self.paul, dialect="bench")
        job = self.app.executor.call(lambda uow, look: uow.jobs.get(look.job), Look(uid), tenant)
        began = time.perf_counter()
        await handlers.run(self.app.executor, Hold(uid, "bench", 1), job)
        seconds = time.perf_counter() - began
        self._check(job.subject or 0)
        self.accepted += self.size
        return self.size / seconds

    def _check(self, number: int) -> None:
        batch: Batch = self.app.executor.call(lambda uow, _: uow.batches.get(number), Look(""), self._world.tenant)
        outcomes = tables.batch_outcome.c
        with self.app.store.engine.raw.connect() as connection:
            fine = sa.select(sa.func.count()).where(outcomes.batch == number, outcomes.error.is_(None))
            recorded = connection.execute(fine).scalar_one()
        if batch.status is not Status.COMPLETED or not batch.success == recorded == self.size:
            raise SystemExit(f"{batch} has {recorded} outcomes without an error")


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    size = bench.plan.entries
    floor = BulkFloor(bench.databases.empty(engine), size)
    ours = Batches(world.make(bench.databases, engine, size + world.OWN))
    ratios, kept = [], []
    for round_ in range(bench.plan.bulk_rounds):
        under, above = floor.run(100 + round_), ours.alone(1_000_000 + round_)
        ratios.append(above / under)
        bench.report(f"{engine:9}a batch of {size:,}: {above:.0f} rows/s, its floor {under:.0f} rows/s")
        quiet = ours.ask("lane", CALLERS, bench.plan.seconds).rate
        busy = ours.beside(2_000_000 + round_, bench.plan.seconds)
        kept.append(busy / quiet)
        bench.report(f"{engine:9}updates beside a batch: {busy:.0f}/s, alone {quiet:.0f}/s")
    ours.close()
    bench.figures[f"bulk_vs_floor_{engine}"] = round(statistics.median(ratios), 3)
    bench.figures[f"updates_kept_during_bulk_{engine}"] = round(statistics.median(kept), 3)
