"""What our lane costs against its floor: one field of one task, in one process, without HTTP.

The floor is the same idea with nothing of the product (`floor.py`). The goal was 0.6 at 64 callers.
"""

import asyncio
import itertools
import random

import msgspec
from msgspec.structs import replace

from bench import world
from bench.contenders import Here
from bench.floor import Floor
from bench.in_process import callers
from bench.load import Answers
from bench.plan import Bench
from bench.world import World
from dragoman.command import Keys
from dragoman.domain.access import Permission, system
from dragoman.domain.task import Task
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

CALLERS = 64
WORK = "lane"


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


class Lane(Here):
    """The product's lane, driven as the server drives it."""

    name = "lane"
    works = (WORK,)

    def __init__(self, place: World) -> None:
        self._world = place
        self._loop = asyncio.new_event_loop()
        self.app = Application(load(overrides={"database": place.url})).open()
        self._loop.run_until_complete(self._start())
        self._principal = system(place.tenant)
        self._priorities = itertools.count(2)  # each is a change: the same priority again would leave no history
        self.accepted = 0

    async def _start(self) -> None:
        self.app.start()

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """See Contender."""
        return self._loop.run_until_complete(callers(self.update, connections, seconds))

    async def update(self) -> None:
        """Change the priority of a random task and wait for the commit."""
        number = self._world.first + random.randrange(self._world.tasks)
        await self.app.executor.write(
            set_priority, SetPriority(number, next(self._priorities)), self._principal, "native"
        )
        self.accepted += 1

    def close(self) -> None:
        """Stop, let go of the database, and see that history holds what was accepted."""
        self._loop.run_until_complete(self.app.stop())
        self.app.close()
        self._loop.close()
        rows = world.changes(self._world)
        if rows != self.accepted:
            raise SystemExit(f"{rows} history rows for {self.accepted} accepted updates")


class Under(Here):
    """The floor."""

    name = "its floor"
    works = (WORK,)

    def __init__(self, floor: Floor) -> None:
        self._floor, self._loop = floor, asyncio.new_event_loop()

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """See Contender."""
        return self._loop.run_until_complete(callers(self._floor.update, connections, seconds))


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    place = world.make(bench.databases, engine, bench.plan.few)
    lane, under = Lane(place), Under(Floor(bench.databases.empty(engine), bench.plan.few))
    bench.table.rounds(engine, [lane, under], [(WORK, CALLERS)], bench.plan.rounds, bench.plan.seconds)
    lane.close()
    bench.figures[f"lane_vs_floor_{engine}"] = bench.table.ratio(engine, WORK, CALLERS, lane.name, under.name)
