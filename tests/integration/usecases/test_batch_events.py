"""Batches announce that they wait for a decision, that somebody decided, and that they ended: each fact once."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.bulk import Decision, Method, Status
from dragoman.domain.contact import ContactKind
from dragoman.domain.errors import Conflict
from dragoman.jobs.loops import reviews
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld, Immediate
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

DAY = 86_400.0
APPROVE, REFUSE = Decision.APPROVE, Decision.REFUSE
Told = list[tuple[str, str, Any, Any, Any]]


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        opened.is_lawful = True
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def ordered(world: BatchWorld, count: int, *, review: bool = True, **options: Any) -> int:
    """A prepared batch over tasks of anna's, of which the last is missing."""
    entries = world.core(lambda uow: [tasks.add(uow).number for _ in range(count - 1)], world.anna)
    asked = batches.Options(**options)
    data = {"priority": 7}
    number = world.order(
        Method.PATCH, "task", field="id", entries=[*entries, 99_999], data=data, review=review, options=asked
    )
    world.run_jobs()
    return number


def events(world: BatchWorld, number: int) -> list[Any]:
    return world.sql(
        "SELECT type, data, subject, number, revision, title, actor_login, audience, sequence FROM event "
        f"WHERE tenant = {world.tenant} AND entity = 'batch' AND number = {number} ORDER BY sequence"
    )


def told(world: BatchWorld, number: int) -> Told:
    """Type, status, total, success, failure."""
    return [(event[0], *json.loads(event[1]).values()) for event in events(world, number)]


def reviewer(world: BatchWorld, login: str) -> Principal:
    return replace(world.add(login), is_reviewer=True)


def test_a_review_is_told_from_its_beginning_to_the_end_of_the_run(world: BatchWorld) -> None:
    number = ordered(world, 3)
    bert = reviewer(world, "bert")
    assert told(world, number) == [("batch.review", "pending_review", 3, 0, 0)]
    world.decide(number, APPROVE, bert)
    world.run_jobs()
    assert told(world, number) == [
        ("batch.review", "pending_review", 3, 0, 0),
        ("batch.decided", "approved", 3, 0, 0),
        ("batch.completed", "completed", 3, 2, 1),
    ]
    made = world.batch(number)
    review, decided, completed = events(world, number)
    assert {event[2:6] for event in map(tuple, (review, decided, completed))} == {
        (f"batches/{made.uid}", number, None, None)
    }
    assert (review[6], decided[6], completed[6]) == ("system", "bert", "anna")  # as the rows of its task
    assert list(json.loads(review[1])) == ["status", "total", "success", "failure"]


def test_each_follows_the_row_of_its_task_in_one_transaction(world: BatchWorld) -> None:
    number = ordered(world, 2)
    world.decide(number, REFUSE, world.anna)
    log = world.sql(
        f"SELECT type FROM event WHERE tenant = {world.tenant} AND number = {number} "
        "AND entity IN ('task', 'batch') ORDER BY sequence"
    )
    assert [row[0] for row in log] == [
        *("task.created", "task.changed", "batch.review"),
        *("task.terminated", "batch.decided", "batch.completed"),
    ]
    assert told(world, number)[-1] == ("batch.completed", "cancelled", 2, 0, 0)


def test_the_first_of_two_approvals_counts_and_one_that_is_repeated_does_not(world: BatchWorld) -> None:
    number = ordered(world, 2, policy={"approvals": 2})
    bert, carl = reviewer(world, "bert"), reviewer(world, "carl")
    world.decide(number, APPROVE, bert)
    world.decide(number, APPROVE, bert)
    assert [event[:2] for event in told(world, number)[1:]] == [("batch.decided", "pending_review")]
    world.decide(number, APPROVE, carl)
    world.decide(number, APPROVE, carl)
    assert [event[:2] for event in told(world, number)[2:]] == [("batch.decided", "approved")]
    with pytest.raises(Conflict):
        world.decide(number, REFUSE, bert)
    assert len(told(world, number)) == 3


def test_a_canary_waits_for_a_decision_of_its_own(world: BatchWorld) -> None:
    number = ordered(world, 3, review=False, canary=1)
    assert told(world, number) == [("batch.review", "canary_review", 3, 1, 0)]
    world.decide(number, APPROVE, reviewer(world, "bert"))
    world.run_jobs()
    assert told(world, number)[1:] == [
        ("batch.decided", "queued", 3, 1, 0),
        ("batch.completed", "completed", 3, 2, 1),
    ]


def test_a_preview_made_again_is_another_review(world: BatchWorld) -> None:
    number = ordered(world, 2)
    world.control(number, control.preview_anew, world.anna)
    world.run_jobs()
    assert [event[0] for event in told(world, number)] == ["batch.review", "batch.review"]


@pytest.mark.parametrize("canary", [None, 1])
def test_a_review_that_nobody_decided_ends_once(world: BatchWorld, canary: int | None) -> None:
    number = ordered(world, 2, review=canary is None, canary=canary)
    world.clock.advance(31 * DAY)
    for _ in range(2):
        asyncio.run(reviews.end_what_is_over(Immediate(world.app)))
    status = "expired" if canary is None else "stopped"
    assert [event[:2] for event in told(world, number)[1:]] == [("batch.completed", status)]


def test_a_batch_that_stops_pauses_or_is_empty(world: BatchWorld) -> None:
    stopped = ordered(world, 3, review=False, canary=1)
    world.control(stopped, control.stop, world.anna)
    assert told(world, stopped)[-1] == ("batch.completed", "stopped", 3, 1, 0)
    empty = world.order(Method.PATCH, "task", field="id", entries=[], data={"priority": 1})
    world.run_jobs()
    assert told(world, empty) == [("batch.completed", "completed", 0, 0, 0)]
    paused = ordered(world, 2)
    world.decide(paused, APPROVE, reviewer(world, "bert"))
    known = told(world, paused)
    world.control(paused, control.pause, world.anna)
    world.control(paused, control.resume, world.anna)
    assert told(world, paused) == known


class Dead(BaseException):
    """The worker is no more."""


def test_a_run_that_breaks_off_anywhere_and_begins_again_ends_once(world: BatchWorld) -> None:
    number = ordered(world, 4)
    world.decide(number, APPROVE, reviewer(world, "bert"))

    def die(at: int, seen: list[str], name: str) -> None:
        seen.append(name)
        if len(seen) == at:
            raise Dead

    for at in range(1, 6):
        with suppress(Dead, BaseExceptionGroup):
            world.run_jobs(partial(die, at, []))
        world.clock.advance(60)
    world.run_jobs()
    assert world.batch(number).status is Status.COMPLETED
    assert [event[0] for event in told(world, number)] == ["batch.review", "batch.decided", "batch.completed"]


def test_the_audience_is_that_of_its_task(world: BatchWorld) -> None:
    number = ordered(world, 2)

    def link(uow: UnitOfWork) -> None:
        contact = contacts.add(uow, ContactKind.PERSON, first_name="A", last_name="B", is_private=True)
        task = uow.tasks.get(number)
        tasks.save(uow, task, replace(task, contact=contact.number))

    world.core(link)
    world.decide(number, REFUSE, world.anna)
    of_task = world.sql(
        f"SELECT audience FROM event WHERE tenant = {world.tenant} AND entity = 'task' AND number = {number} "
        "ORDER BY sequence"
    )
    review, decided, completed = events(world, number)
    assert review[7] == of_task[1][0] == f"{world.anna.user} role:reviewer"
    assert decided[7] == completed[7] == of_task[-1][0] == world.anna.user
