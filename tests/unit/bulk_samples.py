"""Batches in each status, for tests of their rules."""

from msgspec.structs import replace

from dragoman.domain.bulk import DAY_SECONDS, Batch, Decided, Decision, Method, Status
from dragoman.domain.clock import Moment, later

NOON = Moment(17_900_000_000_000_000)
LATER = later(NOON, seconds=60)
SIZE = 10
NEW = Batch(
    tenant=1,
    number=1,
    uid="b",
    method=Method.PATCH,
    type="task",
    field="id",
    review=True,
    status=Status.CREATED,
    size=SIZE,
    created_at=NOON,
    modified_at=NOON,
    review_expires_at=later(NOON, seconds=30 * DAY_SECONDS),
)


def decided(decision: Decision, who: str = "bert", at: Moment = LATER) -> Decided:
    return Decided(who, who, at, decision, None, 1)


def at(status: Status) -> Batch:
    """A batch in this status that has come there by its verbs."""
    prepared = NEW.prepare(at=NOON)
    approved = prepared.decide(decided(Decision.APPROVE, at=NOON))
    running = replace(approved.begin(at=NOON), canary=4)
    paused = approved.pause(at=NOON)
    return {
        Status.CREATED: NEW,
        Status.IN_REVIEW: prepared,
        Status.APPROVED: approved,
        Status.PAUSED: paused,
        Status.QUEUED: paused.resume(at=NOON),
        Status.RUNNING: running,
        Status.CANARY_REVIEW: running.advance(3, 1, at=NOON),
        Status.COMPLETED: replace(running, canary=None).advance(9, 1, at=NOON),
        Status.STOPPED: running.stop(at=NOON),
        Status.CANCELLED: prepared.decide(decided(Decision.REFUSE, at=NOON)),
        Status.EXPIRED: prepared.as_of(NEW.review_expires_at or NOON),
    }[status]
