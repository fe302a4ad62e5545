"""Our own store without HTTP: the same use case, through the same lane, called in this process."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvloop

from bench.contenders import Here
from bench.load import Answers
from bench.world import WORDS, World
from dragoman.dialects.kit.credentials import Credential
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.tasks import edits as task_edits

STRIDE = 7_919  # as in requests.lua


async def callers(ask: Callable[[], Awaitable[None]], count: int, seconds: float) -> Answers:
    """So many callers, each waiting for its answer before it asks again."""
    took: list[float] = []
    began = time.perf_counter()

    async def caller() -> float:
        present = time.perf_counter()
        while present < began + seconds:
            await ask()
            asked, present = present, time.perf_counter()
            took.append(present - asked)
        return present - began

    ended = await asyncio.gather(*(caller() for _ in range(count)))
    took.sort()
    middle, high = took[len(took) // 2], took[int(len(took) * 0.99)]
    return Answers(len(took), len(took) * count / sum(ended), middle * 1e3, high * 1e3)


class WithoutHttp(Here):
    """The use case of a PATCH, with a prepared command, and without rendering the reply."""

    name = "no HTTP"
    works = ("update",)

    def __init__(self, world: World) -> None:
        self._world, self._turns = world, itertools.count()
        self._loop = uvloop.new_event_loop()
        self._app = Application(load(overrides={"database": world.url})).open()
        self._loop.run_until_complete(self._start())
        self.accepted = 0

    async def _start(self) -> None:
        self._app.start()
        self._paul = await self._app.identity.principal(Credential(self._world.token), "127.0.0.1")

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """See Contender."""
        return self._loop.run_until_complete(callers(self._update, connections, seconds))

    async def _update(self) -> None:
        turn = next(self._turns)
        number = self._world.first + turn * STRIDE % self._world.tasks
        command = task_edits.Change(
            number,
            fields={"title": f"Call {turn}", "description": f"{turn}: {WORDS}"},
            properties={"reference": f"R-{turn}"},
            revisions=frozenset({1 + turn // self._world.tasks}),
        )
        await self._app.executor.write(task_edits.change, command, self._paul, "native")
        self.accepted += 1

    def close(self) -> None:
        """Stop, and let go of the database."""
        self._loop.run_until_complete(self._app.stop())
        self._app.close()
        self._loop.close()


@contextmanager
def without_http(world: World) -> Iterator[WithoutHttp]:
    """The store, open."""
    opened = WithoutHttp(world)
    try:
        yield opened
    finally:
        opened.close()
