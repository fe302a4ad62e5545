"""A task: its states, the transitions between them, and the rules that need no I/O.

The transitions allow what any dialect needs; a dialect may check a stricter table of its vendor first. An open task is
claimed if and only if it has an assignee; an ended task keeps its last assignee.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from dragoman.domain import timing as times
from dragoman.domain.binary_property import BinaryHead
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.escalation import (
    Activation,
    Escalations,
    Expectation,
    Fired,
    Stand,
    due,
    next_due,
    settled,
    triggered,
)
from dragoman.domain.extension import Extension
from dragoman.domain.message import MessageHead, Which
from dragoman.domain.work_item import Role, WorkItem

N = TypeVar("N")


class State(StrEnum):
    """The state of a task."""

    INACTIVE = "inactive"
    READY = "ready"
    CLAIMED = "claimed"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    TERMINATED = "terminated"
    EXPIRED = "expired"

    @property
    def is_ended(self) -> bool:
        """Whether the task has ended."""
        return self in ENDED


ENDED = frozenset({State.COMPLETED, State.FAILED, State.TERMINATED, State.EXPIRED})
OPEN = frozenset(State) - ENDED
HIGHEST_PRIORITY = 2**31 - 1
"""Up to which escalations raise a priority: what every dialect can show."""


class Kind(StrEnum):
    """Who does a task: a person, or the server (a batch)."""

    WORK = "work"
    BATCH = "batch"


class Verb(StrEnum):
    """The core's verbs on a task."""

    START = "start"
    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"
    SUSPEND = "suspend"
    RESUME = "resume"
    FINISH = "finish"
    FAIL = "fail"
    TERMINATE = "terminate"
    EXPIRE = "expire"
    REOPEN = "reopen"
    AMEND_OUTCOME = "amend_outcome"


class Task(msgspec.Struct, frozen=True):
    """One task. References are numbers within the tenant or user uids; those that clients sent may dangle."""

    tenant: int
    number: int
    uid: str
    kind: Kind = Kind.WORK
    name: str | None = None
    title: str | None = None
    description: str | None = None
    category: int | None = None
    type: str | None = None
    work_list: str | None = None  # the name of the list that it waits in
    state: State = State.READY
    suspended: bool = False
    escalated: bool = False
    read: bool = False
    open_children: int = 0
    priority: int | None = None
    assignee: str | None = None
    creator: str | None = None
    starter: str | None = None
    contact: int | None = None
    case: int | None = None
    stage: int | None = None
    parent: int | None = None
    entity_kind: str | None = None  # a case or opportunity that a client named beside the case which holds the task
    entity: int | None = None
    due_at: Moment | None = None
    due_local: str | None = None  # the chosen local time and zone, to recompute `due_at` when the zone's rules change
    due_zone: str | None = None
    remind_before_minutes: int | None = None
    expires_at: Moment | None = None
    delete_at: Moment | None = None
    resume_at: Moment | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    activated_at: Moment | None = None
    first_activated_at: Moment | None = None
    claimed_at: Moment | None = None
    completed_at: Moment | None = None
    state_changed_at: Moment | None = None
    outcome_code: str | None = None
    outcome_text: str | None = None
    made_through: str | None = None  # the dialect, "web" or "cli"; None where no history tells
    template: str | None = None  # uid of the template version that it was created from
    escalations: Escalations = ()
    escalate_at: Moment | None = None  # the first moment at which one of them is due
    timing: dict[str, str] = {}  # durations and options of timers, by the keys of `domain.timing`
    messages: dict[str, MessageHead] = {}  # message (`domain.message.Which`) -> its head
    binaries: dict[str, BinaryHead] = {}  # binary property -> its head
    properties: dict[str, str] = {}
    extras: dict[str, dict[str, Any]] = {}  # dialect -> facts that only this dialect uses
    extension_count: int = 0
    work_item_count: int = 0
    removed_at: Moment | None = None  # marked by the deletion of its case or contact; a sweep finishes
    revision: int = 1
    row_version: int = 1
    head_hash: str = ""
    extensions: dict[str, Extension] = {}  # by folded name
    work_items: tuple[WorkItem, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the task has not ended."""
        return self.state not in ENDED

    @property
    def is_waiting(self) -> bool:
        """Whether it has open parts. An ended task doesn't wait."""
        return self.open_children > 0 and self.state not in ENDED

    @property
    def stands_for_batch(self) -> bool:
        """Whether it represents a batch, which alone changes it: verbs, timers, parents and deletions don't."""
        return self.kind is Kind.BATCH

    @property
    def label(self) -> str | None:
        """The text to display: its title, falling back to its name (ibm-htm.md 17)."""
        return self.title or self.name

    # The verbs. Each returns the changed task, or the same object when nothing changes.

    def start(self, *, at: Moment) -> "Task":
        """Make an inactive task ready, or claimed when it has an assignee. Conflict from any other state."""
        self.must_not_be_batch()
        if self.state is not State.INACTIVE:
            raise Conflict("task_not_inactive", f"The task is {self.state}; only an inactive one can be started.")
        return self._ready(at)

    def claim(self, user: str, *, at: Moment, even_suspended: bool = False) -> "Task":
        """Make `user` the assignee of a ready task. Claiming one's own task changes nothing.

        Conflict when another holds it, when it isn't ready, or when it is suspended and `even_suspended` is not set.
        """
        if self.state is State.CLAIMED and self.assignee == user:
            return self
        if self.state is not State.READY:
            raise Conflict("task_not_ready", f"The task is {self.state}; only a ready one can be claimed.")
        if self.suspended and not even_suspended:
            raise Conflict("task_suspended", "The task is suspended; resume it before it is claimed.")
        return replace(self, state=State.CLAIMED, assignee=user, claimed_at=at, state_changed_at=at)

    def release(self, *, at: Moment) -> "Task":
        """Give a claimed task back. A ready one stays as it is; Conflict from any other state."""
        if self.state is State.READY:
            return self
        if self.state is not State.CLAIMED:
            raise Conflict("task_not_claimed", f"The task is {self.state}; only a claimed one can be released.")
        return replace(
            self,
            state=State.READY,
            assignee=None,
            claimed_at=None,
            activated_at=at,
            state_changed_at=at,
            timing=_without(self.timing, times.WAKES),
        )

    def assign(self, user: str | None, *, at: Moment) -> "Task":
        """Set the assignee; None removes it. This starts an inactive task; the state of an ended one stays."""
        if user == self.assignee:
            return self
        if not self.is_open:
            return replace(self, assignee=user)
        if self.state is State.RUNNING:
            raise Conflict("task_running", "The task is running; it can't be assigned now.")
        if user is None:
            return self.release(at=at)
        started = self.start(at=at) if self.state is State.INACTIVE else self
        timing = _without(started.timing, times.WAKES)  # waking would restore the earlier claim
        return replace(started, state=State.CLAIMED, assignee=user, claimed_at=at, state_changed_at=at, timing=timing)

    def suspend(self, *, at: Moment, until: Moment | None = None) -> "Task":
        """Suspend an open task, until a moment or indefinitely. Suspending again only changes the moment."""
        self._must_be_open("suspended")
        if self.state is State.INACTIVE:
            raise Conflict("task_inactive", "The task is inactive; there is nothing to suspend yet.")
        return replace(self, suspended=True, resume_at=until)

    def resume(self, *, at: Moment) -> "Task":
        """Resume a suspended task. An open one that isn't suspended doesn't change; Conflict when it has ended."""
        self._must_be_open("resumed")
        if not self.suspended:
            return self
        return replace(self, suspended=False, resume_at=None, timing=_without(self.timing, times.WAKES))

    def wake(self, *, at: Moment) -> "Task":
        """Resume it because the time of its suspension is over, without the claim that its suspension cancelled.

        A claim made later stays: releasing and assigning forget which one was cancelled.
        """
        how = self.timing.get(times.WAKES)
        awake = self.resume(at=at)
        if how is None or awake.state is not State.CLAIMED:
            return awake
        dropped = awake if how == times.RELEASE_AND_KEEP else awake.without_results()
        return dropped.release(at=at)

    def without_results(self) -> "Task":
        """The task without its output and fault messages."""
        kept = {which: head for which, head in self.messages.items() if which == Which.INPUT}
        return replace(self, messages=kept) if len(kept) != len(self.messages) else self

    def finish(self, *, at: Moment, code: str | None = None, text: str | None = None) -> "Task":
        """Complete the task. A completed one doesn't change without an outcome; Conflict if it ended otherwise."""
        if self.state is State.COMPLETED and code is None and text is None:
            return self
        return self._end(State.COMPLETED, at, code, text)

    def fail(self, *, at: Moment, code: str | None = None, text: str | None = None) -> "Task":
        """End the task as failed. Conflict when it has ended."""
        return self._end(State.FAILED, at, code, text)

    def terminate(self, *, at: Moment, code: str | None = None, text: str | None = None) -> "Task":
        """Terminate the task. A terminated one doesn't change; Conflict if it ended otherwise."""
        return self if self.state is State.TERMINATED else self._end(State.TERMINATED, at, code, text)

    def expire(self, *, at: Moment) -> "Task":
        """End the task because it has expired. Conflict when it has ended."""
        return self._end(State.EXPIRED, at, None, None)

    # Timers. Their effects are the same before and after they are stored (DESIGN 3, rule 8).

    def as_of(self, now: Moment, above: Sequence["Task"] = (), over: Collection[int] = ()) -> "Task | None":
        """The task as due timers leave it, whether they have fired or not; None when one deletes it.

        `above` holds the stored tasks above it, the topmost first: their timers change their parts too. `over` holds
        the numbers of those whose case has expired: they are deleted with all their parts. A changed task has the
        revision it will be stored with, but the `modified_at` of its last stored change, by which lists are sorted. A
        time of deletion that counts from the end starts when the timer that ends the task is due.
        """
        if self.stands_for_batch:
            return self
        cause: tuple[Task, Task] | None = None
        after, is_gone = self, False
        for stored in (*above, self):
            after = stored.by_its_timers(now)
            if cause is not None and after.is_open:
                after = after.following(*cause)
            goes = stored.number in over or stored.is_to_go(now)
            is_gone = (is_gone or goes) and not stored.stands_for_batch
            if not stored.is_open or stored.stands_for_batch:
                cause = None
            elif after is not stored and (cause is None or cause[1].is_open):
                cause = stored, after
        if is_gone:
            return None
        after = after if after is self else after.settled(now)
        return after if after is self else replace(after, revision=self.revision + 1)

    def by_its_timers(self, now: Moment) -> "Task":
        """The task as its own timers leave it, deletion excepted."""
        if self.stands_for_batch:
            return self
        if self.is_open and has_come(self.expires_at, now):
            at = self._expiry()
            return self.escalated_by(at).expire(at=at)
        left = self.escalated_by(now) if self.escalate_at is not None else self
        if left.suspended and left.resume_at is not None and left.resume_at <= now:
            return left.wake(at=left.resume_at)
        return left

    # Escalations

    @property
    def stand(self) -> Stand:
        """Where it stands, as its escalations look at it."""
        activates = {
            Activation.READY: self.state in (State.READY, State.CLAIMED),
            Activation.RUNNING: self.state is State.RUNNING,
            Activation.CLAIMED: self.state is State.CLAIMED,
            Activation.WAITING_FOR_SUBTASKS: self.is_waiting,
        }
        meets = {
            Expectation.CLAIMED: not self.is_open or self.state is State.CLAIMED,
            Expectation.ENDED: not self.is_open,
            Expectation.SUBTASKS_COMPLETED: not self.is_waiting,
        }
        return Stand(not self.is_open, _that_hold(activates), _that_hold(meets))

    def settled(self, at: Moment) -> "Task":
        """The task with its escalations as its state has them."""
        if not self.escalations:
            return self
        return self._with_escalations(settled(self.escalations, self.stand, at))

    def escalated_by(self, until: Moment) -> "Task":
        """The task after those of its escalations that are due by a moment."""
        if not has_come(self.escalate_at, until):
            return self
        return self._escalated(due(self.escalations, self.stand, until))

    def escalate(self, place: int, *, at: Moment) -> "Task":
        """The task after one of its escalations, which waits, was triggered."""
        return self._escalated(triggered(self.escalations, place, self.stand, at))

    def _escalated(self, fired: Fired) -> "Task":
        if not fired.has_escalated:
            return self._with_escalations(fired.escalations)
        items = {WorkItem(Role.ESCALATION_RECEIVER, holder) for holder in fired.receivers} - set(self.work_items)
        ordered = sorted((*self.work_items, *items), key=lambda item: (item.role, item.holder))
        priority = min((self.priority or 0) + fired.raises, HIGHEST_PRIORITY) if fired.raises else self.priority
        work_items = tuple(ordered) if items else self.work_items
        after = replace(self, escalated=True, priority=priority, work_items=work_items)
        return after._with_escalations(fired.escalations)

    def _with_escalations(self, escalations: Escalations) -> "Task":
        at = next_due(escalations)
        if escalations is self.escalations and at == self.escalate_at:
            return self
        return replace(self, escalations=escalations, escalate_at=at)

    def is_to_go(self, now: Moment) -> bool:
        """Whether its deletion is due."""
        return has_come(self.delete_at, now) and not self.is_open and not self.stands_for_batch

    def has_due(self, now: Moment) -> bool:
        """Whether one of its own timers is due."""
        return self.by_its_timers(now) is not self or self.is_to_go(now)

    def following(self, before: "Task", after: "Task") -> "Task":
        """An open part after a change of its parent: it expires, is suspended and resumes with it, and is terminated
        when the parent ends otherwise. A part whose own expiry came first has expired."""
        if self.stands_for_batch or not self.is_open:
            return self
        at = after.completed_at or after.modified_at
        if before.is_open and not after.is_open:
            has_expired = after.state is State.EXPIRED or has_come(self.expires_at, at)
            return self.expire(at=at) if has_expired else self.terminate(at=at)
        if after.suspended and not before.suspended:
            return self if self.suspended or self.state is State.INACTIVE else self.suspend(at=at)
        return self.resume(at=at) if before.suspended and not after.suspended else self

    def _expiry(self) -> Moment:
        """The moment of expiry, not before it was created and entered its state."""
        moments = (self.expires_at, self.created_at, self.state_changed_at)
        return max(moment for moment in moments if moment is not None)

    def deleted_at(self, moment: Moment | None) -> "Task":
        """As it goes at a moment that a user set, or not at all: no length counts from its end any more."""
        if moment == self.delete_at:
            return self
        return replace(self, delete_at=moment, timing=_without(_without(self.timing, times.DELETED), times.KEPT))

    def reopen(self, *, at: Moment) -> "Task":
        """Reopen an ended task: claimed if it has an assignee, else ready. An open one doesn't change.

        An `expires_at` in the past is removed.
        """
        self.must_not_be_batch()
        if self.is_open:
            return self
        delete_at = None if times.DELETED in self.timing else self.delete_at
        expires_at = None if has_come(self.expires_at, at) else self.expires_at
        return self._ready(
            at, completed_at=None, outcome_code=None, outcome_text=None, delete_at=delete_at, expires_at=expires_at
        )

    def amend_outcome(self, *, at: Moment, code: str | None, text: str | None) -> "Task":
        """Replace the outcome of an ended task (in Genesys a task may end twice). Conflict while it is open."""
        self.must_not_be_batch()
        if self.is_open:
            raise Conflict("task_open", f"The task is {self.state}; it has no outcome yet.")
        return replace(self, outcome_code=code, outcome_text=text, completed_at=at)

    def with_extra(self, dialect: str, facts: dict[str, Any]) -> "Task":
        """The task with the facts of one dialect replaced; an empty dict removes them."""
        extras = {name: known for name, known in self.extras.items() if name != dialect}
        return replace(self, extras=extras | {dialect: facts} if facts else extras)

    def _ready(self, at: Moment, **changes: Any) -> "Task":
        first = self.first_activated_at
        if first is None:
            first = at
            if self.timing:
                changes = self._timed(at) | changes
        state = State.CLAIMED if self.assignee else State.READY
        claimed_at = at if self.assignee else None
        return replace(
            self,
            state=state,
            activated_at=at,
            first_activated_at=first,
            claimed_at=claimed_at,
            state_changed_at=at,
            **changes,
        )

    def _timed(self, at: Moment) -> dict[str, Any]:
        """Due time and expiry, counted from the first time that it is ready."""
        reached = {"due_at": self.due_at, "expires_at": self.expires_at}
        for field, key in (("due_at", times.DUE), ("expires_at", times.EXPIRES)):
            if key in self.timing and reached[field] is None:
                reached[field] = times.after(at, self.timing[key])
        return reached

    def deletion(self, state: State, at: Moment) -> Moment | None:
        """The moment of deletion if it ends at this moment in this state, or None."""
        if times.DELETED not in self.timing:
            return self.delete_at
        if self.timing.get(times.KEPT) == times.UNLESS_COMPLETED and state is not State.COMPLETED:
            return None
        return times.after(at, self.timing[times.DELETED])

    def _end(self, state: State, at: Moment, code: str | None, text: str | None) -> "Task":
        self._must_be_open("ended")
        return replace(
            self,
            state=state,
            suspended=False,
            resume_at=None,
            delete_at=self.deletion(state, at) if self.timing else self.delete_at,
            completed_at=at,
            state_changed_at=at,
            outcome_code=code,
            outcome_text=text,
            timing=_without(self.timing, times.WAKES),
        )

    def _must_be_open(self, participle: str) -> None:
        self.must_not_be_batch()
        if not self.is_open:
            raise Conflict("task_ended", f"The task is {self.state}; an ended task can't be {participle}.")

    def must_be_deletable(self) -> None:
        """Conflict for a task that a client can't delete: a batch's task, and an ended one with an open part."""
        self.must_not_be_batch()
        if self.open_children and not self.is_open:
            raise Conflict("part_open", "The task has ended and a part of it is open; end or delete the part first.")

    def must_not_be_batch(self) -> None:
        """Conflict for a batch's task: ending or deleting it could be taken for a decision (DESIGN 3, rule 5)."""
        if self.stands_for_batch:
            raise task_is_batch()


def task_is_batch() -> Conflict:
    """The error for a change that would decide a batch outside its review."""
    return Conflict("task_is_batch", "This task stands for a batch; it is decided where batches are reviewed.")


def _that_hold(names: dict[N, bool]) -> frozenset[N]:
    return frozenset(name for name, holds in names.items() if holds)


def has_come(moment: Moment | None, now: Moment) -> bool:
    """Whether the moment is set, and not in the future."""
    return moment is not None and moment <= now


def _without(timing: dict[str, str], key: str) -> dict[str, str]:
    return {name: value for name, value in timing.items() if name != key} if key in timing else timing


def new_task(*, tenant: int, number: int, uid: str, at: Moment, **fields: Any) -> Task:
    """A new task: ready, claimed when it has an assignee, or inactive with that `state`."""
    return started(Task(tenant=tenant, number=number, uid=uid, created_at=at, modified_at=at, **fields))


def started(made: Task) -> Task:
    """A new task in its initial state."""
    return made if made.state is State.INACTIVE else made._ready(made.created_at)
