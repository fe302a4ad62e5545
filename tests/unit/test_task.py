"""The verbs of a task: which arrows there are, and what holds after any sequence of them."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain import timing
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict
from dragoman.domain.message import head
from dragoman.domain.task import ENDED, OPEN, Kind, State, Task, new_task

NOON = Moment(17_900_000_000_000_000)
LATER = later(NOON, seconds=60)

VERBS: dict[str, Any] = {
    "start": lambda task, user: task.start(at=LATER),
    "claim": lambda task, user: task.claim(user, at=LATER),
    "release": lambda task, user: task.release(at=LATER),
    "assign": lambda task, user: task.assign(user, at=LATER),
    "unassign": lambda task, user: task.assign(None, at=LATER),
    "suspend": lambda task, user: task.suspend(at=LATER),
    "resume": lambda task, user: task.resume(at=LATER),
    "finish": lambda task, user: task.finish(at=LATER, code="done"),
    "fail": lambda task, user: task.fail(at=LATER, text="it broke"),
    "terminate": lambda task, user: task.terminate(at=LATER),
    "expire": lambda task, user: task.expire(at=LATER),
    "reopen": lambda task, user: task.reopen(at=LATER),
    "amend_outcome": lambda task, user: task.amend_outcome(at=LATER, code="better", text=None),
}

ARROWS: dict[str, dict[State, State]] = {
    # From each state, where the verb by "anna" leads; a state that is missing refuses it. The claimed task is anna's.
    "start": {State.INACTIVE: State.READY},
    "claim": {State.READY: State.CLAIMED, State.CLAIMED: State.CLAIMED},
    "release": {State.READY: State.READY, State.CLAIMED: State.READY},
    "assign": {State.INACTIVE: State.CLAIMED, State.READY: State.CLAIMED, State.CLAIMED: State.CLAIMED}
    | {state: state for state in ENDED},
    "unassign": {State.INACTIVE: State.INACTIVE, State.READY: State.READY, State.CLAIMED: State.READY}
    | {State.RUNNING: State.RUNNING}
    | {state: state for state in ENDED},
    "suspend": {state: state for state in (State.READY, State.CLAIMED, State.RUNNING)},
    "resume": {state: state for state in (State.INACTIVE, State.READY, State.CLAIMED, State.RUNNING)},
    "finish": {state: State.COMPLETED for state in State if state not in ENDED},
    "fail": {state: State.FAILED for state in State if state not in ENDED},
    "terminate": {state: State.TERMINATED for state in State if state not in ENDED}
    | {State.TERMINATED: State.TERMINATED},
    "expire": {state: State.EXPIRED for state in State if state not in ENDED},
    "reopen": {state: state for state in State if state not in ENDED} | dict.fromkeys(ENDED, State.READY),
    "amend_outcome": {state: state for state in ENDED},
}


def task_in(state: State, **fields: Any) -> Task:
    owner = "anna" if state is State.CLAIMED else None
    return Task(tenant=1, number=1, uid="u", state=state, assignee=owner, created_at=NOON, **fields)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", State)
def test_each_verb_leads_where_the_table_says(verb: str, state: State) -> None:
    task = task_in(state)
    if state not in ARROWS[verb]:
        with pytest.raises(Conflict):
            VERBS[verb](task, "anna")
    else:
        assert VERBS[verb](task, "anna").state is ARROWS[verb][state]


REVIEWERS = {"claim", "release", "assign", "unassign"}
"""Verbs that say who reviews a batch; they decide nothing."""


@pytest.mark.parametrize("state", sorted(OPEN))
@pytest.mark.parametrize("verb", sorted(set(VERBS) - REVIEWERS))
def test_a_task_that_stands_for_a_batch_is_neither_begun_nor_ended(verb: str, state: State) -> None:
    # DESIGN 3, rule 5: closing, completing or deleting a batch elsewhere is never read as its approval.
    with pytest.raises(Conflict) as refused:
        VERBS[verb](task_in(state, kind=Kind.BATCH), "anna")
    assert refused.value.code == "task_is_batch"


@pytest.mark.parametrize("state", sorted(ENDED))
@pytest.mark.parametrize("verb", sorted(set(VERBS) - REVIEWERS))
def test_a_batch_that_has_ended_stays_so(verb: str, state: State) -> None:
    ended = task_in(state, kind=Kind.BATCH)
    with suppress(Conflict):
        assert VERBS[verb](ended, "anna") is ended


def test_a_batch_under_review_is_taken_and_given_back_by_its_reviewers() -> None:
    waiting = task_in(State.READY, kind=Kind.BATCH)

    taken = waiting.claim("anna", at=LATER)
    assert (taken.state, taken.assignee) == (State.CLAIMED, "anna")
    assert taken.assign("bert", at=LATER).assignee == "bert"
    assert taken.release(at=LATER).state is State.READY


@pytest.mark.parametrize("state", [State.INACTIVE, State.RUNNING])
@pytest.mark.parametrize("verb", ["claim", "release", "assign"])
def test_nobody_takes_a_batch_that_is_not_under_review(verb: str, state: State) -> None:
    with pytest.raises(Conflict):
        VERBS[verb](task_in(state, kind=Kind.BATCH), "anna")


def test_only_its_holder_may_claim_a_claimed_task_again() -> None:
    claimed = task_in(State.CLAIMED)

    assert claimed.claim("anna", at=LATER) is claimed
    with pytest.raises(Conflict):
        claimed.claim("bert", at=LATER)


def test_a_suspended_task_is_claimed_only_where_that_is_meant() -> None:
    suspended = task_in(State.READY).suspend(at=NOON)

    with pytest.raises(Conflict) as refused:
        suspended.claim("anna", at=LATER)
    assert refused.value.code == "task_suspended"
    assert suspended.claim("anna", at=LATER, even_suspended=True).suspended


def test_ending_a_suspended_task_resumes_it_first() -> None:
    ended = task_in(State.READY).suspend(at=NOON, until=LATER).finish(at=LATER)

    assert not ended.suspended
    assert ended.resume_at is None


@pytest.mark.parametrize(
    ("how", "state", "assignee", "kept"),
    [
        (None, State.CLAIMED, "anna", {"input", "output"}),
        (timing.RELEASE, State.READY, None, {"input"}),
        (timing.RELEASE_AND_KEEP, State.READY, None, {"input", "output"}),
    ],
)
def test_a_task_wakes_as_its_suspension_said(
    how: str | None, state: State, assignee: str | None, kept: set[str]
) -> None:
    heads = {which: head("application/xml", "<a/>") for which in ("input", "output")}
    times = {timing.WAKES: how} if how is not None else {}
    asleep = task_in(State.CLAIMED, messages=heads, timing=times).suspend(at=NOON, until=LATER)

    awake = asleep.wake(at=LATER)

    assert (awake.state, awake.assignee, set(awake.messages)) == (state, assignee, kept)
    assert (awake.suspended, awake.resume_at, awake.timing) == (False, None, {})


def test_a_ready_task_wakes_as_it_was() -> None:
    asleep = task_in(State.READY, timing={timing.WAKES: timing.RELEASE}).suspend(at=NOON, until=LATER)
    assert asleep.wake(at=LATER) == task_in(State.READY)


def test_what_was_to_follow_a_suspension_is_forgotten_when_somebody_resumes_it() -> None:
    asleep = task_in(State.CLAIMED, timing={timing.WAKES: timing.RELEASE, timing.DELETED: "2days"}).suspend(at=NOON)
    assert asleep.resume(at=LATER).timing == {timing.DELETED: "2days"}


def test_durations_count_from_the_first_time_that_it_is_ready() -> None:
    waiting = new_task(
        tenant=1,
        number=1,
        uid="u",
        at=NOON,
        state=State.INACTIVE,
        timing={timing.DUE: "1minute", timing.EXPIRES: "PT2M"},
    )
    assert (waiting.due_at, waiting.expires_at) == (None, None)

    started = waiting.start(at=LATER)
    assert (started.due_at, started.expires_at) == (later(LATER, seconds=60), later(LATER, seconds=120))
    again = started.finish(at=LATER).reopen(at=later(LATER, seconds=5))
    assert (again.due_at, again.expires_at) == (started.due_at, started.expires_at)


def test_a_moment_that_was_given_is_not_reckoned_again() -> None:
    task = new_task(tenant=1, number=1, uid="u", at=NOON, due_at=LATER, timing={timing.DUE: "5days"})
    assert task.due_at == LATER


@pytest.mark.parametrize(
    ("times", "verb", "goes_at"),
    [
        ({}, "finish", None),
        ({timing.DELETED: "1minute"}, "finish", later(LATER, seconds=60)),
        ({timing.DELETED: "1minute"}, "terminate", later(LATER, seconds=60)),
        ({timing.DELETED: "1minute", timing.KEPT: timing.UNLESS_COMPLETED}, "finish", later(LATER, seconds=60)),
        ({timing.DELETED: "1minute", timing.KEPT: timing.UNLESS_COMPLETED}, "fail", None),
        ({timing.DELETED: timing.ZERO}, "finish", LATER),
        ({timing.DELETED: timing.INFINITE}, "finish", None),
    ],
)
def test_an_ended_task_goes_when_its_template_said(times: dict[str, str], verb: str, goes_at: Moment | None) -> None:
    ended = VERBS[verb](task_in(State.READY, timing=times), "anna")

    assert ended.delete_at == goes_at
    assert ended.reopen(at=LATER).delete_at is None


def test_reopening_gives_a_task_back_to_its_last_assignee() -> None:
    reopened = task_in(State.CLAIMED).finish(at=NOON, code="done").reopen(at=LATER)

    assert (reopened.state, reopened.assignee) == (State.CLAIMED, "anna")
    assert (reopened.completed_at, reopened.outcome_code) == (None, None)


@given(
    assignee=st.sampled_from([None, "anna"]),
    steps=st.lists(st.tuples(st.sampled_from(sorted(VERBS)), st.sampled_from(["anna", "bert"])), max_size=20),
)
def test_whatever_is_done_an_open_task_is_claimed_if_and_only_if_it_has_an_assignee(
    assignee: str | None, steps: list[tuple[str, str]]
) -> None:
    task = new_task(tenant=1, number=1, uid="u", at=NOON, assignee=assignee)
    for verb, user in steps:
        before = task
        try:
            task = VERBS[verb](task, user)
        except Conflict:
            assert task is before
        if task.is_open:
            assert (task.state is State.CLAIMED) == (task.assignee is not None)
            assert (task.completed_at, task.outcome_code, task.outcome_text) == (None, None, None)
        else:
            assert task.completed_at is not None
            assert not task.suspended
        assert (task.claimed_at is not None) >= (task.state is State.CLAIMED)
        assert task.first_activated_at is not None
