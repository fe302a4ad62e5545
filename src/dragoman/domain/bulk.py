"""Batches: one method applied to many objects, after review. States, counts and decisions, without I/O.

A dialect maps its own words onto these. The status of the batch decides the state of the task that represents it in
other dialects (`TASK_STATE`). Laws of the counts: processed = success + failure <= total; processed = total when
completed, 0 when cancelled.
"""

from enum import StrEnum

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.task import State


class Method(StrEnum):
    """What is done to each object."""

    POST = "POST"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Status(StrEnum):
    """The state of a batch. Values are stored."""

    CREATED = "created"
    IN_REVIEW = "pending_review"
    APPROVED = "approved"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Decision(StrEnum):
    """A reviewer's decision."""

    APPROVE = "approve"
    REFUSE = "refuse"


DECIDED = {Decision.APPROVE: Status.APPROVED, Decision.REFUSE: Status.CANCELLED}
"""The status that each decision leads to."""

ENDED = frozenset({Status.COMPLETED, Status.CANCELLED})
DELETABLE = ENDED | {Status.CREATED, Status.IN_REVIEW}
"""Statuses in which nothing is being executed."""

TASK_STATE: dict[Status, State] = {
    Status.CREATED: State.INACTIVE,
    Status.IN_REVIEW: State.READY,
    Status.APPROVED: State.RUNNING,
    Status.QUEUED: State.RUNNING,
    Status.RUNNING: State.RUNNING,
    Status.COMPLETED: State.COMPLETED,
    Status.CANCELLED: State.TERMINATED,
}
"""The state of the batch's task for each status."""


class Batch(msgspec.Struct, frozen=True):
    """One batch. `number` and `uid` are those of its task; `size` is its number of entries.

    The four counts are null until it is prepared. `cursor` is the index of the first entry without an outcome.
    """

    tenant: int
    number: int
    uid: str
    method: Method
    type: str
    field: str | None
    review: bool
    status: Status
    size: int
    total: int | None = None
    processed: int | None = None
    success: int | None = None
    failure: int | None = None
    cursor: int = 0
    creator: str | None = None
    scopes: tuple[str, ...] | None = None  # of the creator's token; null: all that the creator may do
    decided_by: str | None = None
    decided_at: Moment | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    row_version: int = 1

    def prepare(self, *, at: Moment) -> "Batch":
        """Set the counts to their start; wait for a decision, or for a worker. Does nothing if already prepared."""
        if self.status is not Status.CREATED:
            return self
        status = Status.IN_REVIEW if self.review else Status.QUEUED
        return replace(self, status=status, total=self.size, processed=0, success=0, failure=0, modified_at=at)

    def decide(self, decision: Decision, by: str, *, at: Moment) -> "Batch":
        """Approve or refuse. The decision that led to the present status changes nothing; otherwise Conflict unless
        the batch is in review."""
        if self.status is DECIDED[decision]:
            return self
        if self.status is not Status.IN_REVIEW:
            raise Conflict("batch_not_in_review", "The batch is not in review.", status=self.status)
        return replace(self, status=DECIDED[decision], decided_by=by, decided_at=at, modified_at=at)

    def queue(self, *, at: Moment) -> "Batch":
        """Let an approved batch wait for a worker."""
        return replace(self, status=Status.QUEUED, modified_at=at) if self.status is Status.APPROVED else self

    def run(self, *, at: Moment) -> "Batch":
        """Start a queued batch."""
        return replace(self, status=Status.RUNNING, modified_at=at) if self.status is Status.QUEUED else self

    def advance(self, success: int, failure: int, *, at: Moment) -> "Batch":
        """Count the outcomes of the next entries. The last outcome completes the batch."""
        cursor = self.cursor + success + failure
        return replace(
            self,
            cursor=cursor,
            processed=cursor,
            success=(self.success or 0) + success,
            failure=(self.failure or 0) + failure,
            status=Status.COMPLETED if cursor >= self.size else self.status,
            modified_at=at,
        )

    def give_up(self, *, at: Moment) -> "Batch":
        """Start to fail all entries without an outcome, because the batch can't be prepared or run to its end."""
        if self.status is not Status.CREATED:
            return replace(self, status=Status.RUNNING, modified_at=at)
        return replace(self.prepare(at=at), status=Status.RUNNING)

    def must_be_deletable(self) -> None:
        """Conflict while the batch is approved, queued or running."""
        if self.status not in DELETABLE:
            raise Conflict(
                "batch_executing", "The batch is being executed; it can't be deleted now.", status=self.status
            )


class BatchPayload(msgspec.Struct, frozen=True):
    """The entries and data of a batch as JSON text. Immutable, and stored apart because they are large."""

    tenant: int
    batch: str
    entries: str | None
    data: str | None
    row_version: int = 1


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of one entry. `error` is null for a success."""

    index: int
    key: str | None = None  # identifies the entry: JSON text
    error: str | None = None  # JSON text of a Failure (`bulk_failures.py`)
