"""All dialects of one application, without a network: what each shows of the same task, what each may do with it."""

from collections.abc import Iterator

import pytest

from tests.support.databases import quick_file
from tests.support.shared_application import opened
from tests.support.world import World

__all__ = ["opened"]


@pytest.fixture
def world() -> Iterator[World]:
    yield from open_world()


@pytest.fixture(scope="module")
def first_world() -> Iterator[World]:
    """For modules with a tenant for each test, which is much quicker than a database."""
    yield from open_world()


def tenant_beside(first_world: World, name: str) -> World:
    """The same people in another tenant of that application."""
    world = World.beside(first_world, name)
    world.add("anna", admin=True)
    world.add("bert")
    world.add("cara")
    return world


def open_world() -> Iterator[World]:
    """With anna, who administers, and bert and cara, who don't."""
    with quick_file() as url:
        yield from open_world_on(url)


def open_world_on(url: str) -> Iterator[World]:
    """The same on a database of either engine."""
    world = World(url)
    world.add("anna", admin=True)
    world.add("bert")
    world.add("cara")
    world.is_lawful = True
    yield world
    world.close()
