"""Previews of batches on an outside type: what the reviewer sees is what is done, or it is left alone."""

from typing import Any

import pytest

from dragoman.domain.bulk import Batch, Decision, Effect, Method, Preview, Status, Summary
from dragoman.usecases.batches.execution.outside_work import value_of
from tests.integration.delivery.tickets import Crm
from tests.support.batches import BatchWorld
from tests.support.outside_server import drop, status

PATCH, POST, DELETE = Method.PATCH, Method.POST, Method.DELETE
TYPE = "crm_ticket"


def reviewed(world: BatchWorld, method: Method, **body: Any) -> int:
    number = world.order(method, TYPE, review=True, **body)
    world.run_jobs()
    assert world.batch(number).status is Status.IN_REVIEW
    return number


def rows(world: BatchWorld, number: int) -> list[Preview]:
    found: list[Preview] = world.core(lambda uow: uow.previews.page(number, limit=1000))
    return found


def approved(world: BatchWorld, number: int) -> Batch:
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    return world.batch(number)


def failures(world: BatchWorld, batch: Batch) -> dict[int, str]:
    return {index: each["code"] for index, (_, each) in world.failures(batch).items()}


def test_a_preview_only_reads_and_shows_versions(world: BatchWorld, crm: Crm) -> None:
    number = reviewed(world, PATCH, field="id", entries=["1", "99", "2"], data={"title": "new"})
    assert {request.method for request in crm.tickets.requests} == {"GET"}
    found = rows(world, number)
    assert [(row.effect, row.object, row.version) for row in found] == [
        (Effect.WILL_CHANGE, "1", '"v2"'),
        (Effect.MISSING, None, None),
        (Effect.WILL_CHANGE, "2", '"v2"'),
    ]
    assert value_of(found[0].before) == {"id": "1", "title": "old"}
    assert value_of(found[0].after) == {"id": "1", "title": "new"}
    assert value_of(found[0].changed) == ["/title"]
    assert world.batch(number).summary == Summary(total=3, will_change=2, missing=1)


def test_equal_changes_are_summed_up(world: BatchWorld, crm: Crm) -> None:
    number = reviewed(world, PATCH, field="id", entries=["1", "2"], data={"title": "new"})
    uid = world.batch(number).uid
    [group] = world.core(lambda uow: uow.batch_details.find(uid)).groups
    assert (group.pointer, group.after, group.count, group.before) == ("/title", '"new"', 2, '"old"')


def test_what_was_shown_is_done(world: BatchWorld, crm: Crm) -> None:
    number = reviewed(world, PATCH, field="id", entries=["1", "99", "2"], data={"title": "new"})
    batch = approved(world, number)
    assert (batch.status, batch.success, batch.failure) == (Status.COMPLETED, 2, 1)
    assert failures(world, batch) == {1: "not_found"}
    assert [request.headers["If-Match"] for request in crm.tickets.sent("PATCH")] == ['"v2"', '"v2"']


@pytest.mark.parametrize("method", [PATCH, DELETE])
def test_what_was_changed_since_is_left_alone(world: BatchWorld, crm: Crm, method: Method) -> None:
    data = {"title": "new"} if method is PATCH else None
    number = reviewed(world, method, field="id", entries=["1", "2"], data=data)
    crm.tickets.put("1", title="theirs")
    batch = approved(world, number)
    assert failures(world, batch) == {0: "changed_since_review"}
    assert world.failures(batch)[0][1] == {
        "code": "changed_since_review",
        "message": "changed since review",
        "errors": [{"field": "title", "message": "was changed since the review"}],
    }
    assert crm.tickets.objects["1"]["title"] == "theirs"


def test_entries_that_meet_an_object_again_are_shown_after_the_first(world: BatchWorld, crm: Crm) -> None:
    data = [{"n": 1}, {"n": 2}, {"n": 2}]
    number = reviewed(world, PATCH, field="id", entries=["1", "1", "1"], data=data)
    found = rows(world, number)
    assert [(row.effect, row.version) for row in found] == [
        (Effect.WILL_CHANGE, '"v2"'),
        (Effect.WILL_CHANGE, None),
        (Effect.NO_OP, None),
    ]
    assert value_of(found[1].before) == value_of(found[0].after)
    batch = approved(world, number)
    assert (batch.success, batch.unchanged, batch.failure) == (3, 1, 0)
    assert crm.tickets.objects["1"]["n"] == 2


def test_entries_of_an_object_that_an_entry_before_deletes_are_missing(world: BatchWorld, crm: Crm) -> None:
    number = reviewed(world, DELETE, field="id", entries=["1", "1"])
    assert [row.effect for row in rows(world, number)] == [Effect.WILL_CHANGE, Effect.MISSING]
    batch = approved(world, number)
    assert failures(world, batch) == {1: "not_found"}


def test_new_objects_are_shown(world: BatchWorld, crm: Crm) -> None:
    number = reviewed(world, POST, data=[{"reference": "N", "gone": None}])
    [row] = rows(world, number)
    assert (row.effect, row.object, row.before, row.after) == (Effect.WILL_CHANGE, None, None, '{"reference":"N"}')
    assert not crm.tickets.requests
    assert approved(world, number).success == 1


def test_a_server_that_is_down_is_shown_and_nothing_is_done_later(world: BatchWorld, crm: Crm) -> None:
    crm.tickets.fail("GET", *[drop] * 3)
    number = reviewed(world, PATCH, field="id", entries=["1"], data={"title": "new"})
    [row] = rows(world, number)
    assert row.effect is Effect.INVALID
    error: Any = value_of(row.error)
    assert error["code"] == "outside_silent"
    assert failures(world, approved(world, number)) == {0: "changed_since_review"}


def test_a_long_retry_after_delays_the_preview(world: BatchWorld, crm: Crm) -> None:
    crm.tickets.fail("GET", status(503, retry_after="600"))
    number = world.order(PATCH, TYPE, field="id", entries=["1", "2"], data={"title": "new"}, review=True)
    world.run_jobs()
    assert world.batch(number).status is Status.CREATED
    world.clock.advance(600)
    world.run_jobs()
    assert world.batch(number).status is Status.IN_REVIEW


def test_more_entries_than_a_slice_are_shown_in_order(world: BatchWorld, crm: Crm) -> None:
    entries = [str(1 + index % 6) for index in range(250)]
    number = reviewed(world, PATCH, field="id", entries=entries, data=[{"n": index} for index in range(250)])
    found = rows(world, number)
    assert [row.index for row in found] == list(range(250))
    assert sum(row.version is not None for row in found) == 6
    before: Any = value_of(found[200].before)
    assert before["n"] == 194
