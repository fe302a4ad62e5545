"""Batches: one method applied to many objects, after review. States, options, counts and decisions, without I/O.

A dialect maps its own words onto these. The status of the batch decides the state of the task that represents it in
other dialects (`TASK_STATE`). Laws of the counts: processed = success + failure; unchanged <= success;
processed + skipped <= total, with equality at the end of a run; skipped > 0 only when stopped.
"""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain import pace as paces
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict
from dragoman.domain.task import State

CHUNK = 1_000
"""The most entries in one chunk, and in one transaction."""

DAY_SECONDS = 86_400.0
CANARY_SECONDS = 30 * DAY_SECONDS
"""How long a batch waits for a word about its canary."""
LATE_SECONDS = 2.0
"""How long a review that has expired without a decision may still be stored as open."""


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
    CANARY_REVIEW = "canary_review"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Decision(StrEnum):
    """A reviewer's decision."""

    APPROVE = "approve"
    REFUSE = "refuse"


class OnChange(StrEnum):
    """What a run does with an object that was changed since the preview."""

    FAIL = "fail"
    MERGE = "merge"
    PROCEED = "proceed"


class OnConflict(StrEnum):
    """What an undo does with a member that was changed since the batch."""

    FAIL = "fail"
    MERGE = "merge"
    OVERWRITE = "overwrite"


class Origin(StrEnum):
    """What a batch was made from."""

    RETRY = "retry"
    UNDO = "undo"


class EndCode(StrEnum):
    """Why a batch ended before its last entry. Values are stored."""

    STOP_ASKED = "stop_asked"
    MAX_FAILURES = "max_failures"
    CANARY_REFUSED = "canary_refused"
    REFUSED = "refused"
    REVIEW_EXPIRED = "review_expired"
    TOO_MANY_SELECTED = "too_many_selected"
    SERVER_FAILED = "server_failed"


class End(msgspec.Struct, frozen=True):
    """Why a batch ended early, with a sentence for people."""

    code: EndCode
    detail: str


class Policy(msgspec.Struct, frozen=True):
    """Who must decide on a batch. `approvers` are logins and `group:NAME`; null is whoever has the right to decide."""

    approvals: int = 1
    creator_may_approve: bool = True
    approvers: tuple[str, ...] | None = None
    require_if_match: bool = False


class Decided(msgspec.Struct, frozen=True):
    """One decision. `by` is the user's id, `revision` the one decided on; `counted` is false once it is void."""

    by: str | None
    login: str
    at: Moment
    decision: Decision
    reason: str | None
    revision: int
    counted: bool = True


class Summary(msgspec.Struct, frozen=True):
    """How many entries the preview found in each effect."""

    total: int = 0
    will_change: int = 0
    no_op: int = 0
    missing: int = 0
    ambiguous: int = 0
    invalid: int = 0
    forbidden: int = 0


class Effect(StrEnum):
    """What the preview predicts for an entry. Values are stored."""

    WILL_CHANGE = "will_change"
    NO_OP = "no_op"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"


class Progress(msgspec.Struct, frozen=True):
    """How a run gets on. The rate is null when nothing moves."""

    started_at: Moment | None
    rate_per_second: float | None
    estimated_end_at: Moment | None


ENDED = frozenset({Status.COMPLETED, Status.STOPPED, Status.CANCELLED, Status.EXPIRED})
RESTING = ENDED | {Status.IN_REVIEW, Status.CANARY_REVIEW, Status.PAUSED}
"""Statuses in which a batch waits for a person, or has ended."""
DELETABLE = ENDED | {Status.CREATED, Status.IN_REVIEW}
"""Statuses in which nothing is being executed."""
WAITING = frozenset({Status.APPROVED, Status.QUEUED})
"""Statuses that wait for a worker."""
EXECUTING = WAITING | {Status.RUNNING}

TASK_STATE: dict[Status, State] = {
    Status.CREATED: State.INACTIVE,
    Status.IN_REVIEW: State.READY,
    Status.APPROVED: State.RUNNING,
    Status.QUEUED: State.RUNNING,
    Status.RUNNING: State.RUNNING,
    Status.CANARY_REVIEW: State.READY,
    Status.PAUSED: State.RUNNING,
    Status.COMPLETED: State.COMPLETED,
    Status.STOPPED: State.TERMINATED,
    Status.CANCELLED: State.TERMINATED,
    Status.EXPIRED: State.EXPIRED,
}
"""The state of the batch's task for each status. The task of a paused batch is suspended as well."""


class Batch(msgspec.Struct, frozen=True):
    """One batch. `number` and `uid` are those of its task; `size` is its number of entries.

    The counts are null until it is prepared. `cursor` is the index of the first entry without an outcome, `previewed`
    that of the first entry without a preview row. `revision` rises with status, options and preview; `activity` with
    counts and decisions. Numbers of clients (`rate`, `max_failures`) are kept as their text.
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
    title: str | None = None
    purpose: str | None = None
    selection: str | None = None  # the conditions as they were sent: JSON text
    on_change: OnChange = OnChange.FAIL
    max_failures: str | None = None  # `5` or `10%`
    canary: int | None = None
    canary_passed: bool = False
    rate: str | None = None  # entries a second
    concurrency: int | None = None
    not_before: Moment | None = None
    priority: int = 0
    review_expires_at: Moment | None = None
    policy_asked: dict[str, Any] = {}
    policy: Policy | None = None  # fixed when the batch is prepared
    unchanged: int | None = None
    skipped: int | None = None
    summary: Summary | None = None
    previewed: int = 0
    decisions: tuple[Decided, ...] = ()
    ended_because: End | None = None
    origin: Origin | None = None
    origin_batch: str | None = None
    undone_by: str | None = None
    on_conflict: OnConflict | None = None  # of an undo
    dialect: str | None = None  # that made it
    sent_to: int = 0  # of an outside type: the index behind the last entry that may have been sent
    pace: tuple[tuple[int, int], ...] = ()  # moments and counts of processed entries of the last seconds
    bucket_full_at: Moment | None = None  # of its rate: see `bulk_rates.py`
    started_at: Moment | None = None
    ended_at: Moment | None = None
    revision: int = 1
    activity: int = 0
    row_version: int = 1

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED

    @property
    def unsuccessful(self) -> int | None:
        """How many entries failed or were skipped."""
        return None if self.failure is None else self.failure + (self.skipped or 0)

    @property
    def settled(self) -> int | None:
        """Of how many entries it is known what became of them, skipped ones included."""
        return None if self.processed is None else self.processed + (self.skipped or 0)

    def may_fail(self) -> int | None:
        """How many failures are borne; None for any number. Per cent count of all entries, rounded down."""
        if self.max_failures is None:
            return None
        if self.max_failures.endswith("%"):
            return (self.total if self.total is not None else self.size) * int(self.max_failures[:-1]) // 100
        return int(self.max_failures)

    def failures_left(self) -> int | None:
        """How many more failures are borne: less than 0 when too many entries failed; None for any number."""
        borne = self.may_fail()
        return None if borne is None else borne - (self.failure or 0)

    def stops_at(self) -> int:
        """The index behind the last entry that may run before the next decision: the canary's end, or the end."""
        return self.size if self.canary is None or self.canary_passed else min(self.canary, self.size)

    def prepare(self, *, at: Moment, policy: Policy | None = None, summary: Summary | None = None) -> "Batch":
        """Set the counts to their start; wait for a decision, or for a worker. Complete a batch without entries. Does
        nothing if already prepared."""
        if self.status is not Status.CREATED:
            return self
        counts = {"total": self.size, "processed": 0, "success": 0, "unchanged": 0, "failure": 0, "skipped": 0}
        made = replace(self, **counts, policy=policy if policy is not None else Policy(), summary=summary)
        if not self.size:
            return made._ended(Status.COMPLETED, at=at)
        return made._moved(Status.IN_REVIEW if self.review else Status.QUEUED, at=at)

    def preview_anew(self, *, at: Moment) -> "Batch":
        """Make the preview once more: approvals are void. Conflict unless in review."""
        if self.status is not Status.IN_REVIEW:
            raise _not_in_review(self)
        nothing = dict.fromkeys(("total", "processed", "success", "unchanged", "failure", "skipped", "summary"))
        return replace(self, **nothing, previewed=0).void_approvals()._moved(Status.CREATED, at=at)

    def void_approvals(self) -> "Batch":
        """No decision made so far counts any more."""
        return replace(self, decisions=tuple(replace(each, counted=False) for each in self.decisions))

    def is_decided(self, decision: Decision) -> bool:
        """Whether it has the status to which this decision leads."""
        if decision is Decision.APPROVE:
            return self.status is Status.APPROVED or (self.status is Status.QUEUED and self.canary_passed)
        refused = self.ended_because is not None and self.ended_because.code is EndCode.CANARY_REFUSED
        return self.status is Status.CANCELLED or refused

    def must_be_in_review(self) -> None:
        """Conflict unless it waits for a decision."""
        if self.status not in (Status.IN_REVIEW, Status.CANARY_REVIEW):
            raise _not_in_review(self)

    def must_not_be_in_other(self, review: Status) -> None:
        """Conflict while it waits in the other review than the one that is meant: the first, or that of a canary."""
        if self.status is Status.CANARY_REVIEW and review is Status.IN_REVIEW:
            raise _not_in_review(self)
        if self.status is Status.IN_REVIEW and review is Status.CANARY_REVIEW:
            raise _not_running(self)

    def decide(self, made: Decided) -> "Batch":
        """Add a decision. One refusal ends the review; the last approval needed lets the batch run. In the review of a
        canary one decision suffices. The second approval of one person, and a decision for the status that the batch
        has, change nothing. Conflict outside a review."""
        if self.is_decided(made.decision):
            return self
        self.must_be_in_review()
        if self.status is Status.IN_REVIEW and made.decision is Decision.APPROVE and self._has_approved(made):
            return self
        noted = replace(self, decisions=(*self.decisions, made), activity=self.activity + 1)
        if made.decision is Decision.REFUSE:
            return noted._refused(made)
        if self.status is Status.CANARY_REVIEW:
            return replace(noted, canary_passed=True)._moved(Status.QUEUED, at=made.at)
        if noted.approvals() < (self.policy or Policy()).approvals:
            return replace(noted, modified_at=made.at)
        decided = replace(noted, decided_by=made.by or made.login, decided_at=made.at)
        return decided._moved(Status.APPROVED, at=made.at)

    def approvals(self) -> int:
        """How many approvals count at present."""
        return sum(each.counted and each.decision is Decision.APPROVE for each in self.decisions)

    def _has_approved(self, made: Decided) -> bool:
        who = made.by or made.login
        return any(
            each.counted and each.decision is Decision.APPROVE and (each.by or each.login) == who
            for each in self.decisions
        )

    def _refused(self, made: Decided) -> "Batch":
        if self.status is Status.CANARY_REVIEW:
            return self.end_early(EndCode.CANARY_REFUSED, made.reason or "The canary was refused.", at=made.at)
        because = End(EndCode.REFUSED, made.reason or f"{made.login} refused it.")
        decided = replace(self, decided_by=made.by or made.login, decided_at=made.at, ended_because=because)
        return decided._ended(Status.CANCELLED, at=made.at)

    def decision_due_at(self) -> Moment | None:
        """When the review that it waits for is over without a decision; None outside a review."""
        if self.status is Status.CANARY_REVIEW:
            return later(self.modified_at, seconds=CANARY_SECONDS)
        return self.review_expires_at if self.status is Status.IN_REVIEW else None

    def as_of(self, at: Moment) -> "Batch":
        """The batch at a moment: a review that nobody decided in time has ended it."""
        due = self.decision_due_at()
        if due is None or due > at:
            return self
        because = End(EndCode.REVIEW_EXPIRED, "Nobody decided in time.")
        if self.status is Status.CANARY_REVIEW:
            return self.end_early(because.code, because.detail, at=at)
        return replace(self, ended_because=because)._ended(Status.EXPIRED, at=at)

    def shown_at(self, at: Moment) -> "Batch":
        """The batch as readers see it: as stored, and so like its task and its events, until its end is late."""
        return self if self.as_of(later(at, seconds=-LATE_SECONDS)) is self else self.as_of(at)

    def cancel(self, code: EndCode, detail: str, *, at: Moment) -> "Batch":
        """End a batch before its first entry, for a reason that isn't a decision."""
        counts = {"total": self.size, "processed": 0, "success": 0, "unchanged": 0, "failure": 0, "skipped": 0}
        return replace(self, **counts, ended_because=End(code, detail))._ended(Status.CANCELLED, at=at)

    def begin(self, *, at: Moment) -> "Batch":
        """A worker takes it. Does nothing unless it waits for one."""
        if self.status not in WAITING:
            return self
        samples = ((at, self.processed or 0),)
        return replace(self, started_at=self.started_at or at, pace=samples)._moved(Status.RUNNING, at=at)

    def advance(self, success: int, failure: int, *, unchanged: int = 0, at: Moment) -> "Batch":
        """Count the outcomes of the next entries. The last outcome completes the batch; one failure too many stops it;
        the last one of the canary makes it wait."""
        counted = self._counted(success, failure, unchanged, at)
        if counted.cursor >= self.size:
            return counted._ended(Status.COMPLETED, at=at)
        stopped = counted.stop_for_failures(at=at)
        if stopped is counted and counted.cursor >= self.stops_at():
            return counted._moved(Status.CANARY_REVIEW, at=at)
        return stopped

    def stop_for_failures(self, *, at: Moment) -> "Batch":
        """Stop if more entries failed than are borne."""
        left = self.failures_left()
        if left is None or left >= 0:
            return self
        return self.end_early(EndCode.MAX_FAILURES, f"More than {self.may_fail()} entries failed.", at=at)

    def abandon(self, failure: int, *, at: Moment) -> "Batch":
        """Count entries that fail because the server gave up the run. The last one completes the batch."""
        counted = self._counted(0, failure, 0, at)
        if counted.cursor < self.size:
            return counted
        because = End(EndCode.SERVER_FAILED, "The server failed again and again to run it.")
        return replace(counted, ended_because=because)._ended(Status.COMPLETED, at=at)

    def _counted(self, success: int, failure: int, unchanged: int, at: Moment) -> "Batch":
        cursor = self.cursor + success + failure
        return replace(
            self,
            cursor=cursor,
            processed=cursor,
            success=(self.success or 0) + success,
            failure=(self.failure or 0) + failure,
            unchanged=(self.unchanged or 0) + unchanged,
            pace=paces.noted(self.pace, at, cursor),
            activity=self.activity + 1,
            modified_at=at,
        )

    def count_late(self, success: int, failure: int, *, unchanged: int = 0, at: Moment) -> "Batch":
        """Count outcomes of entries that were on their way to another server when the batch was stopped."""
        count = success + failure
        return replace(
            self,
            cursor=self.cursor + count,
            processed=(self.processed or 0) + count,
            success=(self.success or 0) + success,
            failure=(self.failure or 0) + failure,
            unchanged=(self.unchanged or 0) + unchanged,
            skipped=(self.skipped or 0) - count,
            activity=self.activity + 1,
            modified_at=at,
        )

    def pause(self, *, at: Moment) -> "Batch":
        """Stand still between two entries. Does nothing to a paused one; Conflict unless it executes."""
        if self.status is Status.PAUSED:
            return self
        if self.status not in EXECUTING:
            raise _not_running(self)
        return self._moved(Status.PAUSED, at=at)

    def resume(self, *, at: Moment) -> "Batch":
        """Go on. Does nothing to a queued one; Conflict unless it is paused."""
        if self.status is Status.QUEUED:
            return self
        if self.status is not Status.PAUSED:
            raise _not_running(self)
        return self._moved(Status.QUEUED, at=at)

    def stop(self, *, at: Moment, detail: str | None = None) -> "Batch":
        """End it for good between two entries. Does nothing to a stopped one; Conflict unless it executes or waits."""
        if self.status is Status.STOPPED:
            return self
        if self.status not in EXECUTING | {Status.PAUSED, Status.CANARY_REVIEW}:
            raise _not_running(self)
        return self.end_early(EndCode.STOP_ASKED, detail or "Somebody stopped it.", at=at)

    def end_early(self, code: EndCode, detail: str, *, at: Moment) -> "Batch":
        """Stop: all entries without an outcome are skipped."""
        skipped = self.size - (self.processed or 0)
        return replace(self, skipped=skipped, ended_because=End(code, detail))._ended(Status.STOPPED, at=at)

    def give_up(self, *, at: Moment) -> "Batch":
        """Start to fail all entries without an outcome, because the batch can't be prepared or run to its end."""
        prepared = self.prepare(at=at)
        if prepared.has_ended or prepared.status is Status.RUNNING:
            return prepared
        return replace(prepared, started_at=prepared.started_at or at)._moved(Status.RUNNING, at=at)

    def progress(self, now: Moment) -> Progress:
        """The pace at a moment."""
        done = self.processed or 0
        rate = paces.rate(self.pace, done, now) if self.status is Status.RUNNING else None
        return Progress(self.started_at, rate, None if rate is None else paces.end(rate, self.size - done, now))

    def must_be_deletable(self) -> None:
        """Conflict while the batch is executed."""
        if self.status not in DELETABLE:
            raise Conflict(
                "batch_executing", "The batch is being executed; it can't be deleted now.", status=self.status
            )

    def _moved(self, status: Status, *, at: Moment) -> "Batch":
        return replace(self, status=status, revision=self.revision + 1, modified_at=at)

    def _ended(self, status: Status, *, at: Moment) -> "Batch":
        return replace(self, ended_at=at)._moved(status, at=at)


def _not_in_review(batch: Batch) -> Conflict:
    return Conflict("batch_not_in_review", "The batch is not in review.", status=batch.status)


def _not_running(batch: Batch) -> Conflict:
    return Conflict("batch_not_running", f"The batch is {batch.status}.", status=batch.status)


class BatchPayload(msgspec.Struct, frozen=True):
    """What all entries of a batch share: the data as it was sent (JSON text), or null where each entry has its own.

    `entries` is set only in batches of earlier versions, whose entries stand in chunks as well.
    """

    tenant: int
    batch: str
    entries: str | None
    data: str | None
    row_version: int = 1


class BatchChunk(msgspec.Struct, frozen=True):
    """Entries of a batch from the index `first` on: JSON arrays of the entries (null for POST), of the data of each
    (null where all share one), and of the indexes in the batch that an undo takes back. Immutable."""

    tenant: int
    batch: str
    first: int
    count: int
    entries: str | None
    data: str | None
    sources: str | None = None
    row_version: int = 1


class Preview(msgspec.Struct, frozen=True):
    """What the preview predicts for one entry.

    `object` is the id that the type's paths take, `number` the object's own; `version` is the one seen, or null where
    an entry before it touched the object. `before` and `after` are images of the object (JSON texts of the stored
    entity; of an outside type its document). `changed` is a JSON array of pointers, `error` JSON text of a Failure.
    """

    index: int
    effect: Effect
    object: str | None = None
    number: int | None = None
    version: str | None = None
    before: str | None = None
    after: str | None = None
    changed: str | None = None
    error: str | None = None
    warning: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of one entry. `error` is null for a success.

    `revision` is that of the object after the entry, with which its history tells what the entry changed.
    """

    index: int
    key: str | None = None  # identifies the entry: JSON text
    error: str | None = None  # JSON text of a Failure (`bulk_failures.py`)
    code: str | None = None  # of the failure
    unchanged: bool = False
    object: str | None = None  # the id that the type's paths take
    number: int | None = None
    revision: int | None = None
    at: Moment = Moment(0)
    image: str | None = None  # of an outside object: JSON text of its document before and after


class FailureGroup(msgspec.Struct, frozen=True):
    """Equal failures together, with the indexes of the first three."""

    code: str
    field: str | None
    message: str
    count: int
    examples: tuple[int, ...]


class ChangeGroup(msgspec.Struct, frozen=True):
    """Equal changes together: the pointer, the new value (JSON text; null where the member goes), how many entries,
    how many different old values (counted to 1,000), and the old value where there is one alone."""

    pointer: str
    after: str | None
    count: int
    befores: int
    before: str | None


class BatchDetail(msgspec.Struct, frozen=True):
    """What was counted about a batch while it was previewed and run. `other_failures` are those in no group."""

    tenant: int
    batch: str
    groups: tuple[ChangeGroup, ...] = ()
    failures: tuple[FailureGroup, ...] = ()
    other_failures: int = 0
    row_version: int = 1
