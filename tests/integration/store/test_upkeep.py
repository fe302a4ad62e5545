"""The loop that finishes removals: it works through the lanes, in slices, also what an earlier process left."""

import asyncio

import pytest

from dragoman.domain.case import CaseKind
from dragoman.domain.errors import Unavailable
from dragoman.jobs.loops import purge as upkeep
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

TASKS = 50


def make_many(uow: UnitOfWork) -> int:
    case = cases.add(uow, CaseKind.SERVICE)
    for _ in range(TASKS):
        tasks.add(uow, case=case.number)
    return case.number


def remove_many(uow: UnitOfWork) -> None:
    removal.remove_case(uow, uow.cases.get(2), direct=1)


def is_waiting(uow: UnitOfWork) -> bool:
    return removal.waits(uow, removal.Waits())


def deletions(uow: UnitOfWork) -> int:
    return sum("deleted" in uow.history.page("task", number)[-1].changes for number in range(1, TASKS + 1))


def test_what_an_earlier_process_marked_is_removed(database_url: str) -> None:
    earlier = World(database_url)
    earlier.core(make_many)
    earlier.core(remove_many)
    assert earlier.core(is_waiting)
    earlier.close()

    world = World(database_url)

    async def serve() -> None:
        world.app.start()
        while world.core(is_waiting):
            await upkeep.sweep(world.app.executor)

    asyncio.run(serve())
    assert world.core(deletions) == TASKS
    world.close()


def test_a_server_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    async def refuse(app: object) -> int:
        looks.append(1)
        if len(looks) == 3:
            raise asyncio.CancelledError
        raise Unavailable("queue_full", "Too many wait.")

    monkeypatch.setattr(upkeep, "sweep", refuse)
    monkeypatch.setattr(upkeep, "LOOK_SECONDS", 0.0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(upkeep.run(None))  # type: ignore[arg-type]
    assert len(looks) == 3


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [(20, 0.001, 40), (40, 0.03, 40), (40, 0.2, 20), (20, 0.2, 20), (1000, 0.001, 1000)],
)
def test_a_slice_is_as_long_as_nobody_minds(size: int, seconds: float, following: int) -> None:
    assert upkeep._next_size(size, seconds) == following
