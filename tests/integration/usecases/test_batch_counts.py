"""The laws of a batch's counts, whatever becomes of its entries, wherever its worker dies (carrierx-batch.md 3, 4)."""

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.domain.bulk import Batch, Method, Status
from dragoman.domain.task import Verb
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.sizes import examples, sized

GOOD, MISSING, ENDED, PARENT = "good", "missing", "ended", "parent"
MOST_CRASHES = 10
kinds = st.lists(st.sampled_from([GOOD, GOOD, GOOD, MISSING, ENDED, PARENT]), min_size=1, max_size=60)


class Crash(BaseException):
    """The worker is no more."""


@pytest.fixture(scope="module", params=BACKENDS)
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[BatchWorld]:
    with databases.lent(request.param) as url:
        world = BatchWorld(url)
        yield world
        world.close()


@settings(
    max_examples=examples(sized(8, 20)),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kinds=kinds, seed=st.integers(0, 2**32))
def test_counts_keep_their_laws_and_every_entry_is_done_once(world: BatchWorld, kinds: list[str], seed: int) -> None:
    entries = made(world, kinds)
    number = world.order(Method.PATCH, "task", field="id", entries=entries, data={"priority": 5, "state": "completed"})
    seen = run_with_crashes(world, number, random.Random(seed))
    over = world.batch(number)
    assert all(keeps_the_laws(each) for each in [*seen, over])
    assert world.outcomes(over) == list(range(len(kinds)))
    assert set(world.failures(over)) == {index for index, kind in enumerate(kinds) if kind in (MISSING, ENDED)}
    for entry, kind in zip(entries, kinds, strict=True):
        if kind != MISSING:
            assert changes(world, entry) == (0 if kind == ENDED else 1)


def run_with_crashes(world: BatchWorld, number: int, chance: random.Random) -> list[Batch]:
    """The batch as it was before each transaction; some of them the worker does not live to see."""
    seen: list[Batch] = []
    crashes = 0

    def watch(name: str) -> None:
        nonlocal crashes
        seen.append(world.batch(number))
        if name in ("prepare", "begin", "run_slice") and crashes < MOST_CRASHES and chance.random() < 0.4:
            crashes += 1
            raise Crash

    while world.batch(number).status is not Status.COMPLETED:
        with suppress(Crash):
            world.run_jobs(watch)
        world.clock.advance(31)  # its lease runs out
    return seen


def made(world: BatchWorld, kinds: list[str]) -> list[int]:
    """A task of each kind; those of no kind at all have a number that nobody has."""

    def run(uow: UnitOfWork) -> list[int]:
        numbers = []
        for kind in kinds:
            if kind == MISSING:
                numbers.append(1_000_000)
                continue
            task = tasks.add(uow, title=kind)
            if kind == PARENT:
                tasks.add(uow, title="part", parent=task.number)
            if kind == ENDED:
                tasks.perform(uow, task, Verb.TERMINATE)
            numbers.append(task.number)
        return numbers

    found: list[int] = world.core(run, world.anna)
    return found


def keeps_the_laws(batch: Batch) -> bool:
    counts = (batch.total, batch.processed, batch.success, batch.failure)
    if batch.status is Status.CREATED:
        return counts == (None,) * 4
    total, processed, success, failure = (count or 0 for count in counts)
    if batch.status is Status.COMPLETED and processed != total:
        return False
    return success + failure == processed == batch.cursor <= total


def changes(world: BatchWorld, task: int) -> int:
    """How often a batch changed it."""
    rows: Any = world.core(lambda uow: uow.history.page("task", task))
    return sum(row.operation == "batch.run" for row in rows)
