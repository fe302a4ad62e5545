"""The verbs of a task: which arrows there are, and what holds after any sequence of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict
from dragoman.domain.task import ENDED, Kind, State, Task, new_task

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


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"unassign"}))
def test_a_task_that_stands_for_a_batch_takes_no_verb(verb: str) -> None:
    # DESIGN 3, rule 5: closing, completing or deleting a batch elsewhere is never read as its approval.
    for state in (State.READY, State.RUNNING):
        with pytest.raises(Conflict) as refused:
            VERBS[verb](task_in(state, kind=Kind.BATCH), "anna")
        assert refused.value.code == "task_is_batch"


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
