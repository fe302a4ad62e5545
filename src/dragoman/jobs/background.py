"""The background work of one process: the worker of jobs, and the loops beside it."""

import asyncio
from typing import TYPE_CHECKING

from dragoman.jobs.loops import deciders, digests, pruning, purge, reviews, timers, token_uses, zones
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.senders.senders import Senders
from dragoman.jobs.worker import Worker
from dragoman.metrics.snapshot import Snapshot
from dragoman.runtime.token_uses import TokenUses
from dragoman.settings import Jobs, Webhooks

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans


class Background:
    """Starts and stops the loops of a process."""

    def __init__(
        self,
        runner: Runner,
        settings: Jobs,
        folder: digests.Folder | None,
        uses: TokenUses,
        *,
        webhooks: Webhooks,
        poll_seconds: float,
    ) -> None:
        self.worker = Worker(runner, settings)
        self.senders = Senders(runner, webhooks, poll_seconds=poll_seconds)
        self._runner = runner
        self._folder = folder
        self._uses = uses
        self._timers = timers.Loop(runner)
        self._loops: list[asyncio.Task[None]] = []

    def start(self, spans: "Spans | None" = None) -> None:
        self.worker.trace(spans)
        loops = (
            digests.run(self._runner, self._folder),
            pruning.run(self._runner),
            purge.run(self._runner),
            reviews.run(self._runner),
            token_uses.run(self._runner, self._uses),
            zones.run(self._runner),
            deciders.run(self._runner),
            self._timers.run(),
            self.worker.run(),
            self.senders.run(),
        )
        self._loops = [asyncio.get_running_loop().create_task(loop) for loop in loops]

    def hint(self) -> None:
        """There are jobs or deliveries. May be called from any thread."""
        self.worker.hint()
        self.senders.hint()

    async def stop(self) -> None:
        """Take no more work, finish the slices that run, and give back the jobs."""
        if self._loops:
            await asyncio.gather(self.worker.stop(), self.senders.stop())
            await self._runner.outside.stop()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._loops:
            await token_uses.store(self._runner, self._uses)

    def measure(self, snapshot: Snapshot) -> None:
        self._timers.measure(snapshot)
        self.worker.measure(snapshot)
