"""A job's states: which arrows there are, what an attempt costs, and who may still write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.domain import job as jobs
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict
from dragoman.domain.job import ARROWS, ATTEMPTS, ENDED, LEASE_SECONDS, WAITING, Job, JobState, LeaseLost

NOON = Moment(17_900_000_000_000_000)
JOB = Job(tenant=1, uid="j", kind="batch.run", run_at=NOON, created_at=NOON)

VERBS: dict[str, Any] = {
    "claim": lambda job, at: job.claim("b", at=at),
    "complete": lambda job, at: job.held("a", job.attempt).complete(at=at),
    "retry": lambda job, at: job.held("a", job.attempt).retry("it broke", at=at),
    "give_back": lambda job, at: job.held("a", job.attempt).give_back(at=at),
    "give_back for a moment": lambda job, at: job.held("a", job.attempt).give_back(at=at, pause_seconds=5),
    "move to now": lambda job, at: job.move(at, job.priority, at=at),
    "move to later": lambda job, at: job.move(later(at, seconds=5), job.priority, at=at),
    "cancel": lambda job, at: job.cancel(at=at),
}


def job_in(state: JobState, attempt: int = 1) -> Job:
    """A job in this state, a's when it runs."""
    if state is JobState.RUNNING:
        return replace(JOB, state=state, owner="a", lease_until=later(NOON, seconds=LEASE_SECONDS), attempt=attempt)
    finished_at = NOON if state in ENDED else None
    return replace(JOB, state=state, attempt=attempt, finished_at=finished_at)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("attempt", [1, ATTEMPTS])
def test_each_verb_leads_where_the_table_says(verb: str, state: JobState, attempt: int) -> None:
    arrows = {after for before, name, after in ARROWS if before is state and name == verb.split()[0]}
    before = job_in(state, attempt)
    over = later(NOON, seconds=LEASE_SECONDS)
    try:
        after = VERBS[verb](before, over)
    except Conflict:
        assert not arrows
    else:
        assert after.state in arrows or after is before or (verb.startswith("move") and after.state is before.state)
        assert (after.state is JobState.RUNNING) == (after.owner is not None) == (after.lease_until is not None)
        assert (after.state in ENDED) == (after.finished_at is not None)


def test_every_arrow_of_the_table_is_walked() -> None:
    over = later(NOON, seconds=LEASE_SECONDS)
    walked = set()
    for state in JobState:
        for attempt in (1, ATTEMPTS):
            for verb, walk in VERBS.items():
                before = job_in(state, attempt)
                try:
                    after = walk(before, over)
                except Conflict:
                    continue
                if after.state is not state or (state is JobState.RUNNING and after is not before):
                    walked.add((state, verb.split()[0], after.state))
    assert walked == set(ARROWS)


@pytest.mark.parametrize("state", sorted(WAITING))
def test_a_job_waits_for_its_moment(state: JobState) -> None:
    waiting = replace(job_in(state), run_at=later(NOON, seconds=1))
    assert not waiting.is_due(NOON)
    assert waiting.is_due(later(NOON, seconds=1))
    with pytest.raises(Conflict):
        waiting.claim("a", at=NOON)


def test_a_job_that_is_worked_on_is_nobody_elses() -> None:
    running = JOB.claim("a", at=NOON)
    assert running.lease_until == later(NOON, seconds=30)
    with pytest.raises(Conflict):
        running.claim("b", at=later(NOON, seconds=29.9))


def test_a_lease_that_ran_out_costs_an_attempt() -> None:
    taken_over = JOB.claim("a", at=NOON).claim("b", at=later(NOON, seconds=30))
    assert (taken_over.owner, taken_over.attempt) == ("b", 2)
    with pytest.raises(LeaseLost):
        taken_over.held("a", 1)  # it was only asleep


def test_the_same_owner_has_lost_an_earlier_attempt_too() -> None:
    again = JOB.claim("a", at=NOON).claim("a", at=later(NOON, seconds=30))
    with pytest.raises(LeaseLost):
        again.held("a", 1)
    assert again.held("a", 2) is again


def test_a_job_moves_with_its_priority() -> None:
    soon = later(NOON, seconds=5)
    waiting = JOB.move(soon, 7, at=NOON)
    assert (waiting.state, waiting.run_at, waiting.priority) == (JobState.SCHEDULED, soon, 7)
    failed = job_in(JobState.RUNNING).retry("it broke", at=soon).move(NOON, 7, at=NOON)
    assert (failed.state, failed.run_at, failed.priority) == (JobState.RETRYABLE, later(soon, seconds=1), 7)
    running = JOB.claim("a", at=NOON)
    assert running.move(soon, 7, at=NOON) is running


def test_a_heartbeat_holds_it_for_one_more_lease() -> None:
    held = JOB.claim("a", at=NOON).prolong(at=later(NOON, seconds=10))
    assert held.lease_until == later(NOON, seconds=40)
    assert held.attempt == 1


def test_the_pause_doubles_up_to_ten_minutes() -> None:
    pauses = []
    for attempt in range(1, ATTEMPTS):
        waiting = job_in(JobState.RUNNING, attempt).retry("it broke", at=NOON)
        assert waiting.state is JobState.RETRYABLE
        pauses.append((waiting.run_at - NOON) / 10_000_000)
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert max(pauses) == pauses[-1] == 600


def test_the_twentieth_failure_is_the_last() -> None:
    given_up = job_in(JobState.RUNNING, ATTEMPTS).retry("it broke", at=NOON)
    assert (given_up.state, given_up.error, given_up.attempt) == (JobState.DISCARDED, "it broke", 20)


def test_a_job_that_kills_its_workers_does_not_go_round_for_ever() -> None:
    given_up = job_in(JobState.RUNNING, ATTEMPTS).claim("b", at=later(NOON, seconds=30))
    assert given_up.state is JobState.DISCARDED
    assert given_up.error


def test_a_job_given_back_has_lost_no_attempt() -> None:
    back = JOB.claim("a", at=NOON).give_back(at=NOON)
    assert (back.state, back.attempt, back.run_at) == (JobState.AVAILABLE, 0, NOON)
    later_on = JOB.claim("a", at=NOON).give_back(at=NOON, pause_seconds=5)
    assert (later_on.state, later_on.attempt, later_on.run_at) == (JobState.SCHEDULED, 0, later(NOON, seconds=5))


def test_a_long_error_is_cut() -> None:
    assert len(job_in(JobState.RUNNING).retry("x" * 10_000, at=NOON).error or "") == jobs.LONGEST_ERROR


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_stays_as_it_is(state: JobState) -> None:
    ended = job_in(state)
    assert ended.cancel(at=NOON) is ended
    assert not ended.is_due(later(NOON, seconds=1e6))


@given(st.lists(st.tuples(st.sampled_from(["claim", "fail", "lose", "beat", "back"]), st.sampled_from("ab"))))
def test_no_job_is_tried_more_often_than_twenty_times(steps: list[tuple[str, str]]) -> None:
    job, at = JOB, NOON
    for step, owner in steps:
        at = later(at, seconds=LEASE_SECONDS + 600 if step == "lose" else 1)
        try:
            if step == "claim" or step == "lose":
                job = job.claim(owner, at=at)
            elif step == "beat":
                job = job.held(owner, job.attempt).prolong(at=at)
            elif step == "fail":
                job = job.held(owner, job.attempt).retry("it broke", at=at)
            else:
                job = job.held(owner, job.attempt).give_back(at=at)
        except Conflict:
            continue
        assert 0 <= job.attempt <= ATTEMPTS
        assert (job.state is JobState.RUNNING) == (job.owner is not None)
