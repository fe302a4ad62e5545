"""Which case or opportunity a task belongs to: it is moved into one that exists, and never out of a service."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.case import CaseKind
from dragoman.domain.errors import Forbidden, NotFound
from dragoman.domain.task import Task
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases
from tests.support.world import World

CASE, DEAL, SERVICE = CaseKind.CASE, CaseKind.OPPORTUNITY, CaseKind.SERVICE
MISSING = 99

Do = Callable[..., Any]


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[World]:
    with databases.lent("sqlite") as url:
        world = World(url)
        yield world
        world.close()


@pytest.fixture
def do(world: World, request: pytest.FixtureRequest) -> Do:
    """Runs a function of the unit of work in a tenant of this test's own, as anna or another."""
    tenant = world.app.ensure_tenant(request.node.name)

    def run(function: Callable[[UnitOfWork], Any], login: str = "anna") -> Any:
        who = Principal(tenant=tenant, user=login, login=login)
        return world.core(function, who, tenant)

    return run


def case(do: Do, kind: CaseKind, **fields: Any) -> int:
    number: int = do(lambda uow: crm_cases.add(uow, kind, "Fair", **fields).number)
    return number


def task(do: Do, **fields: Any) -> int:
    number: int = do(lambda uow: tasks.add(uow, title="x", **fields).number)
    return number


def link(do: Do, number: int, wanted: crm_cases.Link | None, login: str = "anna") -> Task:
    """The task once it was made to belong to what is wanted."""

    def run(uow: UnitOfWork) -> Task:
        present = uow.tasks.get(number)
        target = None if wanted is None else crm_cases.find_target(uow, wanted)
        return tasks.save(uow, present, replace(present, **crm_cases.link_fields(uow, present, target)))

    linked: Task = do(run, login)
    return linked


def shown(do: Do, number: int, login: str = "anna") -> int | None:
    def run(uow: UnitOfWork) -> int | None:
        found = crm_cases.entity_of(uow, uow.tasks.get(number))
        return None if found is None else found.number

    entity: int | None = do(run, login)
    return entity


def test_a_task_of_the_inbox_moves_into_the_case_that_is_named(do: Do) -> None:
    fair, number = case(do, CASE), task(do)
    after = link(do, number, (CASE, fair))
    assert (after.case, after.entity_kind, after.entity) == (fair, None, None)
    assert shown(do, number) == fair


def test_a_task_that_is_let_go_returns_to_the_inbox(do: Do) -> None:
    number = task(do)
    inbox = do(lambda uow: uow.home.inbox_case)
    link(do, number, (DEAL, case(do, DEAL)))
    assert link(do, number, None).case == inbox
    assert shown(do, number) is None


def test_a_task_moves_from_one_case_to_another(do: Do) -> None:
    number = task(do, case=case(do, CASE))
    deal = case(do, DEAL)
    assert link(do, number, (DEAL, deal)).case == deal


def test_naming_the_same_case_again_changes_nothing(do: Do) -> None:
    fair = case(do, CASE)
    number = task(do, case=fair)
    assert link(do, number, (CASE, fair)).revision == 1


def test_a_service_keeps_its_task(do: Do) -> None:
    service, fair = case(do, SERVICE), case(do, CASE)
    number = task(do, case=service)
    after = link(do, number, (CASE, fair))
    assert (after.case, after.entity_kind, after.entity) == (service, "case", fair)
    assert shown(do, number) == fair
    after = link(do, number, None)
    assert (after.case, after.entity_kind, after.entity) == (service, None, None)


@pytest.mark.parametrize("kind", [CASE, DEAL])
def test_what_does_not_exist_links_nothing(do: Do, kind: CaseKind) -> None:
    inbox = do(lambda uow: uow.home.inbox_case)
    number = task(do, case=case(do, CASE))
    after = link(do, number, (kind, MISSING))
    assert (after.case, after.entity_kind, after.entity) == (inbox, None, None)
    assert shown(do, number) is None


def test_a_case_of_another_kind_is_not_the_one_that_was_named(do: Do) -> None:
    deal, number = case(do, DEAL), task(do)
    assert link(do, number, (CASE, deal)).case != deal
    assert shown(do, number) is None


def test_a_private_case_is_not_there_for_others_and_is_not_lost_by_them(do: Do) -> None:
    secret = case(do, CASE, is_private=True)
    number = task(do, case=secret, assignee="bert")
    assert shown(do, number) == secret
    assert shown(do, number, "bert") is None
    assert link(do, number, None, "bert").case == secret
    with pytest.raises(NotFound):
        do(lambda uow: crm_cases.get(uow, secret, CASE), "bert")


def test_only_who_may_change_a_case_may_delete_it(do: Do) -> None:
    fair = case(do, CASE)
    with pytest.raises(Forbidden):
        do(lambda uow: crm_cases.require_edit(uow, crm_cases.get(uow, fair, CASE)), "bert")
    do(lambda uow: crm_cases.require_edit(uow, crm_cases.get(uow, fair, CASE)))


def test_a_task_of_a_service_outlives_the_case_that_was_named_beside_it(do: Do) -> None:
    fair = case(do, CASE)
    inside, beside = task(do, case=fair), task(do, case=case(do, SERVICE))
    link(do, beside, (CASE, fair))
    do(lambda uow: removal.remove_case(uow, crm_cases.get(uow, fair, CASE)))
    assert do(lambda uow: uow.tasks.find(inside)) is None
    assert shown(do, beside) is None
