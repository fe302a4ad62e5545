"""Batches: one method applied to many objects, after a person's review. Its states, its counts, pure decisions.

The batch's status is the truth; the task that stands for it in every other dialect follows (`TASK_STATE`).
Laws of the counts: processed = success + failure <= total; processed = total when completed, 0 when cancelled.
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
    """Where a batch stands (carrierx-batch.md 4)."""

    CREATED = "created"
    PENDING_REVIEW = "pending_review"
    APPROVED = "approved"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Decision(StrEnum):
    """What a reviewer may say."""

    APPROVED = "approved"
    CANCELLED = "cancelled"


DELETABLE = frozenset({Status.CREATED, Status.PENDING_REVIEW, Status.COMPLETED, Status.CANCELLED})
"""Statuses in which nothing is being executed."""

TASK_STATE: dict[Status, State] = {
    Status.CREATED: State.INACTIVE,
    Status.PENDING_REVIEW: State.READY,
    Status.APPROVED: State.RUNNING,
    Status.QUEUED: State.RUNNING,
    Status.RUNNING: State.RUNNING,
    Status.COMPLETED: State.COMPLETED,
    Status.CANCELLED: State.TERMINATED,
}
"""How each status reads elsewhere (carrierx-batch.md 15)."""


class Batch(msgspec.Struct, frozen=True):
    """One batch. `number` and `uid` are those of its task. `size` is how many operations it holds; the four counts
    are null until it was prepared. `cursor` is the first entry without an outcome."""

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
    scopes: tuple[str, ...] | None = None  # what the creator's token allowed; null: all that the creator may
    decided_by: str | None = None
    decided_at: Moment | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    row_version: int = 1

    def prepare(self, *, at: Moment) -> "Batch":
        """Its counts begin; it waits for a decision, or for a worker. One that was prepared stays as it is."""
        if self.status is not Status.CREATED:
            return self
        status = Status.PENDING_REVIEW if self.review else Status.QUEUED
        return replace(self, status=status, total=self.size, processed=0, success=0, failure=0, modified_at=at)

    def decide(self, decision: Decision, by: str, *, at: Moment) -> "Batch":
        """Approve or cancel it. What it is already stays; Conflict on anything but a batch under review."""
        if self.status is Status(decision):
            return self
        if self.status is not Status.PENDING_REVIEW:
            raise Conflict(
                "batch_not_in_review",
                f"status is {self.status}; only a task in pending_review can be approved or cancelled",
                status=str(self.status),
            )
        return replace(self, status=Status(decision), decided_by=by, decided_at=at, modified_at=at)

    def queue(self, *, at: Moment) -> "Batch":
        """It waits for a worker."""
        return replace(self, status=Status.QUEUED, modified_at=at) if self.status is Status.APPROVED else self

    def run(self, *, at: Moment) -> "Batch":
        """A worker has it."""
        return replace(self, status=Status.RUNNING, modified_at=at) if self.status is Status.QUEUED else self

    def advance(self, success: int, failure: int, *, at: Moment) -> "Batch":
        """So many more entries have their outcome. The last one completes it."""
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
        """It could not be prepared, or not be run to its end: its counts begin if they had not, and whatever has no
        outcome is about to fail."""
        if self.status is not Status.CREATED:
            return replace(self, status=Status.RUNNING, modified_at=at)
        return replace(self.prepare(at=at), status=Status.RUNNING)

    def must_be_deletable(self) -> None:
        """Conflict while it is being executed, or is about to be."""
        if self.status not in DELETABLE:
            raise Conflict("batch_executing", f"status is {self.status}; it can't be deleted while it executes")


class BatchPayload(msgspec.Struct, frozen=True):
    """What a batch was sent with, as JSON text: never changed, and large, so beside the batch,
    under its uid."""

    tenant: int
    batch: str
    entries: str | None
    data: str | None
    row_version: int = 1


class Outcome(msgspec.Struct, frozen=True):
    """What became of one entry. `error` is null when it worked."""

    index: int
    key: str | None = None  # names the entry in an error report: JSON text
    error: str | None = None  # JSON text: {"message": …, "errors": […]}
