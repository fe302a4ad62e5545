"""What lists show where nothing is private: the rule is the same, and the statement asks for less."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, QUICK, Lock
from dragoman.domain.access import Permission, may
from dragoman.domain.task import Task
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.integration.store.test_visibility import CASES, CONTACTS, LOGINS, MOST, UNKNOWN, furnish, principal_of
from tests.support.world import World


@pytest.fixture(scope="module")
def world(shared_world: World) -> World:
    """With a task of each sort, none of which links anything private."""
    shared_world.write(lambda uow: furnish(uow, CONTACTS[:2], CASES[:1]), EXCLUSIVE)
    return shared_world


def listed(world: World, login: str) -> list[int]:
    """The numbers that a list shows this principal."""
    wanted = TaskFilter(visible_to=principal_of(world, login))
    shown: list[Task] = world.read(lambda uow: uow.tasks.page(wanted, [Sort("number")], limit=MOST), keys=QUICK)
    return [task.number for task in shown]


def allowed(world: World, login: str) -> list[int]:
    """The same by the rule of the domain."""
    principal = principal_of(world, login)

    def run(uow: UnitOfWork) -> list[tuple[Task, Any]]:
        return [(task, tasks.linked(uow, task)) for task in uow.tasks.page(TaskFilter(), [Sort("number")], limit=MOST)]

    return [task.number for task, linked in world.stored(run) if may(principal, Permission.SEE, task, linked)]


@pytest.mark.parametrize("login", LOGINS)
def test_a_list_shows_what_the_rule_allows(world: World, login: str) -> None:
    assert listed(world, login) == allowed(world, login) != []


def test_only_a_quick_reader_on_postgresql_leaves_out_what_there_is_none_of(world: World) -> None:
    def lacking(uow: UnitOfWork) -> Any:
        wanted = TaskFilter(visible_to=principal_of(world, "eric"))
        uow.tasks.page(wanted, [Sort("number")], limit=1)
        return uow.tasks._overlay.group.lacking

    all_of_it = frozenset({"private", "changes", "deletions"})
    assert world.read(lacking, keys=QUICK) == (all_of_it if world.app.store.engine.is_postgresql else None)
    assert world.read(lacking, keys=EXCLUSIVE) is None
    assert world.write(lacking, EXCLUSIVE) is None


def test_what_becomes_private_is_hidden_by_the_next_list(world: World) -> None:
    def hide(uow: UnitOfWork) -> None:
        every = uow.tasks.page(TaskFilter(), [Sort("number")], limit=MOST)
        (number,) = {task.contact for task in every if task.contact not in (None, UNKNOWN)}
        assert number is not None
        contact = uow.contacts.find(number, Lock.CHANGE)
        assert contact is not None
        uow.contacts.save(replace(contact, is_private=True))

    before = listed(world, "eric")
    world.write(hide, EXCLUSIVE)
    assert listed(world, "eric") == allowed(world, "eric")
    assert len(listed(world, "eric")) < len(before)
