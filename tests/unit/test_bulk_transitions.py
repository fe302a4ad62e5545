"""The states of a batch: where each verb leads from each status, or that it is refused; the laws of the counts."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.domain.bulk import (
    CANARY_SECONDS,
    ENDED,
    Batch,
    Decision,
    End,
    EndCode,
    Policy,
    Status,
)
from dragoman.domain.clock import later
from dragoman.domain.errors import Conflict
from tests.unit.bulk_samples import LATER, NEW, NOON, SIZE, at, decided

S = Status
IN_REVIEW, RUNNING, CANARY = S.IN_REVIEW, S.RUNNING, S.CANARY_REVIEW


VERBS: dict[str, Callable[[Batch], Batch]] = {
    "prepare": lambda batch: batch.prepare(at=LATER),
    "prepare unreviewed": lambda batch: replace(batch, review=False).prepare(at=LATER),
    "prepare empty": lambda batch: replace(batch, size=0).prepare(at=LATER),
    "too many selected": lambda batch: batch.cancel(EndCode.TOO_MANY_SELECTED, "Too many.", at=LATER),
    "approve": lambda batch: batch.decide(decided(Decision.APPROVE)),
    "refuse": lambda batch: batch.decide(decided(Decision.REFUSE)),
    "wait too long": lambda batch: batch.as_of(later(NOON, seconds=CANARY_SECONDS)),
    "preview": lambda batch: batch.preview_anew(at=LATER),
    "begin": lambda batch: batch.begin(at=LATER),
    "canary's last entry": lambda batch: batch.advance(4 - batch.cursor, 0, at=LATER),
    "last entry": lambda batch: replace(batch, canary=None).advance(SIZE - batch.cursor, 0, at=LATER),
    "too many failures": lambda batch: replace(batch, max_failures="1").advance(0, 2, at=LATER),
    "pause": lambda batch: batch.pause(at=LATER),
    "resume": lambda batch: batch.resume(at=LATER),
    "stop": lambda batch: batch.stop(at=LATER),
}

ARROWS: dict[tuple[Status, str], Status] = {
    (S.CREATED, "prepare"): S.IN_REVIEW,
    (S.CREATED, "prepare unreviewed"): S.QUEUED,
    (S.CREATED, "prepare empty"): S.COMPLETED,
    (S.CREATED, "too many selected"): S.CANCELLED,
    (S.IN_REVIEW, "approve"): S.APPROVED,
    (S.IN_REVIEW, "refuse"): S.CANCELLED,
    (S.IN_REVIEW, "wait too long"): S.EXPIRED,
    (S.IN_REVIEW, "preview"): S.CREATED,
    (S.APPROVED, "begin"): S.RUNNING,
    (S.QUEUED, "begin"): S.RUNNING,
    (S.RUNNING, "canary's last entry"): S.CANARY_REVIEW,
    (S.RUNNING, "last entry"): S.COMPLETED,
    (S.RUNNING, "too many failures"): S.STOPPED,
    (S.RUNNING, "pause"): S.PAUSED,
    (S.RUNNING, "stop"): S.STOPPED,
    (S.CANARY_REVIEW, "approve"): S.QUEUED,
    (S.CANARY_REVIEW, "refuse"): S.STOPPED,
    (S.CANARY_REVIEW, "stop"): S.STOPPED,
    (S.CANARY_REVIEW, "wait too long"): S.STOPPED,
    (S.PAUSED, "resume"): S.QUEUED,
    (S.PAUSED, "stop"): S.STOPPED,
    (S.APPROVED, "pause"): S.PAUSED,
    (S.QUEUED, "pause"): S.PAUSED,
    (S.APPROVED, "stop"): S.STOPPED,
    (S.QUEUED, "stop"): S.STOPPED,
}
"""The table of the contract."""

UNCHANGED = {
    (S.APPROVED, "approve"),
    (S.CANCELLED, "refuse"),
    (S.PAUSED, "pause"),
    (S.QUEUED, "resume"),
    (S.STOPPED, "stop"),
}
"""Verbs that ask for the status that the batch has."""

QUIET = {"prepare", "prepare unreviewed", "prepare empty", "wait too long", "begin"}
"""What the server does by itself: too late, it changes nothing and refuses nothing."""
ONLY_THERE = {
    "too many selected": {S.CREATED},
    "canary's last entry": {S.RUNNING},
    "last entry": {S.RUNNING},
    "too many failures": {S.RUNNING},
}
"""Steps of a worker, which looks at the status itself."""


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", Status)
def test_each_verb_leads_where_the_table_says(status: Status, verb: str) -> None:
    before = at(status)
    assert before.status is status
    if status not in ONLY_THERE.get(verb, {status}):
        return
    wanted = ARROWS.get((status, verb))
    if wanted is None and (verb in QUIET or (status, verb) in UNCHANGED):
        after = VERBS[verb](before)
        assert (after.status, after.revision) == (before.status, before.revision)
        return
    if wanted is None:
        with pytest.raises(Conflict) as refused:
            VERBS[verb](before)
        running = verb in ("pause", "resume", "stop")
        assert refused.value.code == ("batch_not_running" if running else "batch_not_in_review")
        return
    after = VERBS[verb](before)
    assert (after.status, after.revision) == (wanted, before.revision + 1)
    assert (after.ended_at is not None) is (wanted in ENDED)


@pytest.mark.parametrize(
    ("status", "verb", "code"),
    [
        (IN_REVIEW, "refuse", EndCode.REFUSED),
        (IN_REVIEW, "wait too long", EndCode.REVIEW_EXPIRED),
        (RUNNING, "stop", EndCode.STOP_ASKED),
        (RUNNING, "too many failures", EndCode.MAX_FAILURES),
        (CANARY, "refuse", EndCode.CANARY_REFUSED),
        (CANARY, "wait too long", EndCode.REVIEW_EXPIRED),
        (CANARY, "stop", EndCode.STOP_ASKED),
        (S.CREATED, "too many selected", EndCode.TOO_MANY_SELECTED),
    ],
)
def test_a_batch_that_ends_early_names_why(status: Status, verb: str, code: EndCode) -> None:
    because = VERBS[verb](at(status)).ended_because
    assert isinstance(because, End)
    assert because.code is code
    assert because.detail


def test_approvals_are_those_of_different_people() -> None:
    batch = NEW.prepare(at=NOON, policy=Policy(approvals=2))
    once = batch.decide(decided(Decision.APPROVE))
    assert (once.status, once.revision, len(once.decisions)) == (IN_REVIEW, batch.revision, 1)
    assert once.decide(decided(Decision.APPROVE)) is once
    both = once.decide(decided(Decision.APPROVE, "carla"))
    assert (both.status, both.revision, len(both.decisions)) == (S.APPROVED, batch.revision + 1, 2)


def test_who_approved_may_still_refuse_while_it_waits() -> None:
    batch = NEW.prepare(at=NOON, policy=Policy(approvals=2)).decide(decided(Decision.APPROVE))
    assert batch.decide(decided(Decision.REFUSE)).status is S.CANCELLED


def test_another_preview_voids_approvals() -> None:
    batch = NEW.prepare(at=NOON, policy=Policy(approvals=2)).decide(decided(Decision.APPROVE))
    again = batch.preview_anew(at=LATER)
    assert [each.counted for each in again.decisions] == [False]
    assert (again.total, again.processed, again.summary) == (None, None, None)
    waiting = again.prepare(at=LATER, policy=Policy(approvals=2))
    assert waiting.decide(decided(Decision.APPROVE)).status is IN_REVIEW  # the void one doesn't count


def test_one_approval_suffices_for_a_canary() -> None:
    batch = replace(at(CANARY), policy=Policy(approvals=2))
    assert batch.decide(decided(Decision.APPROVE)).status is S.QUEUED


def test_a_canary_of_everything_is_no_canary() -> None:
    assert replace(at(RUNNING), canary=SIZE).advance(SIZE, 0, at=LATER).status is S.COMPLETED


def test_a_batch_all_of_whose_entries_failed_is_completed() -> None:
    batch = replace(at(RUNNING), canary=None, max_failures=str(SIZE))
    assert batch.advance(0, SIZE, at=LATER).status is S.COMPLETED


def test_a_canary_with_too_many_failures_stops() -> None:
    assert replace(at(RUNNING), max_failures="0").advance(3, 1, at=LATER).status is S.STOPPED


@pytest.mark.parametrize(("wanted", "borne"), [("0%", 0), ("19%", 1), ("20%", 2), ("100%", 10), ("3", 3), (None, None)])
def test_per_cent_of_failures_count_all_entries(wanted: str | None, borne: int | None) -> None:
    assert replace(at(RUNNING), max_failures=wanted).may_fail() == borne


def test_a_batch_whose_job_is_given_up_is_completed() -> None:
    batch = replace(at(RUNNING), max_failures="0").advance(2, 0, at=NOON)
    half = batch.give_up(at=LATER).abandon(3, at=LATER)
    assert (half.status, half.ended_because, half.failure) == (RUNNING, None, 3)
    over = half.abandon(5, at=LATER)
    assert (over.status, over.success, over.failure) == (S.COMPLETED, 2, 8)
    assert over.ended_because is not None
    assert over.ended_because.code is EndCode.SERVER_FAILED
    assert (over.canary, over.canary_passed, over.max_failures) == (4, False, "0")


STEPS: dict[str, Callable[[Batch, Any], Batch]] = {
    "prepare": lambda batch, draw: batch.prepare(at=LATER, policy=Policy(approvals=draw(st.integers(1, 2)))),
    "approve": lambda batch, draw: batch.decide(decided(Decision.APPROVE, draw(st.sampled_from("ab")))),
    "refuse": lambda batch, draw: batch.decide(decided(Decision.REFUSE, draw(st.sampled_from("ab")))),
    "expire": lambda batch, draw: batch.as_of(later(LATER, seconds=CANARY_SECONDS)),
    "preview": lambda batch, draw: batch.preview_anew(at=LATER),
    "begin": lambda batch, draw: batch.begin(at=LATER),
    "pause": lambda batch, draw: batch.pause(at=LATER),
    "resume": lambda batch, draw: batch.resume(at=LATER),
    "stop": lambda batch, draw: batch.stop(at=LATER),
    "slice": lambda batch, draw: run_some(batch, draw),
    "give up": lambda batch, draw: (
        batch.give_up(at=LATER).abandon(min(3, batch.size - batch.cursor), at=LATER)
        if batch.status in (RUNNING, S.QUEUED, S.APPROVED)
        else batch
    ),
}


def run_some(batch: Batch, draw: Any) -> Batch:
    """A slice as a worker takes it: up to the canary's end, and not beyond the first failure too many."""
    if batch.status is not RUNNING or batch.cursor >= batch.stops_at():  # given up beyond its canary
        return batch
    success = failure = 0
    for _ in range(draw(st.integers(1, batch.stops_at() - batch.cursor))):
        failed = draw(st.booleans())
        success, failure = success + (not failed), failure + failed
        left = batch.failures_left()
        if left is not None and failure > left:
            break
    unchanged = draw(st.integers(0, success))
    return batch.advance(success, failure, unchanged=unchanged, at=LATER)


@given(st.data())
def test_the_laws_of_counts_hold_after_any_verbs(data: st.DataObject) -> None:
    batch = replace(
        NEW,
        size=data.draw(st.integers(0, 6)),
        review=data.draw(st.booleans()),
        canary=data.draw(st.none() | st.integers(1, 8)),
        max_failures=data.draw(st.none() | st.sampled_from(["0", "1", "3", "0%", "50%", "100%"])),
    )
    for step in data.draw(st.lists(st.sampled_from(list(STEPS)), max_size=25)):
        before = batch
        try:
            batch = STEPS[step](batch, data.draw)
        except Conflict:
            continue
        keeps_the_laws(batch)
        assert batch.revision >= before.revision
        assert batch.revision > before.revision or batch.status is before.status
        if before.has_ended:
            assert batch is before


def keeps_the_laws(batch: Batch) -> None:
    counts = (batch.total, batch.processed, batch.success, batch.unchanged, batch.failure, batch.skipped)
    if batch.status is S.CREATED:
        assert counts == (None,) * 6
        return
    total, processed, success, unchanged, failure, skipped = (count if count is not None else -1 for count in counts)
    assert min(total, processed, success, unchanged, failure, skipped) >= 0
    assert processed == success + failure == batch.cursor
    assert unchanged <= success
    assert processed + skipped <= total
    assert not skipped or batch.status is S.STOPPED
    if batch.status is S.COMPLETED:
        assert processed == total
    if batch.status is S.STOPPED:
        assert processed + skipped == total
    if batch.status in (S.CANCELLED, S.EXPIRED):
        assert (processed, skipped) == (0, 0)
