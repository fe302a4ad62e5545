"""Options of a batch that change after it was made: what is too late, what voids approvals, what the defaults are."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.bulk import DAY_SECONDS, Batch, Decision, Policy, Status
from dragoman.domain.bulk_options import Changes, changed, title_of
from dragoman.domain.clock import later
from dragoman.domain.errors import Conflict
from tests.unit.bulk_samples import LATER, NEW, NOON, at, decided

ALL: dict[str, Any] = {
    "title": "Move",
    "purpose": "Spring",
    "max_failures": "3",
    "canary": 2,
    "rate": "5",
    "concurrency": 2,
    "not_before": later(LATER, seconds=60),
    "priority": 7,
    "review_expires_at": later(LATER, seconds=90),
}
LATE_FOR = {
    "canary": {Status.CANARY_REVIEW},
    "not_before": {Status.APPROVED, Status.QUEUED, Status.RUNNING, Status.CANARY_REVIEW, Status.PAUSED},
}
LATE_FOR["review_expires_at"] = LATE_FOR["not_before"]


def to(batch: Batch, **options: Any) -> Batch:
    return changed(batch, Changes(**options), at=LATER)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("status", Status)
def test_each_option_changes_while_it_is_not_too_late(status: Status, name: str) -> None:
    batch = at(status)
    late = status in LATE_FOR.get(name, ())
    if batch.has_ended or late:
        with pytest.raises(Conflict) as refused:
            to(batch, **{name: ALL[name]})
        assert refused.value.code == ("batch_ended" if batch.has_ended else "too_late")
        return
    after = to(batch, **{name: ALL[name]})
    assert getattr(after, name) == ALL[name]
    assert (after.revision, after.status) == (batch.revision + 1, status)
    assert to(after, **{name: ALL[name]}) is after


def test_null_puts_the_default_back() -> None:
    batch = to(NEW, **ALL)
    again = to(batch, **dict.fromkeys(ALL))
    assert (again.title, again.priority) == ("PATCH 10 × task by id", 0)
    assert again.review_expires_at == later(NOON, seconds=30 * DAY_SECONDS)
    names = ("purpose", "max_failures", "canary", "rate", "concurrency", "not_before")
    assert [getattr(again, name) for name in names] == [None] * 6


def test_a_past_moment_is_as_none() -> None:
    assert to(to(NEW, not_before=later(LATER, seconds=1)), not_before=LATER).not_before is None


@pytest.mark.parametrize("name", ALL)
def test_options_on_which_people_decided_void_their_approvals(name: str) -> None:
    batch = NEW.prepare(at=NOON, policy=Policy(approvals=2)).decide(decided(Decision.APPROVE))
    after = to(batch, **{name: ALL[name]})
    voiding = name in ("max_failures", "canary", "rate", "concurrency", "not_before")
    assert [each.counted for each in after.decisions] == [not voiding]


def test_a_canary_can_change_until_the_first_entry_is_done() -> None:
    batch = replace(at(Status.RUNNING), canary=None)
    assert to(batch, canary=3).stops_at() == 3
    with pytest.raises(Conflict):
        to(batch.advance(1, 0, at=NOON), canary=3)


def test_a_batch_without_review_can_be_put_off_until_a_worker_has_it() -> None:
    queued = replace(NEW, review=False, review_expires_at=None).prepare(at=NOON)
    assert to(queued, not_before=ALL["not_before"]).not_before == ALL["not_before"]
    with pytest.raises(Conflict):
        to(queued.begin(at=NOON), not_before=ALL["not_before"])


def test_a_selection_has_a_count_in_its_title_once_it_is_resolved() -> None:
    selected = replace(NEW, selection="{}", field=None, size=0)
    assert title_of(selected) == "PATCH selected task"
    assert title_of(replace(selected, field="id", size=3, total=3)) == "PATCH 3 × task by id"
