"""The category that the CRM shows for tasks without one: it counts them, and no dialect deletes it."""

from collections.abc import Iterator

import pytest

from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.names import said
from tests.support.world import World

CRM = "/api/2.0/crm/task"
NOTE = 9


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    world.add("anna", admin=True)
    yield world
    world.close()


@pytest.mark.parametrize("has_tasks", [False, True])
@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"{CRM}/category/{NOTE}?newcategoryid=1", 400),
        (f"/v1/categories/{NOTE}?move_to=1", 409),
        (f"/v1/categories/{NOTE}", 409),
    ],
)
def test_the_default_category_is_deleted_by_no_dialect(world: World, target: str, status: int, has_tasks: bool) -> None:
    if has_tasks:
        world.core(lambda uow: tasks.add(uow, title="Call"))
    assert said(world, "DELETE", target)[0] == status
    assert said(world, "GET", f"/v1/categories/{NOTE}")[0] == 200


def test_the_default_category_counts_the_tasks_without_one(world: World) -> None:
    for category in (None, None, NOTE, 1):
        world.core(lambda uow, category=category: tasks.add(uow, title="Call", category=category))
    assert said(world, "GET", f"{CRM}/category/{NOTE}")[1]["response"]["relativeItemsCount"] == 3
    assert said(world, "GET", f"{CRM}/filter?categoryid={NOTE}")[1]["total"] == 3
    assert said(world, "GET", f"{CRM}/1")[1]["response"]["category"]["id"] == NOTE
