"""Conditions on tasks that are rules of the domain too: the SQL and the rule are held together."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.access import SEEING, Principal, is_candidate, permissions
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import STATE_CODES, Sort
from dragoman.store.repositories.task_visibility import EVERY_WAY, Through
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

CONTACTS = (None, {"is_private": False}, {"is_private": True, "shared_with": ("bert",)})
ITEMS = (
    (),
    (WorkItem(Role.READER, "*"),),
    (WorkItem(Role.EDITOR, "bert"), WorkItem(Role.READER, "group:crew")),
    (WorkItem(Role.POTENTIAL_OWNER, "*"),),
    (WorkItem(Role.POTENTIAL_OWNER, "group:crew"),),
    (WorkItem(Role.ADMINISTRATOR, "bert"),),
    (WorkItem(Role.POTENTIAL_STARTER, "bert"),),
)
PEOPLE = ((None, State.READY), ("bert", State.CLAIMED), (None, State.INACTIVE))
LOGINS = ("anna", "bert", "cara", "crew member", "admin")


def furnish(uow: UnitOfWork) -> None:
    contacts: list[int | None] = [None]
    for fields in CONTACTS[1:]:
        contact = Contact(
            tenant=uow.tenant, number=uow.numbers.draw("contact"), uid=uow.new_id(), kind=ContactKind.PERSON, **fields
        )
        contacts.append(uow.contacts.add(contact).number)
    private = uow.numbers.draw("case")
    uow.cases.add(
        Case(uow.tenant, private, uow.new_id(), CaseKind.CASE, is_private=True, creator="dora", assignee="bert")
    )
    for number, items, (assignee, state), case in itertools.product(contacts, ITEMS, PEOPLE, (None, private)):
        links: dict[str, Any] = {"contact": number, "case": case, "assignee": assignee, "state": state}
        tasks.add(uow, title="x", work_items=items, creator="cara", **links)


def person(world: World, login: str) -> Principal:
    groups = frozenset({"crew"} if login == "crew member" else ())
    return Principal(tenant=world.tenant, user=login, login=login, is_admin=login == "admin", groups=groups)


def compare(world: World, wanted: TaskFilter, holds: Callable[[UnitOfWork, Task], bool]) -> list[int]:
    """Both ways to find the tasks must find the same."""

    def found(uow: UnitOfWork) -> list[int]:
        listed = [task.number for task in uow.tasks.page(wanted, [Sort("number")], limit=250)]
        every = uow.tasks.page(TaskFilter(), [Sort("number")], limit=250)
        assert listed == [task.number for task in every if holds(uow, task)]
        assert uow.tasks.count(wanted) == len(listed)
        return listed

    numbers: list[int] = world.read(found)
    return numbers


@pytest.mark.parametrize("login", LOGINS)
def test_what_somebody_may_claim_is_what_is_offered_to_him(world: World, login: str) -> None:
    world.write(furnish, EXCLUSIVE)
    who = person(world, login)
    wanted = TaskFilter(claimable_by=who)
    assert compare(world, wanted, lambda uow, task: is_candidate(who, task, tasks.linked(uow, task)))


@pytest.mark.parametrize("through", [("everybody",), ("individual",), ("group",), ("individual", "group"), ()])
@pytest.mark.parametrize("login", LOGINS[:-1])
def test_a_list_may_keep_to_some_of_the_ways_to_see(world: World, login: str, through: tuple[Through, ...]) -> None:
    world.write(furnish, EXCLUSIVE)
    who = person(world, login)
    wanted = TaskFilter(visible_to=who, visible_through=frozenset(through))
    compare(world, wanted, lambda uow, task: sees_through(uow, who, task, frozenset(through)))


def sees_through(uow: UnitOfWork, who: Principal, task: Task, through: frozenset[Through]) -> bool:
    """The rule asked of a task that only names those by whom it may be seen."""
    linked = tasks.linked(uow, task)
    ways: set[Through] = set()
    if not task.work_items and not linked.is_private:
        ways.add("everybody")
    if who.user in (task.assignee, task.creator) or (linked.is_private and linked.is_shared_with(who.user)):
        ways.add("individual")
    for item in task.work_items:
        alone = replace(task, work_items=(item,), assignee=None, creator=None)
        if item.role in SEEING and permissions(who, alone) and not (linked.is_private and item.holder == "*"):
            ways.add("everybody" if item.holder == "*" else "group" if ":" in item.holder else "individual")
    return not ways.isdisjoint(through)


def test_all_ways_to_see_together_are_the_rule(world: World) -> None:
    world.write(furnish, EXCLUSIVE)
    who = person(world, "bert")
    both = compare(world, TaskFilter(visible_to=who), lambda uow, task: sees_through(uow, who, task, EVERY_WAY))
    assert both


def test_one_of_several_conditions_suffices(world: World) -> None:
    world.write(furnish, EXCLUSIVE)
    wanted = TaskFilter(
        any_of=(TaskFilter(states=(State.CLAIMED,), assignee="bert"), TaskFilter(states=(State.INACTIVE,))),
        suspended=False,
    )
    compare(world, wanted, lambda _, task: task.assignee == "bert" or task.state is State.INACTIVE)


def furnish_suspended(uow: UnitOfWork) -> None:
    for facts in ({}, {"claims": True}, {"claims": False}, {"other": {"claims": True}}):
        extras = {"acme": facts, "other": {"claims": True, "x": '"claims":true'}}
        for suspended in (False, True):
            tasks.add(uow, title="x", extras=extras, suspended=suspended)
            tasks.add(uow, title="x", suspended=suspended)


def test_suspended_tasks_are_found_where_they_may_be_claimed_all_the_same(world: World) -> None:
    world.write(furnish_suspended, EXCLUSIVE)

    def expected(_: UnitOfWork, task: Task) -> bool:
        return not task.suspended or task.extras.get("acme", {}).get("claims", False)

    found = compare(world, TaskFilter(not_suspended_or=("acme", "claims")), expected)
    assert len(found) == 9


def furnish_timers(uow: UnitOfWork) -> None:
    for kind, state, early in itertools.product(Kind, (State.READY, State.CLAIMED, State.COMPLETED), (True, False)):
        at = Moment(uow.now if early else uow.now + 1)
        fields = {"kind": kind, "assignee": "bert" if state is State.CLAIMED else None}
        for timers in ({}, {"expires_at": at}, {"delete_at": at}):
            task = tasks.add(uow, title="x", **fields, **timers)
            tasks.save(uow, task, replace(task, state=state))


@pytest.mark.parametrize(
    "states", [(), (State.READY,), (State.COMPLETED,), (State.EXPIRED,), (State.EXPIRED, State.CLAIMED)]
)
def test_states_are_those_that_timers_leave_whether_they_have_fired_or_not(
    world: World, states: tuple[State, ...]
) -> None:
    world.write(furnish_timers, EXCLUSIVE)
    now = world.clock.now()

    def expected(_: UnitOfWork, task: Task) -> bool:
        left = task.as_of(now)
        return left is not None and (not states or left.state in states)

    assert compare(world, TaskFilter(states=states), expected)


def furnish_parts(uow: UnitOfWork) -> None:
    for _ in range(2):
        whole = tasks.add(uow, title="whole")
        tasks.add(uow, title="part", parent=whole.number)


@pytest.mark.parametrize("waiting", [True, False])
def test_tasks_are_found_by_whether_they_have_open_parts(world: World, waiting: bool) -> None:
    world.write(furnish_parts, EXCLUSIVE)
    found = compare(world, TaskFilter(has_open_children=waiting), lambda _, task: (task.title == "whole") is waiting)
    assert len(found) == 2


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_states_are_sorted_by_their_codes_and_what_is_missing_comes_last(world: World) -> None:
    def furnish_states(uow: UnitOfWork) -> None:
        for state in State:
            task = tasks.add(uow, title="x", name=None if state is State.READY else str(state))
            tasks.save(uow, task, replace(task, state=state, activated_at=Moment(1)))

    def order(uow: UnitOfWork, key: Sort) -> list[State]:
        return [task.state for task in uow.tasks.page(TaskFilter(), [key], limit=100)]

    world.write(furnish_states, EXCLUSIVE)
    assert world.read(lambda uow: order(uow, Sort("state_code"))) == sorted(State, key=STATE_CODES.__getitem__)
    by_name = [str(state) for state in world.read(lambda uow: order(uow, Sort("name")))]
    assert by_name == sorted(by_name, key=lambda name: "x" if name == "ready" else name)
