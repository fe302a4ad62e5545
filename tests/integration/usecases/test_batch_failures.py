"""The failures of a batch as a list: with skipped entries once it is stopped, in the order of the entries."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.bulk import Batch, Method, Outcome
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches import places
from dragoman.usecases.batches.execution import failures
from dragoman.usecases.batches.outcomes import results
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld

ENTRIES = ["0", "1", "2", "3", "4", "5"]
FAILED = '{"code":"not_found","message":"Cannot find item by id","errors":[{"message":"no task matches"}]}'
STOPPED = "not executed: stopped"


@pytest.fixture
def world(database_url: str) -> Iterator[BatchWorld]:
    world = BatchWorld(database_url)
    yield world
    world.close()


def stopped(world: BatchWorld, outcomes: dict[int, bool], cursor: int) -> int:
    """The number of a batch that was stopped; `outcomes` tells of some entries whether they were done."""
    number = world.order(Method.PATCH, "task", field="id", entries=ENTRIES, data={"priority": 1})

    def run(uow: UnitOfWork) -> None:
        batch = uow.batches.get(number).prepare(at=uow.now).begin(at=uow.now)
        rows = [
            Outcome(index) if is_done else Outcome(index, f'{{"id":"{index}"}}', FAILED, "not_found")
            for index, is_done in outcomes.items()
        ]
        uow.batches.record(number, rows)
        good = sum(outcomes.values())
        counted = replace(batch, processed=len(rows), success=good, failure=len(rows) - good, cursor=cursor)
        uow.batches.save(counted.stop(at=uow.now))

    world.core(run)
    return number


def listed(world: BatchWorld, number: int, **page: int) -> list[tuple[str, str]]:
    """Key and message of failures."""
    given: dict[str, Any] = {"limit": 100, **page}
    found = world.core(lambda uow: failures.page(uow, uow.batches.get(number), **given))
    return [(json.loads(each.key or "")["id"], json.loads(each.error or "")["message"]) for each in found]


@pytest.mark.parametrize(
    ("outcomes", "cursor", "failed", "skipped"),
    [
        ({}, 0, "", "012345"),
        ({0: True, 1: False}, 2, "1", "2345"),
        ({0: False, 1: True, 3: True, 4: False}, 2, "04", "25"),
        ({1: True, 2: True, 5: True}, 0, "", "034"),
    ],
)
def test_skipped_entries_stand_among_the_others(
    world: BatchWorld, outcomes: dict[int, bool], cursor: int, failed: str, skipped: str
) -> None:
    number = stopped(world, outcomes, cursor)
    whole = listed(world, number)
    assert whole == [
        (key, "Cannot find item by id" if key in failed else STOPPED) for key in sorted([*failed, *skipped])
    ]
    assert len(whole) == world.batch(number).unsuccessful
    for offset in range(len(whole) + 2):
        assert listed(world, number, offset=offset, limit=2) == whole[offset : offset + 2]


def test_the_view_of_a_stopped_batch_has_them(world: BatchWorld) -> None:
    number = stopped(world, {0: True}, 1)
    view = world.core(lambda uow: batches.view(uow, uow.batches.get(number)))
    assert [each.index for each in view.failures] == [1, 2, 3, 4, 5]
    assert (view.batch.unsuccessful, view.batch.settled) == (5, 6)


def test_a_view_that_is_too_large_is_refused(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.order(Method.PATCH, "task", field="id", entries=ENTRIES, data={"priority": 1})
    batch: Batch = world.batch(number)
    size = len('["0","1","2","3","4","5"]') + len('{"priority":1}')
    monkeypatch.setattr(batches, "VIEW_BYTES", size)
    assert world.core(lambda uow: batches.view(uow, batch)).payload is not None
    monkeypatch.setattr(batches, "VIEW_BYTES", size - 1)
    with pytest.raises(Invalid) as refused:
        world.core(lambda uow: batches.view(uow, batch))
    assert refused.value.code == "page_too_large"
    assert world.core(lambda uow: batches.view(uow, batch, with_payload=False)).payload is None
    target = f"/core/v2/batch/tasks/{batch.uid}"
    status, answer = world.native("anna", "GET", target)
    assert (status, answer["message"], answer["errors"][0]["type"]) == (400, "Bad Request", "page_too_large")
    assert world.native("anna", "GET", f"{target}?exclude_fields=entries,data")[0] == 200


HOLES: list[tuple[dict[int, bool], int]] = [({0: False, 1: True, 3: True, 4: False}, 2), ({1: True, 5: False}, 0)]


@pytest.mark.parametrize(("outcomes", "cursor"), HOLES)
@pytest.mark.parametrize("wanted", ["success", "failure", "skipped", "success skipped", "failure skipped", ""])
def test_a_page_of_results_begins_where_its_offset_says(
    world: BatchWorld, outcomes: dict[int, bool], cursor: int, wanted: str
) -> None:
    number, kinds = stopped(world, outcomes, cursor), frozenset(map(Became, wanted.split()))

    def read(uow: UnitOfWork, after: int, limit: int) -> list[int]:
        command = results.Read(batch=number, moment=str, outcomes=kinds, limit=limit, after=after)
        return [row.index for row in results.read(uow, command).rows]

    def check(uow: UnitOfWork) -> None:
        whole = read(uow, -1, 100)
        for offset in range(len(whole) + 2):
            place = places.in_results(uow, uow.batches.get(number), kinds, (), offset)
            assert place.total == len(whole)
            assert read(uow, place.index - 1, 2) == whole[offset : offset + 2]

    world.core(check)
