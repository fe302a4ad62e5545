"""Rows of history as the vendor's events."""

from typing import Any

import pytest

from dragoman.dialects.ibm_htm.wire.events import of_row
from dragoman.domain.clock import Moment


def events(**changes: Any) -> list[str]:
    told = {name.replace("__", "."): value for name, value in changes.items()}
    return [event.event for event in of_row("anna", Moment(0), told)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, "inactive", ["TaskCreated"]),
        (None, "ready", ["TaskCreated", "TaskStarted"]),
        (None, "claimed", ["TaskCreated", "TaskStarted", "TaskClaimed"]),
        (None, "completed", ["TaskCreated", "TaskCompleted"]),
        ("inactive", "ready", ["TaskStarted"]),
        ("inactive", "running", ["TaskStarted"]),
        ("ready", "claimed", ["TaskClaimed"]),
        ("claimed", "ready", ["TaskClaimCancelled"]),
        ("claimed", "completed", ["TaskCompleted"]),
        ("claimed", "failed", ["TaskFailed"]),
        ("ready", "terminated", ["TaskTerminated"]),
        ("ready", "expired", ["TaskExpired"]),
        ("completed", "claimed", ["TaskRestarted", "TaskClaimed"]),
    ],
)
def test_a_change_of_state_has_its_event(old: str | None, new: str, expected: list[str]) -> None:
    assert events(state=[old, new], activated_at=[None, 1], due_at=[None, 2]) == expected


def test_suspension_is_told_and_its_end_unless_the_task_ends() -> None:
    assert events(suspended=[False, True], resume_at=[None, 1], timing__wakes=[None, "release"]) == ["TaskSuspended"]
    assert events(suspended=[True, False]) == ["TaskResumed"]
    assert events(suspended=[True, False], state=["ready", "terminated"]) == ["TaskTerminated"]


def test_several_things_at_once_are_told_one_by_one() -> None:
    row = {
        "properties__a": [None, "1"],
        "properties__b": [None, "2"],
        "title": ["x", "y"],
        "messages__output": [None, {}],
    }
    assert events(**row) == ["TaskOutputMessageUpdated", "TaskCustomPropertySet", "TaskUpdated"]


def test_a_message_that_is_gone_is_no_update() -> None:
    assert events(messages__fault=[{"type": "x"}, None]) == []


def test_times_that_follow_from_the_state_are_no_update() -> None:
    assert events(due_at=[1, 2]) == ["TaskUpdated"]
    assert events(state=["inactive", "ready"], due_at=[None, 2]) == ["TaskStarted"]


def test_work_items_come_go_and_move() -> None:
    reader = {"role": "reader", "holder": "u1"}
    others = [{"role": "editor", "holder": "u2"}, {"role": "reader", "holder": "u3"}]
    found = list(of_row("anna", Moment(0), {"work_items": [[reader], others]}))
    assert [(event.event, event.old, event.new, event.reason) for event in found] == [
        ("TaskWorkItemTransferred", "u1", "u3", "REASON_READER"),
        ("TaskWorkItemCreated", None, "u2", "REASON_EDITOR"),
    ]
    [gone] = of_row("anna", Moment(0), {"work_items": [[reader], []]})
    assert (gone.event, gone.old) == ("TaskWorkItemDeleted", "u1")


def test_an_owner_that_changes_hands_is_a_transfer() -> None:
    assert events(assignee=["u1", "u2"]) == ["TaskWorkItemTransferred"]
    assert events(assignee=[None, "u2"], state=["ready", "claimed"]) == ["TaskClaimed"]


def test_deletion_is_told() -> None:
    assert events(deleted=[False, True]) == ["TaskDeleted"]
