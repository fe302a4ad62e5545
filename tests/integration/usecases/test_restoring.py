"""Deleted tasks come back whole, or not at all: by whom, with what, and why not."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.contact import ContactKind
from dragoman.domain.extension import Extension
from dragoman.domain.message import Message, MessageHead
from dragoman.domain.task import Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.jobs.loops import pruning
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import Immediate
from tests.support.databases import Databases
from tests.support.world import World

DAY = 86_400


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        world = World(url)
        world.is_lawful = True
        for who in ("anna", "bert", "cara"):
            world.add(who, admin=who == "anna")
        yield world
        world.close()


def make(world: World, **fields: Any) -> Task:
    made: Task = world.core(lambda uow: tasks.add(uow, **{"title": "A task", **fields}), world.people["bert"])
    return made


def delete(world: World, task: Task, who: str = "bert") -> None:
    status, found = world.native(who, "DELETE", f"/v1/tasks/{task.number}")
    assert status == 204, found


def restore(world: World, task: Task, who: str = "bert") -> tuple[int, Any]:
    status, found = world.native(who, "POST", f"/v1/tasks/{task.number}/restore")
    return status, found


def uid(world: World, who: str) -> str:
    return world.people[who].user or ""


def test_all_that_a_task_had_is_there_again(world: World) -> None:
    def run(uow: UnitOfWork) -> Task:
        contact = contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
        task = tasks.add(uow, title="A task", contact=contact.number, properties={"a": "b"})
        uow.messages.put(Message(uow.tenant, task.uid, "input", "text/plain", "hello"))
        return uow.tasks.save(
            replace(
                task,
                messages={"input": MessageHead("text/plain", "0" * 64, None)},
                extensions={"mine": Extension("Mine", '{ "a" : 1.50 }')},
                work_items=(
                    WorkItem(Role.READER, uid(world, "cara")),
                    WorkItem(Role.ADMINISTRATOR, uid(world, "bert")),
                ),
            )
        )

    made: Task = world.core(run, world.people["bert"])
    before = world.task(made.number)
    delete(world, before)
    assert restore(world, before)[0] == 200
    after = world.task(before.number)
    same = {
        "revision": 3,
        "row_version": after.row_version,
        "modified_at": after.modified_at,
        "head_hash": after.head_hash,
    }
    assert replace(before, **same) == after
    assert world.core(lambda uow: uow.messages.of(before.uid, "input")).body == "hello"
    assert world.core(lambda uow: uow.contacts.get(before.contact).task_count) == 1


def test_parts_that_went_with_it_come_back_and_those_that_went_before_do_not(world: World) -> None:
    whole = make(world)
    part, early = make(world, parent=whole.number), make(world, parent=whole.number)
    deep = make(world, parent=part.number)
    delete(world, early)
    world.clock.advance(1)
    delete(world, whole)
    assert restore(world, whole)[0] == 200
    assert world.task(whole.number).open_children == 1
    assert (world.task(part.number).parent, world.task(deep.number).parent) == (whole.number, part.number)
    assert world.native("bert", "GET", f"/v1/tasks/{early.number}")[0] == 404
    assert restore(world, early)[0] == 200


def test_who_may_not_delete_it_does_not_bring_it_back_and_who_may_not_see_it_finds_nothing(world: World) -> None:
    plain = make(world)
    delete(world, plain)
    assert restore(world, plain, "cara")[0] == 403
    reader = WorkItem(Role.POTENTIAL_OWNER, uid(world, "anna"))
    hidden = make(world, work_items=(reader,))
    delete(world, hidden)
    assert restore(world, hidden, "cara")[0] == 404
    assert restore(world, hidden, "anna")[0] == 200
    assert restore(world, plain, "anna")[0] == 200


def test_a_task_of_a_case_that_is_gone_says_so(world: World) -> None:
    case = world.native("bert", "POST", "/v1/cases", {"kind": "case", "title": "x"})[1]["number"]
    task = make(world, case=case)
    delete(world, task)
    assert world.native("anna", "DELETE", f"/v1/cases/{case}")[0] == 204
    status, found = restore(world, task)
    assert (status, found["code"], found["errors"][0]["pointer"]) == (409, "bad_reference", "/case")


def test_a_task_that_a_batch_or_its_own_time_deleted_comes_back_to_stay(world: World) -> None:
    batched = make(world)

    def by_batch(uow: UnitOfWork) -> None:
        inner = uow.in_the_name_of(world.people["anna"], "native", "batch.run", cause=7)
        tasks.remove(inner, inner.tasks.get(batched.number))

    world.core(by_batch)
    assert restore(world, batched)[0] == 200
    late = make(world)
    world.native("bert", "PATCH", f"/v1/tasks/{late.number}", {"delete_at": "2000-01-01T00:00:00Z"})
    delete(world, late)
    assert restore(world, late)[1]["delete_at"] is None


def test_messages_are_kept_for_thirty_days(world: World) -> None:
    task = make(world)

    def with_message(uow: UnitOfWork) -> None:
        uow.messages.put(Message(uow.tenant, task.uid, "input", "text/plain", "hello"))
        uow.tasks.save(
            replace(uow.tasks.get(task.number), messages={"input": MessageHead("text/plain", "0" * 64, None)})
        )

    world.core(with_message)
    delete(world, task)
    world.clock.advance(30 * DAY - 60)
    asyncio.run(pruning.prune(Immediate(world.app)))
    assert world.core(lambda uow: uow.messages.of(task.uid, "input")) is not None
    world.clock.advance(120)
    asyncio.run(pruning.prune(Immediate(world.app)))
    assert world.core(lambda uow: uow.messages.of(task.uid, "input")) is None
    assert restore(world, task)[0] == 200
    assert world.task(task.number).messages == {}
