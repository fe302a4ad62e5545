"""Batches on an outside type that wait: the job is given back, and goes on where it was, with the tries it had."""

from dragoman.delivery.outside import Outside
from dragoman.domain.bulk import Batch, Method, Status
from dragoman.domain.job import Job, JobKind
from dragoman.usecases.batches.types import resource_types
from tests.integration.delivery.tickets import IDS, Crm
from tests.support.batches import BatchWorld
from tests.support.outside_server import status


def job(world: BatchWorld, number: int) -> Job:
    found: list[Job] = world.core(lambda uow: uow.jobs.about(JobKind.BATCH_EXECUTE, number))
    return found[-1]


def counts(batch: Batch) -> tuple[Status, int | None, int | None]:
    return batch.status, batch.success, batch.failure


def test_a_long_retry_after_gives_the_job_back(world: BatchWorld, crm: Crm) -> None:
    crm.table["http"]["concurrency"] = 4
    crm.tickets.fail("PATCH", status(503, retry_after="600"))
    number = world.order(Method.PATCH, "crm_ticket", field="id", entries=IDS, data={"title": "new"})
    world.run_jobs()
    waiting = world.batch(number)
    assert waiting.status is Status.RUNNING
    assert job(world, number).attempt == 0
    sent = len(crm.tickets.requests)
    world.run_jobs()
    assert len(crm.tickets.requests) == sent
    world.clock.advance(600)
    world.run_jobs()
    assert counts(world.batch(number)) == (Status.COMPLETED, 6, 0)
    keys = [request.headers["Idempotency-Key"][-2:] for request in crm.tickets.sent("PATCH")]
    assert sorted(keys) in (sorted([*(f":{index}" for index in range(6)), f":{index}"]) for index in range(4))


def test_tries_end_also_with_long_pauses(world: BatchWorld, crm: Crm) -> None:
    crm.tickets.fail("PATCH", *[status(429, retry_after="60")] * 9)
    number = world.order(Method.PATCH, "crm_ticket", field="id", entries=["1"], data={"title": "new"})
    for _ in range(4):
        world.run_jobs()
        world.clock.advance(60)
    batch = world.batch(number)
    assert counts(batch) == (Status.COMPLETED, 0, 1)
    assert world.failures(batch)[0][1]["message"] == "HTTP 429 from crm_ticket"
    assert len(crm.tickets.sent("PATCH")) == 3


def test_a_type_that_is_gone_fails_each_entry(world: BatchWorld, crm: Crm) -> None:
    number = world.order(Method.PATCH, "crm_ticket", field="id", entries=IDS, data={"title": "new"})
    resource_types.set_outside([])
    world.run_jobs()
    batch = world.batch(number)
    assert counts(batch) == (Status.COMPLETED, 0, 6)
    assert {each["code"] for _, each in world.failures(batch).values()} == {"type_gone"}


def test_a_type_without_the_key_or_the_method_is_gone(world: BatchWorld, crm: Crm) -> None:
    numbers = [
        world.order(Method.PATCH, "crm_ticket", field="reference", entries=["A"], data={"title": "new"}),
        world.order(Method.DELETE, "crm_ticket", field="id", entries=["1"]),
    ]
    del crm.table["find"]["reference"], crm.table["apply"]["DELETE"]
    resource_types.set_outside([crm.type()])
    world.app.executor.outside = Outside([crm.type()], world.clock)
    world.run_jobs()
    for number in numbers:
        assert world.failures(world.batch(number))[0][1]["code"] == "type_gone"
    assert not crm.tickets.requests
