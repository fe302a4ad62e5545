"""The backlog of jobs and timers over all tenants, for operators."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.job import JobState
from dragoman.usecases.background.timers import TIMERS
from dragoman.usecases.uow import UnitOfWork


class Measure(msgspec.Struct, frozen=True):
    """Measure the backlog. Jobs are counted up to `most` per tenant and state. Run under the directory tenant."""

    most: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Backlog(msgspec.Struct, frozen=True):
    """The number of jobs in each state, and how many seconds ago the oldest due job or timer was due; 0 for none."""

    jobs: dict[str, int]
    job_seconds: float
    timer_seconds: dict[str, float]


def measure(uow: UnitOfWork, command: Measure) -> Backlog:
    """The figures of all states and timers, zeros included."""
    jobs = dict.fromkeys(map(str, JobState), 0) | uow.jobs.counts_everywhere(command.most)
    timers = uow.timers.longest_due(uow.now)
    return Backlog(
        jobs,
        _seconds(uow.jobs.longest_due(uow.now), uow.now),
        {name: _seconds(timers.get(name), uow.now) for name in TIMERS},
    )


def _seconds(since: Moment | None, now: Moment) -> float:
    return 0.0 if since is None else max(now - since, 0) / TICKS_PER_SECOND
