"""Rows of history name the HTTP request that made them; batches and timers name none."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from dragoman.command import Keys
from dragoman.domain.access import system
from dragoman.domain.task import Task
from dragoman.store.unit.work import Work
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.close()


def prioritise(uow: UnitOfWork) -> Task:
    task = uow.tasks.get(1)
    return tasks.save(uow, task, replace(task, priority=(task.priority or 0) + 1))


def as_a_batch(uow: UnitOfWork) -> Task:
    return prioritise(uow.in_the_name_of(system(uow.tenant), "native", "batch.run", cause=7))


def of_request(work: Work, request: str) -> Work:
    work.stamp = replace(work.stamp, request=request)
    return work


def test_a_row_names_its_request_and_a_row_of_a_batch_none(world: World) -> None:
    world.core(lambda uow: tasks.add(uow, title="Call the printer"))
    keys = Keys(tasks=[1])
    world.group(
        of_request(world.work(prioritise, keys), "first"),
        of_request(world.work(as_a_batch, keys), "second"),
        of_request(world.work(prioritise, keys), "third"),
    )
    rows = world.core(lambda uow: uow.history.page("task", 1))
    assert [row.request for row in rows] == [None, "first", None, "third"]
