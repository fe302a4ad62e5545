"""The runs of batches on outside types: requests to the other server, between transactions and never in one."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import TypeVar

from dragoman.delivery.pace import Later
from dragoman.domain import bulk_failures
from dragoman.domain.access import system
from dragoman.domain.bulk import Outcome
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.rests import rest
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.execution import outside_runs
from dragoman.usecases.batches.execution import runs as batch_runs
from dragoman.usecases.batches.execution.outside_runs import Next, Turn
from dragoman.usecases.batches.execution.outside_work import Work

log = logging.getLogger(__name__)

DIALECT = "core"
INCIDENT = "Internal Server Error"

R = TypeVar("R")
Own = Callable[[Runner, Hold, Job], Awaitable[None]]
Other = Callable[[Runner, Hold, Job, str], Awaitable[None]]


def by_type(own: Own, outside: Other) -> Own:
    """The handler for batches on types of ours, or the other one for outside types."""

    @wraps(own)
    async def handle(runner: Runner, hold: Hold, job: Job) -> None:
        ask = outside_runs.Ask(job.subject or 0)
        type_ = await runner.read(outside_runs.outside_type, ask, system(job.tenant))
        await (own(runner, hold, job) if type_ is None else outside(runner, hold, job, type_))

    return handle


class Halt:
    """Whether a run begins nothing more."""

    is_asked = False


async def run(runner: Runner, hold: Hold, job: Job, type_: str) -> None:
    """Send its entries, from the first one without an outcome, a few at the same time.

    A run that is cancelled begins nothing more, and still stores what comes of the requests that were sent.
    """
    halt = Halt()
    sending = asyncio.create_task(_send(runner, hold, job, type_, halt))
    runner.outside.watch(sending)
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        halt.is_asked = True
        raise


async def _send(runner: Runner, hold: Hold, job: Job, type_: str, halt: Halt) -> None:
    from dragoman.delivery import entries  # the client is slow to load, and few servers need it

    begin = batch_runs.Begin(hold)
    principal, kind = system(job.tenant), str(JobKind.BATCH_EXECUTE)
    progress = await runner.write(batch_runs.begin, begin, principal, DIALECT, operation=kind, bulk=True)
    if progress.is_over:
        return
    kept = runner.outside.kept
    async with runner.outside.collection(type_) as collection:

        async def perform(work: Work) -> Outcome:
            known: Outcome | None = kept.pop((work.batch, work.index), None)
            return known if known is not None else await entries.perform(collection, work)

        following = await _turn(runner, job, Turn(hold, job.subject or 0))
        while not following.is_over and not halt.is_asked:
            await wait_until(runner, following.ready_at)
            results = await all_of(following.works, perform)
            outcomes = [_outcome(*each) for each in zip(following.works, results, strict=True)]
            done = first_of(results, Later)
            for work, outcome in zip(following.works[done:], outcomes[done:], strict=True):
                if outcome is not None:
                    kept[work.batch, work.index] = outcome  # stored when those before it have theirs
            stored = tuple(outcome for outcome in outcomes[:done] if outcome is not None)
            takes = done == len(results) and not halt.is_asked
            following = await _turn(runner, job, Turn(hold, job.subject or 0, stored, takes=takes))
            if not following.is_over:
                raise_later(results)


async def all_of(works: Sequence[Work], call: Callable[[Work], Awaitable[R]]) -> list[R | Exception]:
    """The result of each call, or the error that it raised. All are cancelled together."""
    results = await asyncio.gather(*map(call, works), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
    return [result for result in results if not isinstance(result, BaseException) or isinstance(result, Exception)]


def first_of(results: Sequence[object], kind: type[Exception]) -> int:
    """The index of the first error of a kind, or the number of results."""
    return next((index for index, each in enumerate(results) if isinstance(each, kind)), len(results))


def raise_later(results: Sequence[object]) -> None:
    """Give the job back if the other server asked for a long pause."""
    seconds = max((each.seconds for each in results if isinstance(each, Later)), default=0.0)
    if seconds:
        raise Unavailable("outside_later", "The other server asks to come back later.", math.ceil(seconds))


def _outcome(work: Work, result: Outcome | Exception) -> Outcome | None:
    """A bug fails its entry alone. None for an entry that is to be sent later."""
    if isinstance(result, Outcome):
        return result
    if isinstance(result, Later):
        return None
    log_fault(work, result)
    failure = bulk_failures.server_failed(INCIDENT)
    return Outcome(work.index, error=failure, code=bulk_failures.code_of(failure))


def log_fault(work: Work, fault: Exception) -> None:
    """Log a bug that an entry met."""
    log.error("batch.entry_failed", extra={"batch": work.batch, "index": work.index}, exc_info=fault)


async def wait_until(runner: Runner, moment: Moment) -> None:
    """Wait for a moment that is less than a second ahead."""
    seconds = (moment - runner.clock.now()) / TICKS_PER_SECOND
    if seconds > 0:
        await rest(seconds)


async def _turn(runner: Runner, job: Job, turn: Turn) -> Next:
    principal, kind = system(job.tenant), str(JobKind.BATCH_EXECUTE)
    following: Next = await runner.write(outside_runs.turn, turn, principal, DIALECT, operation=kind, bulk=True)
    return following
