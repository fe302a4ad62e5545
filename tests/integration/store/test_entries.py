"""Entries of bulk work: each like a command of its own within one transaction."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys
from dragoman.domain.access import system
from dragoman.domain.errors import Conflict
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.unit.overlay import MustBeExclusive
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


def two_tasks(world: World) -> tuple[int, int]:
    def run(uow: UnitOfWork) -> tuple[int, int]:
        return tasks.add(uow, title="one").number, tasks.add(uow, title="two").number

    numbers: tuple[int, int] = world.write(run, Keys(numbers={"task"}))
    return numbers


def prioritised(part: UnitOfWork, number: int) -> int:
    task = part.tasks.get(number)
    return tasks.save(part, task, replace(task, priority=(task.priority or 0) + 1)).revision


def test_each_entry_has_its_own_revision_and_history(world: World) -> None:
    one, two = two_tasks(world)

    def run(uow: UnitOfWork) -> list[int]:
        entries = uow.entries()
        return [entries.attempt(prioritised, number) for number in (one, two, one)]

    assert world.write(run, EXCLUSIVE) == [2, 2, 3]
    rows = world.read(lambda uow: uow.history.page("task", one, after=1))
    assert [(row.revision, row.changes) for row in rows] == [(2, '{"priority":[null,1]}'), (3, '{"priority":[1,2]}')]


def test_of_an_entry_that_is_refused_nothing_is_kept(world: World) -> None:
    one, two = two_tasks(world)

    def refused(part: UnitOfWork, number: int) -> None:
        prioritised(part, number)
        tasks.add(part, title="more")
        raise Conflict("no", "No.")

    def run(uow: UnitOfWork) -> None:
        entries = uow.entries()
        with pytest.raises(Conflict):
            entries.attempt(refused, one)
        entries.attempt(prioritised, two)

    world.write(run, EXCLUSIVE)
    found: list[Any] = world.read(lambda uow: [(uow.tasks.get(each).priority) for each in (one, two)])
    assert found == [None, 1]
    assert two_tasks(world) == (two + 1, two + 2)


def test_an_entry_reads_by_no_condition(world: World) -> None:
    one, _ = two_tasks(world)

    def run(uow: UnitOfWork) -> None:
        with pytest.raises(MustBeExclusive):
            uow.entries().attempt(lambda part, number: part.tasks.count(TaskFilter()), one)

    world.write(run, EXCLUSIVE)


def test_what_holds_the_entries_reads_what_they_did(world: World) -> None:
    one, two = two_tasks(world)

    def run(uow: UnitOfWork) -> tuple[int, int]:
        entries = uow.entries()
        counted = []
        for number in (one, two):
            entries.attempt(prioritised, number)
            counted.append(uow.tasks.count(TaskFilter(priority=1)))
        return counted[0], counted[1]

    assert world.write(run, EXCLUSIVE) == (1, 2)


def test_history_names_the_one_in_whose_name_it_is_done(world: World) -> None:
    one, _ = two_tasks(world)

    def run(uow: UnitOfWork) -> None:
        anna = replace(system(world.tenant), login="anna")
        uow.in_the_name_of(anna, "acme", "bulk").entries().attempt(prioritised, one)

    world.write(run, EXCLUSIVE)
    [row] = world.read(lambda uow: uow.history.page("task", one, after=1))
    assert (row.principal, row.dialect, row.operation) == ("anna", "acme", "bulk")
