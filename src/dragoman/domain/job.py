"""Jobs: background work, stored in the transaction of its cause.

A job belongs to the worker that holds its lease, even if an earlier worker is still alive. Every write of a worker
names the owner and the attempt, so that a worker whose lease expired writes nothing.
"""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict

LEASE_SECONDS = 30.0
"""The default of the setting `jobs.lease_seconds`: how long a worker keeps a job without renewing its lease."""
ATTEMPTS = 20
LONGEST_PAUSE_SECONDS = 600.0
LONGEST_ERROR = 1_000


class JobKind(StrEnum):
    """What a job does. `jobs/handlers/registry.py` has a handler for each kind."""

    BATCH_FILL = "batch.fill"
    BATCH_PREVIEW = "batch.preview"
    BATCH_EXECUTE = "batch.execute"
    BATCH_ABANDON = "batch.abandon"
    BATCH_FORGET = "batch.forget"
    BATCH_CLEAR = "batch.clear"
    BATCH_AUDIENCES = "batch.audiences"
    USER_HAND_OVER = "user.hand_over"
    ZONES_RECOMPUTE = "zones.recompute"
    ALIAS_CLAIM = "alias.claim"
    EVENTS_PRUNE = "events.prune"


FORMER = {"batch.prepare": JobKind.BATCH_PREVIEW, "batch.run": JobKind.BATCH_EXECUTE}
"""Kinds of earlier versions, whose jobs may still wait. Batches of this version have kinds of their own, so that a node
of an earlier version does not run them without their preview."""


class JobState(StrEnum):
    """The state of a job. The transitions are the methods of `Job`; `ARROWS` lists them."""

    SCHEDULED = "scheduled"  # not due yet
    AVAILABLE = "available"
    RUNNING = "running"
    RETRYABLE = "retryable"  # failed; waits for its next attempt
    COMPLETED = "completed"
    DISCARDED = "discarded"  # failed too often; needs an operator
    CANCELLED = "cancelled"


WAITING = frozenset({JobState.SCHEDULED, JobState.AVAILABLE, JobState.RETRYABLE})
ENDED = frozenset({JobState.COMPLETED, JobState.DISCARDED, JobState.CANCELLED})

ARROWS: tuple[tuple[JobState, str, JobState], ...] = (
    (JobState.SCHEDULED, "claim", JobState.RUNNING),
    (JobState.AVAILABLE, "claim", JobState.RUNNING),
    (JobState.RETRYABLE, "claim", JobState.RUNNING),
    (JobState.RUNNING, "claim", JobState.RUNNING),  # the lease expired: another attempt
    (JobState.RUNNING, "claim", JobState.DISCARDED),  # the lease of the last attempt expired
    (JobState.RUNNING, "complete", JobState.COMPLETED),
    (JobState.RUNNING, "retry", JobState.RETRYABLE),
    (JobState.RUNNING, "retry", JobState.DISCARDED),
    (JobState.RUNNING, "give_back", JobState.AVAILABLE),
    (JobState.RUNNING, "give_back", JobState.SCHEDULED),  # with a pause
    (JobState.SCHEDULED, "move", JobState.AVAILABLE),
    (JobState.AVAILABLE, "move", JobState.SCHEDULED),
    (JobState.SCHEDULED, "cancel", JobState.CANCELLED),
    (JobState.AVAILABLE, "cancel", JobState.CANCELLED),
    (JobState.RETRYABLE, "cancel", JobState.CANCELLED),
    (JobState.RUNNING, "cancel", JobState.CANCELLED),
)
"""All transitions: from, verb, to."""


class LeaseLost(Conflict):
    """Another attempt holds the job: this one must write nothing."""


class Job(msgspec.Struct, frozen=True):
    """One job of a tenant. `kind` is a JobKind, or a kind of a newer release; `subject` is the number of its entity."""

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
    priority: int = 0  # of those that are due the highest is claimed first
    row_version: int = 1

    def is_due(self, now: Moment) -> bool:
        """Whether it can be claimed now: its time has come, or its lease expired."""
        if self.state is JobState.RUNNING:
            return self.lease_until is not None and self.lease_until <= now
        return self.state in WAITING and self.run_at <= now

    def claim(self, owner: str, *, at: Moment, lease_seconds: float = LEASE_SECONDS) -> "Job":
        """Start an attempt by `owner`. An expired lease counts as a failed attempt; after the last one the job is
        discarded, so that a job that kills its workers is not tried forever."""
        if not self.is_due(at):
            raise Conflict("job_not_due", f"The job is {self.state}.")
        if self.state is JobState.RUNNING and self.attempt >= ATTEMPTS:
            return self._free(
                JobState.DISCARDED, finished_at=at, error=self.error or "The lease of the last attempt expired."
            )
        return replace(
            self,
            state=JobState.RUNNING,
            owner=owner,
            lease_until=later(at, seconds=lease_seconds),
            attempt=self.attempt + 1,
        )

    def held(self, owner: str, attempt: int) -> "Job":
        """The job itself if this attempt holds it. LeaseLost otherwise."""
        if self.state is not JobState.RUNNING or (self.owner, self.attempt) != (owner, attempt):
            raise LeaseLost("lease_lost", "Another worker has the job.")
        return self

    def prolong(self, *, at: Moment, lease_seconds: float = LEASE_SECONDS) -> "Job":
        """Renew the lease from now."""
        return replace(self, lease_until=later(at, seconds=lease_seconds))

    def complete(self, *, at: Moment) -> "Job":
        return self._free(JobState.COMPLETED, finished_at=at, error=None)

    def retry(self, error: str, *, at: Moment) -> "Job":
        """Schedule another attempt after a pause that doubles, or discard the job after the last attempt."""
        error = error[:LONGEST_ERROR]
        if self.attempt >= ATTEMPTS:
            return self._free(JobState.DISCARDED, finished_at=at, error=error)
        pause = min(2.0 ** (self.attempt - 1), LONGEST_PAUSE_SECONDS)
        return self._free(JobState.RETRYABLE, run_at=later(at, seconds=pause), error=error)

    def give_back(self, *, at: Moment, pause_seconds: float = 0.0) -> "Job":
        """Release it without counting the attempt: its worker stops, the server is busy, or it is to go on later."""
        state = JobState.SCHEDULED if pause_seconds else JobState.AVAILABLE
        return self._free(state, run_at=later(at, seconds=pause_seconds), attempt=self.attempt - 1)

    def move(self, run_at: Moment, priority: int, *, at: Moment) -> "Job":
        """Change when it runs, and its priority. A job that waits for another attempt keeps its moment; one that runs
        or has ended doesn't change."""
        if self.state not in WAITING:
            return self
        if self.state is JobState.RETRYABLE:
            return replace(self, priority=priority)
        state = JobState.SCHEDULED if run_at > at else JobState.AVAILABLE
        return replace(self, state=state, run_at=run_at, priority=priority)

    def cancel(self, *, at: Moment) -> "Job":
        """Cancel it: a running attempt loses its lease. Does nothing to a job that has ended."""
        return self if self.state in ENDED else self._free(JobState.CANCELLED, finished_at=at)

    def _free(self, state: JobState, **changes: Any) -> "Job":
        return replace(self, state=state, owner=None, lease_until=None, **changes)
