"""What a batch costs against its floor: one field of 100,000 tasks, with an outcome and a history row for each.

    python bench/bulk.py sqlite:////tmp/bench.db postgresql://…

Rounds are interleaved; the last line is JSON with the median ratio for each engine (the goal is 0.5), and how much of
their rate single updates at 16 callers keep while a batch runs. It asserts that every entry has its outcome and every
task its change.
"""

import argparse
import asyncio
import random
import statistics
import time

import msgspec
import sqlalchemy as sa
from bulk_floor import BulkFloor
from lane import Fill, SetPriority, fill, make_room, rate, set_priority

from dragoman.app import App
from dragoman.domain.access import Principal, system
from dragoman.domain.batch import Batch, Decision, Method, Status
from dragoman.domain.ids import new_id
from dragoman.jobs import batches as handlers
from dragoman.settings import load
from dragoman.store import tables
from dragoman.store.keys import ALONE, Alone
from dragoman.store.task_filters import TaskFilter
from dragoman.store.task_sorts import Sort
from dragoman.usecases import batches, people
from dragoman.usecases.jobs import Hold
from dragoman.usecases.uow import UnitOfWork

CHUNK = 1_000
CALLERS = 16
SECONDS = 3.0


class Order(msgspec.Struct, frozen=True):
    """A batch over so many tasks."""

    first: int
    count: int
    priority: int

    def keys(self) -> Alone:
        return ALONE


def order(uow: UnitOfWork, command: Order) -> str:
    """Make and approve it; the job that runs it is left to the caller, with its uid."""
    entries = msgspec.json.encode(
        [str(number) for number in range(command.first, command.first + command.count)]
    ).decode()
    data = msgspec.json.encode({"priority": command.priority}).decode()
    sent = batches.Order(Method.PATCH, "task", "id", entries, data, review=True, size=command.count)
    made = batches.create(uow, sent).batch
    prepared = uow.batches.save(made.prepare(at=uow.now))
    for job in uow.jobs.about(batches.PREPARE, made.number):
        uow.jobs.remove(job)
    batches.decide(uow, prepared, Decision.APPROVED)
    job = uow.jobs.about(batches.RUN, made.number)[0]
    uow.jobs.save(job.claim("bench", at=uow.now, lease_seconds=3_600.0))
    return job.uid


class Look(msgspec.Struct, frozen=True):
    """The batch of a job."""

    job: str

    def keys(self) -> Alone:
        return ALONE


def last_number(uow: UnitOfWork, command: Look) -> int:
    """The number of the newest task; 0 when there is none."""
    newest = uow.tasks.page(TaskFilter(), [Sort("number", descending=True)], limit=1)
    return newest[0].number if newest else 0


class Ours:
    """The product, driven as its worker drives it."""

    def __init__(self, url: str, tasks: int) -> None:
        self.app = App(load(overrides={"database": url})).open()
        self.tenant = self.app.ensure_tenant("main")
        self.tasks = tasks
        uid = new_id()  # a database that was benched before has others, and their tasks
        user = self.app.call(people.add_user, people.AddUser(uid, f"anna-{uid}"), self.tenant)
        self.anna: Principal = people.principal_of(user)
        self.first = self.app.call(last_number, Look(""), self.tenant) + 1
        for _ in range(tasks // CHUNK):
            self.app.call(fill, Fill(CHUNK), self.tenant, principal=self.anna)

    async def run(self, priority: int) -> float:
        """Give every task this priority by an approved batch; how many rows a second."""
        uid = self.app.call(
            order, Order(self.first, self.tasks, priority), self.tenant, principal=self.anna, dialect="bench"
        )
        job = self.app.call(lambda uow, look: uow.jobs.get(look.job), Look(uid), self.tenant)
        began = time.perf_counter()
        await handlers.run(self.app, Hold(uid, "bench", 1), job)
        seconds = time.perf_counter() - began
        self.check(job.subject or 0)
        return self.tasks / seconds

    async def update(self) -> None:
        """Change the priority of a random task and wait for the commit, as a request does."""
        command = SetPriority(self.first + random.randrange(self.tasks), random.randint(1, 1_000_000))
        await self.app.write(set_priority, command, system(self.tenant), "native")

    def check(self, number: int) -> None:
        """SystemExit unless every entry worked and has its outcome and its history."""
        batch: Batch = self.app.call(lambda uow, _: uow.batches.get(number), Look(""), self.tenant)
        done, outcomes = tables.history.c, tables.batch_outcome.c
        with self.app.store.engine.raw.connect() as connection:
            counted = [
                connection.execute(sa.select(sa.func.count()).where(*where)).scalar_one()
                for where in (
                    (outcomes.batch == number, outcomes.error.is_(None)),
                    (done.operation == batches.RUN, done.entity == "task", done.at >= batch.created_at),
                )
            ]
        if batch.status is not Status.COMPLETED or batch.success != self.tasks or min(counted) < self.tasks:
            raise SystemExit(f"{batch} has {counted} outcomes and history rows")


def say(line: str) -> None:
    """How it goes, at once."""
    print(line, flush=True)


async def compare(url: str, tasks: int, rounds: int) -> dict[str, float]:
    """The median ratios."""
    floor, ours = BulkFloor(url, tasks), Ours(url, tasks)
    ours.app.start()
    await ours.app.stop()  # its own worker: the batches are driven from here
    name, ratios, kept = url.split(":")[0], [], []
    for round_ in range(rounds):
        under = floor.run(100 + round_)
        above = await ours.run(100 + round_)
        ratios.append(above / under)
        say(f"{name:12} floor {under:8.0f} rows/s  batch {above:8.0f} rows/s  {ratios[-1]:.2f}")
        quiet = await rate(ours.update, CALLERS, SECONDS)
        batch = asyncio.create_task(ours.run(200 + round_))
        busy = await rate(ours.update, CALLERS, SECONDS)
        if batch.done():
            raise SystemExit("the batch was over too soon: take more tasks")
        rows = await batch
        kept.append(busy / quiet)
        say(f"{'':12} updates {quiet:6.0f}/s alone, {busy:6.0f}/s beside a batch of {rows:.0f} rows/s  {kept[-1]:.2f}")
    ours.app.close()
    return {
        "bulk_vs_floor": round(statistics.median(ratios), 3),
        "updates_kept_during_bulk": round(statistics.median(kept), 3),
    }


def main() -> None:
    """Compare on every database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    results = {}
    for url in options.urls:
        make_room(url)
        engine = "sqlite" if url.startswith("sqlite") else "postgres"
        figures = asyncio.run(compare(url, options.tasks, options.rounds))
        results |= {f"{name}_{engine}": figure for name, figure in figures.items()}
    print(msgspec.json.encode(results).decode())


if __name__ == "__main__":
    main()
