"""The figures of the overview on both engines: by state and age, by day of the reader's zone, by week."""

from collections.abc import Iterator
from datetime import date

import pytest

from dragoman.domain.clock import Moment, later, to_datetime
from dragoman.usecases.tasks import summaries
from dragoman.usecases.tasks.summaries import Summary
from tests.support.databases import Databases
from tests.support.world import NOON, World

DAY = 86_400.0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    """A world on 21 September 2026, 14:13 UTC, with tasks of the last weeks. In Auckland it is the 22nd."""
    with databases.lent(request.param) as url:
        world = World(url)
        world.add("anna", admin=True)
        world.add("bert")
        for days in (40, 10, 10, 1):
            make(world, -days * DAY)
        world.native("bert", "POST", f"/v1/tasks/{make(world, 0)}/claim")
        for days in (1, 2, 9, 60):
            due = later(NOON, seconds=-days * DAY)
            make(world, -70 * DAY, due_at=f"{to_datetime(due):%Y-%m-%dT%H:%M:%SZ}", assignee="bert")
        for hours in (-60, -13, -11, 0):
            number = make(world, -4 * DAY)
            world.clock.at = later(NOON, seconds=hours * 3_600)
            assert world.native("anna", "POST", f"/v1/tasks/{number}/complete")[0] == 200
        world.clock.at = NOON
        yield world
        world.close()


def make(world: World, seconds: float, **fields: object) -> int:
    """A task that is made so many seconds from now."""
    world.clock.at = Moment(later(NOON, seconds=seconds))
    status, task = world.native("anna", "POST", "/v1/tasks", {"title": "T", **fields})
    assert status == 201, task
    number: int = task["number"]
    return number


def look(world: World, who: str = "anna", zone: str = "UTC") -> Summary:
    command = summaries.Look(4, zone)
    found: Summary = world.core(lambda uow: summaries.look(uow, command), world.people[who])
    return found


def test_open_tasks_by_state_and_age(world: World) -> None:
    assert look(world).open == {"ready": [0, 1, 2, 1], "claimed": [1, 0, 0, 4]}
    assert not look(world).is_own


def test_ended_tasks_by_day_of_the_zone(world: World) -> None:
    assert look(world).done == [
        (date(2026, 9, 18), 0),
        (date(2026, 9, 19), 1),
        (date(2026, 9, 20), 0),
        (date(2026, 9, 21), 3),
    ]
    assert [count for _, count in look(world, zone="Pacific/Auckland").done] == [1, 0, 2, 1]


def test_overdue_tasks_by_week(world: World) -> None:
    assert look(world).overdue == [2, 1, 0, 0, 1]


def test_others_have_the_figures_of_their_own_tasks(world: World) -> None:
    mine = look(world, "bert")
    assert (mine.is_own, mine.open, mine.overdue) == (True, {"claimed": [1, 0, 0, 4]}, [2, 1, 0, 0, 1])
    assert sum(count for _, count in mine.done) == 0
