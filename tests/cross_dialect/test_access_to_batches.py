"""Batches by their own dialect: it knows nothing of other tasks, and the core's rights count there, too.

At the vendor the scopes of a token are the only condition (carrierx-batch.md 11); so they are as long as nobody is
named beside the batch and nothing private is linked (DESIGN 3, rule 4).
"""

import itertools
import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from dragoman.domain.access import Permission, permissions
from dragoman.domain.bulk import Status
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.batches import batch_in
from tests.cross_dialect.conftest import open_world
from tests.support.world import World

SEE, WORK = Permission.SEE, Permission.WORK
WHO = ("anna", "bert", "cara", "reader", "reviewer", "administrator", "sharer")
NAMED = {"reader": Role.READER, "reviewer": Role.POTENTIAL_OWNER, "administrator": Role.ADMINISTRATOR}
KINDS = list(itertools.product((False, True), (None, 1, 2), (Status.CREATED, Status.IN_REVIEW, Status.CANCELLED)))
BATCHES = "/core/v2/batch/tasks"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    for world in open_world():
        for who in WHO[3:]:
            world.add(who)
        sharer = world.people["sharer"].user or ""
        world.core(lambda uow, sharer=sharer: furnish(uow, sharer))
        yield world


def furnish(uow: UnitOfWork, sharer: str) -> None:
    contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
    contacts.add(uow, ContactKind.PERSON, first_name="Ivo", is_private=True, shared_with=(sharer,))


def made_batch(world: World, is_named: bool, contact: int | None, status: Status) -> Task:
    """The task of a batch that bert made."""
    items = tuple(WorkItem(role, world.people[who].user or "") for who, role in NAMED.items())
    fields = {"creator": world.people["bert"].user, "contact": contact, "work_items": items if is_named else ()}
    return world.task(batch_in(world, status, **fields).number)


def granted(world: World, who: str, task: Task) -> frozenset[Permission]:
    return permissions(world.people[who], task, world.core(lambda uow: tasks.linked(uow, task)))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("is_named", "contact", "status"), KINDS)
def test_whoever_may_see_a_batch_reads_it_and_whoever_may_work_on_it_decides(
    world: World, who: str, is_named: bool, contact: int | None, status: Status
) -> None:
    task = made_batch(world, is_named, contact, status)
    may = granted(world, who, task)
    path = f"{BATCHES}/{task.uid}"
    for below in ("", "/errors"):
        assert (world.ask(who, "GET", path + below).status == 200) == (SEE in may)
    reply = world.ask(who, "PATCH", path, json.dumps({"status": "cancelled"}))
    if WORK not in may:
        is_told_so_already = status is Status.CANCELLED and SEE in may
        expected = 404 if SEE not in may else 200 if is_told_so_already else 403
        assert reply.status == expected, reply.body
        assert world.task(task.number) == task
    elif status is Status.IN_REVIEW:
        assert reply.status == 200, reply.body
    else:
        assert reply.status in (200, 409), reply.body
    present = world.task(task.number)
    reply = world.ask(who, "DELETE", path)
    assert (reply.status == 204) == (WORK in may), reply.body
    if WORK not in may:
        assert world.task(task.number) == present


def test_no_list_of_batches_shows_one_that_may_not_be_seen(world: World) -> None:
    every = [made_batch(world, *kind) for kind in KINDS]
    for who in WHO:
        reply = world.ask(who, "GET", f"{BATCHES}?limit=1000")
        shown = {item["task_sid"] for item in json.loads(reply.body)["items"]} & {task.uid for task in every}
        assert shown == {task.uid for task in every if SEE in granted(world, who, task)}, who


@pytest.mark.parametrize("who", ["anna", "bert"])
def test_other_tasks_are_none_of_this_dialects(world: World, who: str) -> None:
    creator = world.people["bert"].user
    made: Task = world.core(lambda uow: tasks.add(uow, title="Call the printer", creator=creator))
    task = world.task(made.number)
    for method, body in (("GET", None), ("PATCH", {"status": "cancelled"}), ("DELETE", None)):
        for sid in (task.uid, str(task.number)):
            reply = world.ask(who, method, f"{BATCHES}/{sid}", b"" if body is None else json.dumps(body))
            assert reply.status == 404, reply.body
    assert world.task(task.number) == task
    shown = json.loads(world.ask(who, "GET", f"{BATCHES}?limit=1000").body)["items"]
    assert task.uid not in {item["task_sid"] for item in shown}


@pytest.mark.parametrize(
    ("scopes", "decides"),
    [({"batch.update"}, True), ({"batch.manage"}, True), ({"batch.read", "batch.create", "task.write"}, False)],
)
def test_a_batch_is_decided_where_batches_are_by_scope(world: World, scopes: set[str], decides: bool) -> None:
    # Which scopes an operation wants is looked at before it is asked; here only that it wants those of batches.
    [dialect] = [one for one in world.app.dialects if one.name == "carrierx_batch"]
    [patch] = [one for one in dialect.operations if one.name == "batch.update"]
    assert replace(world.people["cara"], scopes=frozenset(scopes)).has_scope(patch.scopes) == decides
