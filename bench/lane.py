"""What our lane costs against its floor: the same update, in one process, without HTTP.

    python bench/lane.py sqlite:////tmp/bench.db postgresql://…

Rounds are interleaved; the last line is JSON with the median ratio for each engine. The goal is 0.6 at 64 callers.
It asserts that history rows equal the accepted updates.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import sqlalchemy as sa
from floor import Floor
from msgspec.structs import replace

from dragoman.app import App
from dragoman.domain.access import Permission, system
from dragoman.domain.task import Task
from dragoman.settings import load
from dragoman.store import tables
from dragoman.store.keys import Keys
from dragoman.usecases import tasks
from dragoman.usecases.uow import UnitOfWork

TASKS = 20_000
CHUNK = 1_000


class Fill(msgspec.Struct, frozen=True):
    """Make some tasks."""

    count: int

    def keys(self) -> Keys:
        return Keys(numbers={"task"})


def fill(uow: UnitOfWork, command: Fill) -> None:
    """Tasks of the size that people write."""
    for index in range(command.count):
        tasks.add(uow, title=f"Call number {index}", description="x" * 120, priority=1)


class SetPriority(msgspec.Struct, frozen=True):
    """Change one field of one task."""

    number: int
    priority: int

    def keys(self) -> Keys:
        return Keys(tasks={self.number}, owners=tasks.SEEN_OWNERS)


def set_priority(uow: UnitOfWork, command: SetPriority) -> Task:
    """Permission, change, history: what a PATCH does behind HTTP."""
    task = tasks.get(uow, command.number, Permission.EDIT)
    return tasks.save(uow, task, replace(task, priority=command.priority))


class Ours:
    """The product's lane, driven as the server drives it."""

    def __init__(self, url: str) -> None:
        self.app = App(load(overrides={"database": url})).open()
        self.tenant = self.app.ensure_tenant("main")
        self.principal = system(self.tenant)
        for _ in range(TASKS // CHUNK):
            self.app.call(fill, Fill(CHUNK), self.tenant)
        self.before = self.history_rows()  # a database that was benched before keeps its history
        self.priorities = itertools.count(2)  # each is a change: the same priority again would leave no history
        self.accepted = 0

    async def update(self) -> None:
        """Change the priority of a random task and wait for the commit."""
        number = random.randint(1, TASKS)
        task = await self.app.write(set_priority, SetPriority(number, next(self.priorities)), self.principal, "native")
        self.accepted += task.revision > 1

    def history_rows(self) -> int:
        """How many updates left their history."""
        with self.app.store.engine.raw.connect() as connection:
            count = sa.select(sa.func.count()).where(tables.history.c.operation == "set_priority")
            return int(connection.execute(count).scalar_one())


async def rate(update: Callable[[], Awaitable[None]], callers: int, seconds: float) -> float:
    """Updates a second by so many callers, each waiting for its answer before it asks again."""
    done = 0
    end = time.perf_counter() + seconds

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await update()
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / seconds


async def compare(url: str, callers: tuple[int, ...], rounds: int, seconds: float) -> dict[str, float]:
    """The median ratio at each number of callers."""
    ours, floor = Ours(url), Floor(url, TASKS)
    ours.app.start()
    ratios: dict[int, list[float]] = {count: [] for count in callers}
    for _ in range(rounds):
        for count in callers:
            under = await rate(floor.update, count, seconds)
            above = await rate(ours.update, count, seconds)
            ratios[count].append(above / under)
            print(f"{url.split(':')[0]:12} callers {count:3}  floor {under:8.0f}/s  lane {above:8.0f}/s", flush=True)
    ours.app.close()
    rows = ours.history_rows() - ours.before
    if rows != ours.accepted:
        raise SystemExit(f"{rows} history rows for {ours.accepted} accepted updates")

    return {f"c{count}": round(statistics.median(found), 3) for count, found in ratios.items()}


def make_room(url: str) -> None:
    """Remove a SQLite file of an earlier bench, and what lies beside it."""
    if url.startswith("sqlite"):
        for path in Path(url.removeprefix("sqlite:///")).parent.glob(Path(url).name + "*"):
            path.unlink()


def main() -> None:
    """Compare on every database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--callers", default="1,16,64")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    callers = tuple(int(count) for count in options.callers.split(","))
    results = {}
    for url in options.urls:
        make_room(url)
        engine = "sqlite" if url.startswith("sqlite") else "postgres"
        results[f"lane_vs_floor_{engine}"] = asyncio.run(compare(url, callers, options.rounds, options.seconds))
    print(msgspec.json.encode(results).decode())


if __name__ == "__main__":
    main()
