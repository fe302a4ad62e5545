"""The job of a new batch: resolve its selection, make its preview slice by slice, and prepare it for its review.

A slice is two transactions: one that tries its entries and is rolled back, and one that stores what was found.
"""

import asyncio
import logging
from functools import partial
from typing import Any

from msgspec.structs import replace

from dragoman.domain.access import system
from dragoman.domain.bulk import Effect, Preview
from dragoman.domain.bulk_sums import Sums
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import Job, JobKind, LeaseLost
from dragoman.jobs.handlers import batches
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.slices import FIRST, LARGEST, next_size, pause
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.content import selections
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.execution import runs as batch_runs
from dragoman.usecases.batches.review import previewing
from dragoman.usecases.batches.review.previewing import Slice, SliceTried, Stage, Step, Tried

log = logging.getLogger(__name__)


async def prepare(runner: Runner, hold: Hold, job: Job) -> None:
    """Prepare a batch, from where an earlier attempt ended."""
    await prepare_with(Making(runner, hold, job), runner, hold, job)


async def prepare_with(making: "Making", runner: Runner, hold: Hold, job: Job) -> None:
    """The same with another way to make the preview."""
    write = partial(batches.write, runner, job, kind=JobKind.BATCH_PREVIEW)
    stage: Stage = await write(previewing.begin, previewing.Begin(hold))
    size = FIRST
    if stage.step is Step.SELECT:
        if not await _select(runner, hold, job):
            return
        stage = await write(previewing.begin, previewing.Begin(hold))
    while stage.step is Step.CLEAR:
        stage = await write(previewing.clear, previewing.Clear(hold, size))
        size, _ = await _next(runner, size, 0.0)
    if stage.step is Step.PREVIEW or stage.cursor:
        stage = await making.run(stage)
    if stage.step is Step.PREPARE:
        await write(batch_runs.prepare, making.prepared())


async def _select(runner: Runner, hold: Hold, job: Job) -> bool:
    """Resolve the selection into entries. Whether the batch goes on."""
    write = partial(batches.write, runner, job, kind=JobKind.BATCH_PREVIEW)
    while not await write(selections.clear, selections.Clear(hold)):
        await _next(runner, FIRST, 0.0)
    first, after, is_last, goes_on = 0, 0, False, True
    while goes_on and not is_last:
        command = selections.Find(job.subject or 0, after)
        found: selections.Found = await runner.read(selections.find, command, system(job.tenant))
        is_last = len(found) < command.limit
        kept = selections.Keep(hold, first, [id_ for _, id_ in found], is_last)
        goes_on = await write(selections.keep, kept)
        first, after = first + len(found), found[-1][0] if found else after
        await _next(runner, FIRST, 0.0)
    return goes_on


async def _next(runner: Runner, size: int, before: float) -> tuple[int, float]:
    """The size of the next slice, after the pause for requests. `before`: how long its earlier transaction took."""
    pressure = runner.pressure()
    seconds = before + pressure.bulk_seconds
    if wait := pause(seconds, pressure):
        await asyncio.sleep(wait)
    return next_size(size, seconds, pressure), seconds


class Making:
    """The making of one preview."""

    def __init__(self, runner: Runner, hold: Hold, job: Job) -> None:
        self._runner, self._hold, self._job = runner, hold, job
        self._sums = Sums()
        self._touches_others = False
        self._content: Content = batches.NOTHING

    async def run(self, stage: Stage) -> Stage:
        """Try and store the entries that have no row yet."""
        size = FIRST
        while stage.step is Step.PREVIEW:
            await self._recount(stage.cursor)
            tried, seconds = await self._tried(stage, size)
            stage = await self._stored(stage, tried)
            size, _ = await _next(self._runner, len(tried.rows) or size, seconds)
        await self._recount(stage.cursor)
        return stage

    def prepared(self) -> batch_runs.Prepare:
        """What the preview adds up to; nothing for a batch that has none."""
        if not self._sums.count:
            return batch_runs.Prepare(self._hold)
        return batch_runs.Prepare(self._hold, self._sums.summary(), self._sums.groups())

    async def _recount(self, cursor: int) -> None:
        """Count the rows of an earlier attempt."""
        while self._sums.count < cursor:
            command = previewing.Count(self._job.subject or 0, self._sums.count, LARGEST)
            known: Tried = await self._runner.read(previewing.count, command, system(self._job.tenant))
            if not known.rows:
                return  # the batch was deleted
            self._add(known)

    def _add(self, tried: Tried) -> None:
        self._sums.add((row.effect for row in tried.rows), tried.changes)
        self._touches_others = self._touches_others or bool(tried.beside)

    async def _tried(self, stage: Stage, size: int) -> tuple[Tried, float]:
        """What becomes of the next entries, and how long it took. A slice that hits a bug is repeated with its first
        entry alone."""
        self._content = await batches.content_at(self._runner, self._job, stage.cursor, self._content)
        made = self._sums.made() if self._content.entries is None else 0
        members = frozenset(self._sums.members)
        command = Slice(
            self._hold, self._content, stage.dialect, stage.cursor, size, members, made, self._touches_others
        )
        try:
            return await self._try(command), self._runner.pressure().bulk_seconds
        except (LeaseLost, Unavailable):
            raise
        except Exception as fault:  # house: ok, because a failing entry must not stop the next ones
            where = {"batch": self._job.subject, "first": stage.cursor}
            if size > 1:
                log.warning("batch.slice_failed", extra=where, exc_info=fault)
                return await self._first(command), self._runner.pressure().bulk_seconds
            return self._failed(stage.cursor, fault), 0.0

    async def _first(self, command: Slice) -> Tried:
        try:
            return await self._try(replace(command, size=1))
        except (LeaseLost, Unavailable):
            raise
        except Exception as fault:  # house: ok, because a failing entry must not stop the next ones
            return self._failed(command.first, fault)

    def _failed(self, index: int, fault: Exception) -> Tried:
        log.error("batch.entry_failed", extra={"batch": self._job.subject, "index": index}, exc_info=fault)
        return Tried([Preview(index, Effect.INVALID, error=batches.failure_of(fault))], [[]])

    async def _try(self, command: Slice) -> Tried:
        try:
            await self._write(previewing.try_slice, command)
        except SliceTried as done:
            return done.tried
        raise TypeError("a slice that was tried must end with an error")

    async def _stored(self, stage: Stage, tried: Tried) -> Stage:
        command = previewing.Store(self._hold, stage.cursor, tried.rows, tried.beside)
        following: Stage = await self._write(previewing.store, command)
        if following.cursor == stage.cursor + len(tried.rows):
            self._add(tried)
        return following

    async def _write(self, run: Any, command: Any) -> Any:
        return await batches.write(self._runner, self._job, run, command, JobKind.BATCH_PREVIEW)
