"""Lists show what `domain.access` lets a principal see, no more and no less: the SQL and the rule are held together."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.access import Permission, Principal, is_candidate, may
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

CONTACTS = (
    None,
    {"is_private": False},
    {"is_private": True, "creator": "cara"},
    {"is_private": True, "shared_with": ("bert",)},
)
ITEMS = (
    (),
    (WorkItem(Role.READER, "bert"),),
    (WorkItem(Role.EDITOR, "group:crew"),),
    (WorkItem(Role.POTENTIAL_OWNER, "*"),),
    (WorkItem(Role.POTENTIAL_OWNER, "bert"), WorkItem(Role.POTENTIAL_OWNER, "group:crew")),
    (WorkItem(Role.ADMINISTRATOR, "dora"),),
    (WorkItem(Role.POTENTIAL_STARTER, "bert"), WorkItem(Role.READER, "*")),
    (WorkItem(Role.POTENTIAL_CREATOR, "*"),),
)
PEOPLE = ((None, None), ("anna", None), (None, "bert"), ("cara", "anna"))
CASES = (
    {"is_private": False},
    {"is_private": True, "creator": "cara"},
    {"is_private": True, "creator": "dora", "assignee": "bert"},
    {"is_private": True},
)
PLACES = ("case", "entity")
MOST = 4_000
UNKNOWN = 999
"""A contact that a client named, and nobody knows."""
WAYS: dict[str, dict[str, Any]] = {
    "reviewer": {"is_reviewer": True},
    "token to decide": {"is_granted": True, "scopes": frozenset({"batch.decide"})},
    "token to read": {"is_granted": True, "scopes": frozenset({"batch.read"})},
    "login": {"scopes": frozenset({"batch.manage"})},
    "supervisor": {"is_supervisor": True},
    "supervising reviewer": {"is_supervisor": True, "is_reviewer": True},
}
"""How a principal came in, where it decides what is seen."""


@pytest.fixture(scope="module")
def world(shared_world: World) -> World:
    """With a task of each sort. The tests only read."""
    shared_world.write(furnish, EXCLUSIVE)
    return shared_world


@pytest.fixture(scope="module")
def every(world: World) -> list[tuple[Task, Any]]:
    """All tasks, each with what its rights hang on beside itself."""

    def run(uow: UnitOfWork) -> list[tuple[Task, Any]]:
        return [(task, tasks.linked(uow, task)) for task in uow.tasks.page(TaskFilter(), [Sort("number")], limit=MOST)]

    found: list[tuple[Task, Any]] = world.stored(run)
    return found


def furnish(
    uow: UnitOfWork,
    contacts_fields: Sequence[dict[str, Any] | None] = CONTACTS,
    cases_fields: Sequence[dict[str, Any]] = CASES,
) -> None:
    contacts: list[int | None] = []
    for fields in contacts_fields:
        if fields is None:
            contacts.append(None)
            continue
        contact = Contact(
            tenant=uow.tenant, number=uow.numbers.draw("contact"), uid=uow.new_id(), kind=ContactKind.PERSON, **fields
        )
        contacts.append(uow.contacts.add(contact).number)
    contacts.append(UNKNOWN)
    cases = [add_case(uow, **fields) for fields in cases_fields]
    places = [{}, *({place: number} for place in PLACES for number in cases)]
    places += [{"case": one, "entity": other} for one, other in itertools.pairwise(cases[1:3])]
    for place, number, items, (assignee, creator) in itertools.product(places, contacts, ITEMS, PEOPLE):
        if place and number == contacts[1]:
            continue  # a public contact is like none
        for kind in Kind:
            task = tasks.add(uow, title="x", kind=kind, contact=number, assignee=assignee, creator=creator, **place)
            uow.tasks.save(replace(task, work_items=items))


def add_case(uow: UnitOfWork, **fields: Any) -> int:
    number = uow.numbers.draw("case")
    case = Case(tenant=uow.tenant, number=number, uid=uow.new_id(), kind=CaseKind.CASE, **fields)
    return uow.cases.add(case).number


def principal_of(world: World, login: str) -> Principal:
    return Principal(
        tenant=world.tenant,
        user=login,
        login=login,
        is_admin=login == "admin",
        groups=frozenset({"crew"} if login == "crew member" else ()),
        **WAYS.get(login, {}),
    )


LOGINS = ["anna", "bert", "cara", "dora", "eric", "crew member", "admin", *WAYS]


@pytest.mark.parametrize("login", LOGINS)
def test_a_list_shows_what_the_rule_allows(world: World, every: list[tuple[Task, Any]], login: str) -> None:
    principal = principal_of(world, login)

    def listed(uow: UnitOfWork) -> list[Task]:
        return uow.tasks.page(TaskFilter(visible_to=principal), [Sort("number")], limit=MOST)

    shown = [task.number for task in world.read(listed)]
    assert shown == [task.number for task, linked in every if may(principal, Permission.SEE, task, linked)]
    assert shown


@pytest.mark.parametrize("login", LOGINS)
def test_a_batch_is_offered_to_those_who_may_decide_it(world: World, every: list[tuple[Task, Any]], login: str) -> None:
    principal = principal_of(world, login)

    def offered(uow: UnitOfWork) -> list[int]:
        wanted = TaskFilter(kind=str(Kind.BATCH), claimable_by=principal)
        return [task.number for task in uow.tasks.page(wanted, [Sort("number")], limit=MOST)]

    batches = [(task, linked) for task, linked in every if task.kind is Kind.BATCH]
    assert world.read(offered) == [task.number for task, linked in batches if is_candidate(principal, task, linked)]


@pytest.mark.parametrize("login", LOGINS)
def test_what_is_offered_is_seen(world: World, every: list[tuple[Task, Any]], login: str) -> None:
    principal = principal_of(world, login)
    ready = [(task, linked) for task, linked in every if task.state is State.READY]
    offered = [task.number for task, linked in ready if is_candidate(principal, task, linked)]
    seen = {task.number for task, linked in ready if may(principal, Permission.SEE, task, linked)}
    assert set(offered) <= seen
    assert offered

    def listed(uow: UnitOfWork) -> list[int]:
        wanted = TaskFilter(states=(State.READY,), claimable_by=principal, visible_to=principal)
        return [task.number for task in uow.tasks.page(wanted, [Sort("number")], limit=MOST)]

    assert world.read(listed) == offered


def test_a_batch_is_not_offered_to_a_reviewer_in_a_list_of_what_others_see(world: World) -> None:
    reviewer, other = principal_of(world, "reviewer"), replace(principal_of(world, "reviewer"), is_reviewer=False)

    def listed(uow: UnitOfWork) -> list[Task]:
        wanted = TaskFilter(states=(State.READY,), claimable_by=reviewer, visible_to=other)
        return uow.tasks.page(wanted, [Sort("number")], limit=MOST)

    found = world.read(listed)
    assert found
    assert all(task.kind is Kind.WORK for task in found)
