"""Escalations: what waits, what fires and what comes to nothing, as a task moves on."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.clock import Moment, later
from dragoman.domain.escalation import Action, Activation, Escalation, EscalationState, Expectation, Increase, kept
from dragoman.domain.task import State, Task, new_task
from dragoman.domain.work_item import Role, WorkItem

NOON = Moment(10**16)
DAY = 86_400.0
INACTIVE, WAITING, ESCALATED, SUPERFLUOUS = EscalationState


def after(days: float) -> Moment:
    return later(NOON, seconds=days * DAY)


def task(*escalations: Escalation, **fields: Any) -> Task:
    made = new_task(tenant=1, number=1, uid="u", at=NOON, escalations=escalations, **fields)
    return made.settled(NOON)


def late(**fields: Any) -> Escalation:
    return Escalation("Late", **{"after": "1day", "receivers": ("adam",), **fields})


def states(seen: Task) -> list[EscalationState]:
    return [one.state for one in seen.escalations]


def at(seen: Task, days: float) -> Task:
    found = seen.as_of(after(days))
    assert found is not None
    return found


def test_one_waits_from_its_activation_and_escalates_at_its_time() -> None:
    made = task(late(increase_priority=Increase.ONCE), priority=5)
    assert (states(made), made.escalate_at) == ([WAITING], after(1))
    assert at(made, 0.9) is made
    seen = at(made, 1)
    assert (states(seen), seen.escalated, seen.priority, seen.escalate_at) == ([ESCALATED], True, 6, None)
    assert seen.work_items == (WorkItem(Role.ESCALATION_RECEIVER, "adam"),)
    assert seen.escalations[0].escalates_at == after(1)
    assert seen.revision == made.revision + 1


def test_one_of_an_inactive_task_waits_for_the_start() -> None:
    made = task(late(), state=State.INACTIVE)
    assert (states(made), made.escalate_at) == ([INACTIVE], None)
    begun = made.start(at=after(3)).settled(after(3))
    assert (states(begun), begun.escalate_at) == ([WAITING], after(4))


def test_nothing_escalates_when_the_expected_state_is_reached() -> None:
    claimed = task(late()).claim("paul", at=NOON)
    seen = at(claimed, 1)
    assert (states(seen), seen.escalated, seen.work_items) == ([SUPERFLUOUS], False, ())


def test_the_end_makes_all_superfluous_that_have_not_escalated() -> None:
    made = task(late(), replace(late(expected=Expectation.ENDED, after="9days"), name="Later"))
    ended = at(made, 2).finish(at=after(2)).settled(after(2))
    assert (states(ended), ended.escalate_at) == ([ESCALATED, SUPERFLUOUS], None)


def test_those_of_a_chain_follow_each_other() -> None:
    made = task(late(), late(after="2days"), late(chain=2, after="5days"))
    assert states(made) == [WAITING, INACTIVE, WAITING]
    assert states(at(made, 1)) == [ESCALATED, WAITING, WAITING]
    assert at(made, 1).escalate_at == after(3)
    assert states(at(made, 3)) == [ESCALATED, ESCALATED, WAITING]
    assert states(at(made, 30)) == [ESCALATED, ESCALATED, ESCALATED]


def test_a_chain_ends_where_the_expected_state_was_reached() -> None:
    seen = at(task(late(), late(expected=Expectation.ENDED)).claim("paul", at=NOON), 9)
    assert states(seen) == [SUPERFLUOUS, INACTIVE]


@pytest.mark.parametrize(("increase", "priority"), [("no", 5), ("once", 6), ("repeated", 7)])
def test_repetitions_go_on_until_the_expected_state(increase: str, priority: int) -> None:
    made = task(late(repeat="12hours", increase_priority=Increase(increase)), priority=5)
    first = at(made, 1)
    assert first.escalate_at == after(1.5)
    second = at(first, 1.5)
    assert (second.priority, second.escalate_at) == (priority, after(2))
    over = at(second.claim("paul", at=after(1.6)), 2)
    assert (states(over), over.escalate_at, over.priority) == ([ESCALATED], None, priority)


def test_missed_repetitions_count_as_one() -> None:
    made = at(task(late(repeat="1second", increase_priority=Increase.REPEATED), priority=0), 1)
    seen = at(made, 400)
    assert (seen.priority, seen.escalate_at) == (2, later(after(400), seconds=1))


def test_suspending_stops_no_escalation() -> None:
    assert states(at(task(late()).suspend(at=NOON), 1)) == [ESCALATED]


def test_it_escalates_before_the_task_expires() -> None:
    made = task(late(), expires_at=after(2))
    seen = at(made, 3)
    assert (seen.state, states(seen), seen.escalated) == (State.EXPIRED, [ESCALATED], True)
    assert states(at(task(late(after="2days"), expires_at=after(1)), 3)) == [SUPERFLUOUS]


@pytest.mark.parametrize("action", [Action.SEND_EMAIL, Action.CREATE_EVENT])
def test_other_actions_give_no_right(action: Action) -> None:
    seen = at(task(late(action=action)), 1)
    assert (seen.escalated, seen.work_items) == (True, ())


@pytest.mark.parametrize(
    ("activation", "made", "waits"),
    [
        (Activation.RUNNING, task(late(activation=Activation.RUNNING)), False),
        (Activation.CLAIMED, task(late(activation=Activation.CLAIMED)), False),
        (Activation.CLAIMED, task(late(activation=Activation.CLAIMED), assignee="paul"), True),
        (Activation.WAITING_FOR_SUBTASKS, task(late(activation=Activation.WAITING_FOR_SUBTASKS)), False),
        (
            Activation.WAITING_FOR_SUBTASKS,
            task(late(activation=Activation.WAITING_FOR_SUBTASKS), open_children=1),
            True,
        ),
    ],
)
def test_each_waits_for_its_activation(activation: Activation, made: Task, waits: bool) -> None:
    assert states(made) == [WAITING if waits else INACTIVE], activation


def test_one_without_an_end_never_escalates() -> None:
    made = task(late(after="DURATION_INFINITE"))
    assert (states(made), made.escalate_at) == ([WAITING], None)
    assert states(made.escalate(0, at=after(1))) == [ESCALATED]


def test_a_priority_grows_no_further_than_dialects_can_show() -> None:
    seen = at(task(late(increase_priority=Increase.ONCE), priority=2**31 - 1), 1)
    assert seen.priority == 2**31 - 1


def test_what_has_escalated_stays_so_when_a_change_is_put_back() -> None:
    made = task(late())
    assert kept(made.escalations, at(made, 1).escalations)[0].state is ESCALATED
    ended = made.finish(at=NOON).settled(NOON)
    assert kept(made.escalations, ended.escalations) == made.escalations
