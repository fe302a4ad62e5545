"""Selections of batches: resolved once, with the creator's eyes, into the ids of objects, and frozen."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.bulk import Batch, Decision, Method, Status
from dragoman.domain.contact import ContactKind
from dragoman.domain.errors import Invalid
from dragoman.domain.task import Verb
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads, selections
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld, text
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

PATCH = Method.PATCH


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def made(world: BatchWorld, count: int, **fields: Any) -> list[str]:
    """The ids of new tasks of anna's."""

    def run(uow: UnitOfWork) -> list[str]:
        return [tasks.add(uow, title="Task", **fields).uid for _ in range(count)]

    ids: list[str] = world.core(run, world.anna)
    return ids


def selected(world: BatchWorld, type_: str, conditions: Any, data: Any = None) -> int:
    """A batch in `created` over what the conditions pick."""
    given = {"priority": 3} if data is None else data
    order = batches.NewBatch(PATCH, type_, None, None, text(given), review=True, size=0, selection=text(conditions))
    number: int = world.core(lambda uow: batches.create(uow, order).batch.number, world.anna)
    return number


def entries(world: BatchWorld, number: int) -> Any:
    def run(uow: UnitOfWork) -> Any:
        batch = uow.batches.get(number)
        return [
            content
            for chunk in uow.chunks.of(batch.uid)
            for content in payloads.content_of(batch, chunk, None).entries or ()
        ]

    return world.core(run)


def test_a_selection_becomes_ids_in_order_of_number(world: BatchWorld) -> None:
    ids = made(world, 3, priority=1)
    made(world, 2, priority=2)
    number = selected(world, "task", {"priority": 1, "state": ["ready"]})
    assert world.batch(number).title == "PATCH selected task"
    world.run_jobs()
    batch = world.batch(number)
    assert entries(world, number) == ids
    assert (batch.status, batch.field, batch.size) == (Status.IN_REVIEW, "id", 3)
    assert batch.title == "PATCH 3 × task by id"
    assert world.core(lambda uow: uow.tasks.get(number).title) == batch.title
    assert batch.summary is not None
    assert batch.summary.will_change == 3


def test_what_matches_later_is_not_touched(world: BatchWorld) -> None:
    made(world, 1, priority=1)
    number = selected(world, "task", {"priority": 1})
    world.run_jobs()
    [late] = made(world, 1, priority=1)
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    assert world.batch(number).success == 1
    assert world.core(lambda uow: uow.tasks.get(late).priority) == 1


def test_a_selection_without_matches_completes_without_review(world: BatchWorld) -> None:
    number = selected(world, "task", {"priority": 77})
    world.run_jobs()
    batch = world.batch(number)
    counts = (batch.total, batch.processed, batch.success, batch.unchanged, batch.failure, batch.skipped)
    assert (batch.status, counts) == (Status.COMPLETED, (0,) * 6)


def test_tasks_of_batches_are_left_out(world: BatchWorld) -> None:
    ids = made(world, 2)
    number = selected(world, "task", {})
    world.run_jobs()
    assert entries(world, number) == ids
    assert world.core(lambda uow: uow.tasks.get(number).kind) == "batch"


def test_me_is_the_creator_and_ended_tasks_are_picked_by_state(world: BatchWorld) -> None:
    [mine] = made(world, 1, assignee=world.anna.user)
    made(world, 1)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(mine), Verb.FINISH))
    number = selected(world, "task", {"assignee": "me", "state": ["completed"]})
    world.run_jobs()
    assert entries(world, number) == [mine]


def test_contacts_and_cases_are_selected_too(world: BatchWorld) -> None:
    person = world.core(lambda uow: contacts.add(uow, ContactKind.PERSON, first_name="Ann").uid, world.anna)
    number = selected(world, "contact", {}, {"about": "x"})
    cases = selected(world, "case", {"kind": "opportunity"}, {"title": "x"})
    world.run_jobs()
    assert entries(world, number) == [person]
    assert world.batch(cases).status is Status.COMPLETED


def test_plain_objects_are_selected_by_the_filter_language(world: BatchWorld) -> None:
    data = [{"phonenumber": f"1202555010{last}", "name": "a" if last else "b"} for last in range(3)]
    world.done(Method.POST, "phonenumber", data=data)
    number = selected(world, "phonenumber", "name eq a", {"name": "c"})
    world.run_jobs()
    batch: Batch = world.batch(number)
    assert (batch.field, batch.size, batch.status) == ("did_sid", 2, Status.IN_REVIEW)


def test_a_selection_of_more_than_an_upload_may_have_is_cancelled(database_url: str) -> None:
    with BatchWorld(database_url, settings={"limits.upload_entries": 2}) as world:
        made(world, 4)
        known = resource_types.find("task")
        assert known is not None
        assert world.core(lambda uow: selections.count(uow, known, {}), world.anna) == 3
        number = selected(world, "task", {})
        world.run_jobs()
        batch = world.batch(number)
    assert batch.status is Status.CANCELLED
    assert batch.ended_because is not None
    assert (batch.ended_because.code, batch.size) == ("too_many_selected", 0)


def test_a_resolution_that_was_broken_off_begins_again(world: BatchWorld) -> None:
    ids = made(world, 3)
    number = selected(world, "task", {})
    seen = []

    def watch(name: str) -> None:
        seen.append(name)
        if name == "keep" and seen.count("keep") == 1:
            raise MemoryError

    world.run_jobs(watch)
    world.clock.advance(3_600)
    world.run_jobs()
    assert entries(world, number) == ids


@pytest.mark.parametrize(
    ("type_", "conditions"),
    [
        ("task", {"limit": 3}),
        ("task", {"wave": 1}),
        ("task", "name eq a"),
        ("case", {"kind": "x"}),
        ("contact", {"q": ""}),
    ],
)
def test_conditions_that_the_list_does_not_have_are_refused(type_: str, conditions: Any) -> None:
    known = resource_types.find(type_)
    assert known is not None
    assert known.select is not None
    with pytest.raises(Invalid):
        known.select(conditions)


def test_what_would_be_selected_is_counted(world: BatchWorld) -> None:
    made(world, 3)
    known = resource_types.find("task")
    assert known is not None
    assert world.core(lambda uow: selections.count(uow, known, {}), world.anna) == 3
