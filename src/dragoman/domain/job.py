"""Jobs: what is done later, written in the transaction of its cause. A lease decides who does it, not the doer's life.

Every write of a worker names the owner and the attempt that it was given, so that one which was only asleep writes
nothing any more.
"""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict

LEASE_SECONDS = 30.0
"""So long a worker that says nothing more keeps a job, unless the setting `jobs.lease_seconds` says otherwise."""
ATTEMPTS = 20
LONGEST_PAUSE_SECONDS = 600.0
LONGEST_ERROR = 1_000


class JobState(StrEnum):
    """Where a job stands. The arrows are the methods of `Job`; `ARROWS` names them."""

    SCHEDULED = "scheduled"  # its moment has not come
    AVAILABLE = "available"
    RUNNING = "running"
    RETRYABLE = "retryable"  # it failed, and waits before it is tried again
    COMPLETED = "completed"
    DISCARDED = "discarded"  # it failed too often; somebody must look
    CANCELLED = "cancelled"


WAITING = frozenset({JobState.SCHEDULED, JobState.AVAILABLE, JobState.RETRYABLE})
ENDED = frozenset({JobState.COMPLETED, JobState.DISCARDED, JobState.CANCELLED})

ARROWS: tuple[tuple[JobState, str, JobState], ...] = (
    (JobState.SCHEDULED, "claim", JobState.RUNNING),
    (JobState.AVAILABLE, "claim", JobState.RUNNING),
    (JobState.RETRYABLE, "claim", JobState.RUNNING),
    (JobState.RUNNING, "claim", JobState.RUNNING),  # its holder's lease ran out: another attempt
    (JobState.RUNNING, "claim", JobState.DISCARDED),  # and that attempt was the last
    (JobState.RUNNING, "complete", JobState.COMPLETED),
    (JobState.RUNNING, "retry", JobState.RETRYABLE),
    (JobState.RUNNING, "retry", JobState.DISCARDED),
    (JobState.RUNNING, "give_back", JobState.AVAILABLE),
    (JobState.RUNNING, "give_back", JobState.SCHEDULED),  # for a moment
    (JobState.SCHEDULED, "cancel", JobState.CANCELLED),
    (JobState.AVAILABLE, "cancel", JobState.CANCELLED),
    (JobState.RETRYABLE, "cancel", JobState.CANCELLED),
    (JobState.RUNNING, "cancel", JobState.CANCELLED),
)
"""From, by which verb, to. There are no others."""


class LeaseLost(Conflict):
    """The job is another's by now: nothing of this attempt is written any more."""


class Job(msgspec.Struct, frozen=True):
    """One job of a tenant: its kind, what it is about, when it may run, and who has it."""

    tenant: int
    uid: str
    kind: str
    subject: int | None = None
    args: dict[str, Any] = {}
    state: JobState = JobState.AVAILABLE
    run_at: Moment = Moment(0)
    owner: str | None = None
    lease_until: Moment | None = None
    attempt: int = 0
    error: str | None = None
    created_at: Moment = Moment(0)
    finished_at: Moment | None = None
    row_version: int = 1

    def is_due(self, now: Moment) -> bool:
        """Whether somebody may take it now: its moment has come, or its holder's lease ran out."""
        if self.state is JobState.RUNNING:
            return self.lease_until is not None and self.lease_until <= now
        return self.state in WAITING and self.run_at <= now

    def claim(self, owner: str, *, at: Moment, lease_seconds: float = LEASE_SECONDS) -> "Job":
        """Give it to `owner` for one lease. A lease that ran out has cost an attempt: one whose last attempt it was
        is discarded instead, or a job that kills its workers would go round for ever."""
        if not self.is_due(at):
            raise Conflict("job_not_due", f"The job is {self.state}.")
        if self.state is JobState.RUNNING and self.attempt >= ATTEMPTS:
            return self._free(JobState.DISCARDED, finished_at=at, error=self.error or "Its workers were lost.")
        return replace(
            self,
            state=JobState.RUNNING,
            owner=owner,
            lease_until=later(at, seconds=lease_seconds),
            attempt=self.attempt + 1,
        )

    def held(self, owner: str, attempt: int) -> "Job":
        """The job itself, if this owner still has it in this attempt. LeaseLost otherwise."""
        if self.state is not JobState.RUNNING or (self.owner, self.attempt) != (owner, attempt):
            raise LeaseLost("lease_lost", "Another has the job by now.")
        return self

    def prolong(self, *, at: Moment, lease_seconds: float = LEASE_SECONDS) -> "Job":
        """Hold it for one more lease, from now."""
        return replace(self, lease_until=later(at, seconds=lease_seconds))

    def complete(self, *, at: Moment) -> "Job":
        """It is done."""
        return self._free(JobState.COMPLETED, finished_at=at, error=None)

    def retry(self, error: str, *, at: Moment) -> "Job":
        """It failed: try again after a pause that doubles, or give it up visibly after the last attempt."""
        error = error[:LONGEST_ERROR]
        if self.attempt >= ATTEMPTS:
            return self._free(JobState.DISCARDED, finished_at=at, error=error)
        pause = min(2.0 ** (self.attempt - 1), LONGEST_PAUSE_SECONDS)
        return self._free(JobState.RETRYABLE, run_at=later(at, seconds=pause), error=error)

    def give_back(self, *, at: Moment, pause_seconds: float = 0.0) -> "Job":
        """Its holder stops, or can't go on just now, but did not fail: the attempt is not counted."""
        state = JobState.SCHEDULED if pause_seconds else JobState.AVAILABLE
        return self._free(state, run_at=later(at, seconds=pause_seconds), attempt=self.attempt - 1)

    def cancel(self, *, at: Moment) -> "Job":
        """It is not wanted any more: whoever runs it writes nothing from now on. One that has ended stays as it is."""
        return self if self.state in ENDED else self._free(JobState.CANCELLED, finished_at=at)

    def _free(self, state: JobState, **changes: Any) -> "Job":
        return replace(self, state=state, owner=None, lease_until=None, **changes)
