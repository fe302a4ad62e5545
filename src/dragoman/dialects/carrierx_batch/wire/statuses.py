"""Statuses and decisions of batches in this dialect's words (carrierx-batch.md 4 and 7)."""

from dragoman.domain.bulk import Decision, Status

STATUS_WORDS: dict[Status, str] = {
    Status.CREATED: "created",
    Status.IN_REVIEW: "pending_review",
    Status.APPROVED: "approved",
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.CANARY_REVIEW: "running",
    Status.PAUSED: "running",
    Status.COMPLETED: "completed",
    Status.STOPPED: "completed",
    Status.CANCELLED: "cancelled",
    Status.EXPIRED: "cancelled",
}

DECISION_WORDS: dict[str, Decision] = {"approved": Decision.APPROVE, "cancelled": Decision.REFUSE}
"""Statuses that a client may set."""
