"""The query table of the IBM dialect finds what its guard lets the caller do: SQL and guard are held together."""

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import queries
from dragoman.dialects.ibm_htm.handlers.action_table import Action, HtmRole
from dragoman.dialects.ibm_htm.handlers.queries import Ask
from dragoman.dialects.ibm_htm.handlers.query_requests import Texts
from dragoman.dialects.ibm_htm.wire import ids
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

ITEMS = (
    (),
    (WorkItem(Role.READER, "*"), WorkItem(Role.POTENTIAL_OWNER, "bert"), WorkItem(Role.ADMINISTRATOR, "cara")),
    (WorkItem(Role.EDITOR, "bert"), WorkItem(Role.POTENTIAL_OWNER, "group:crew"), WorkItem(Role.ADMINISTRATOR, "dora")),
    (WorkItem(Role.ADMINISTRATOR, "bert"), WorkItem(Role.POTENTIAL_OWNER, "cara")),
    (WorkItem(Role.POTENTIAL_STARTER, "bert"), WorkItem(Role.ADMINISTRATOR, "cara")),
)
"""Where somebody is named, an administrator is, too: whatever makes work items writes down who that is."""
STATES = (State.INACTIVE, State.READY, State.CLAIMED, State.COMPLETED)
MARKS: tuple[dict[str, Any], ...] = (
    {},
    {"suspended": True},
    {"suspended": True, "extras": {"ibm_htm": {"supportsClaimIfSuspended": True}}},
    {"expires_at": NOON},
    {"delete_at": NOON},
)
LOGINS = ("bert", "cara", "crew member", "admin")


def furnish(uow: UnitOfWork) -> None:
    for items, state, marks, assignee in itertools.product(ITEMS, STATES, MARKS, ("bert", None)):
        if (state is State.CLAIMED and assignee is None) or (state is State.READY and assignee is not None):
            continue
        if state is State.INACTIVE and "expires_at" in marks:
            continue  # no timer of this dialect begins before the task is started
        task = tasks.add(uow, title="x", creator="cara", assignee=assignee, work_items=items, **marks)
        tasks.save(uow, task, replace(task, state=state))


def person(world: World, login: str) -> Principal:
    groups = frozenset({"crew"} if login == "crew member" else ())
    return Principal(tenant=world.tenant, user=login, login=login, is_admin=login == "admin", groups=groups)


def is_wanted(uow: UnitOfWork, interaction: str, stored: Task) -> bool:
    """The page's words on `interactionFilter`, asked of one task."""
    task = stored.as_of(uow.now)
    if task is None:
        return False
    owns = stored.assignee == uow.principal.user
    roles = guard.roles_of(uow, task)
    if not roles:
        return False
    available = guard.permits(task, roles, Action.CLAIM)
    work = owns and task.state is State.CLAIMED and not task.suspended
    return {
        "WORK_ON": work,
        "WORK_ON_ACTIVE": work and not task.open_children,
        "ASSESS_AVAILABLE": available,
        "ASSESS_AND_WORK_ON": work or available,
        "CHECK_COMPLETED": owns and not task.is_open,
        "BROWSE_ALL": True,
    }[interaction]


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("interaction", queries.INTERACTIONS)
@pytest.mark.parametrize("login", LOGINS)
def test_a_query_finds_what_the_guard_allows(world: World, login: str, interaction: str) -> None:
    world.write(furnish, EXCLUSIVE)
    who = person(world, login)
    ask = Ask(Texts("TASK", interaction, of_all=who.is_admin))

    def compare(uow: UnitOfWork) -> int:
        every = uow.tasks.page(TaskFilter(), (), limit=250)
        expected = [task.number for task in every if is_wanted(uow, interaction, task)]
        found = [item["TKIID"] for item in queries.find(uow, ask).items]
        assert sorted(found) == sorted(ids.task_id(task.uid) for task in every if task.number in expected)
        assert queries.count(uow, ask) == len(expected)
        return len(expected)

    found = world.read(compare, who)
    assert found or login in ("cara", "crew member", "admin")


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_an_administrator_who_asks_for_no_more_is_shown_his_own_tasks(world: World) -> None:
    world.write(furnish, EXCLUSIVE)

    def compare(uow: UnitOfWork) -> None:
        for item in queries.find(uow, Ask(Texts("TASK"))).items:
            task = uow.tasks.get(ids.parse_task(item["TKIID"]))
            assert guard.roles_of(uow, task) >= {HtmRole.READER, HtmRole.ADMINISTRATOR}
            assert not task.work_items or any(item.holder == "*" for item in task.work_items)

    world.read(compare, person(world, "admin"))


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_a_list_shows_what_timers_have_done_by_then(world: World) -> None:
    def late(uow: UnitOfWork) -> None:
        tasks.add(uow, title="over", expires_at=Moment(uow.now))
        tasks.add(uow, title="awake", suspended=True, resume_at=Moment(uow.now))
        gone = tasks.add(uow, title="gone", delete_at=Moment(uow.now))
        tasks.save(uow, gone, replace(gone, state=State.COMPLETED))

    world.write(late, EXCLUSIVE)
    ask = Ask(Texts("TASK", filter="SUSPENDED=FALSE AND STATE IN (STATE_READY,STATE_EXPIRED)", of_all=True))
    found = world.read(lambda uow: queries.find(uow, ask).items)
    assert [(item["NAME"], item["STATE"], item["SUSPENDED"]) for item in found] == [
        ("over", "STATE_EXPIRED", False),
        ("awake", "STATE_READY", False),
    ]
