"""What requests changed is found by their ids, and the requests by what they changed, on both engines."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import NotFound
from dragoman.domain.traffic import Entry
from dragoman.usecases.admin import traffic
from tests.support.databases import Databases
from tests.support.world import NOON, World


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        world = World(url)
        world.add("anna", admin=True)
        world.add("bert")
        yield world
        world.close()


def send(world: World, name: str, method: str, target: str, body: bytes) -> None:
    """A request with this id."""
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    request = world.client.request(method, target, world.people["anna"], body, {"content-type": media})
    request.request_id = name
    assert world.client.execute(request).status < 300


def entry(name: str, at: Moment = NOON, method: str = "POST") -> Entry:
    return Entry(
        1, at, "native", "anna", "create_task", method, "/v1/tasks", "", 201, 5.0, name, 1, None, "", "", (), 1
    )


def caused(world: World, *entries: Entry, who: str = "anna") -> Any:
    command = traffic.FindCaused(entries)
    return world.core(lambda uow: traffic.find_caused(uow, command), world.people[who])


def test_changes_are_found_by_request_and_moment(world: World) -> None:
    send(world, "first", "POST", "/v1/tasks", b'{"title": "A"}')
    number = world.native("anna", "GET", "/v1/tasks?sort=-number&limit=1")[1]["items"][0]["number"]
    send(world, "second", "PATCH", f"/v1/tasks/{number}", b'{"title": "B"}')
    found = caused(world, entry("first"), entry("second"), entry("third"), entry("second", method="GET"))
    shown = {name: [(one.entity, one.number, one.revision) for one in rows] for name, rows in found.items()}
    assert shown == {"first": [("task", number, 1)], "second": [("task", number, 2)]}
    assert caused(world, entry("first", later(NOON, seconds=1))) == {}  # another request of the same id
    command = traffic.FindRequests((number, number + 1), NOON)
    requests = world.core(lambda uow: traffic.find_requests(uow, command), world.people["anna"])
    assert requests == {number: {"first", "second"}, number + 1: frozenset()}


def test_others_may_not_look(world: World) -> None:
    with pytest.raises(NotFound):
        caused(world, entry("first"), who="bert")
