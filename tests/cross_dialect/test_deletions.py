"""A deleted parent takes its parts along, whoever deletes it and however; the inbox stays, whatever is asked."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from dragoman.domain.case import CaseKind
from dragoman.domain.clock import later
from dragoman.domain.contact import ContactKind
from dragoman.domain.errors import Conflict, Expected
from dragoman.domain.task import Kind, State, Task, Verb
from dragoman.usecases import purge
from dragoman.usecases.background import timers
from dragoman.usecases.batches.types import task_resources
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.names import said, tkiid
from tests.support.shared_application import tenant_of
from tests.support.sizes import sized
from tests.support.world import NOON, World

SOON = later(NOON, seconds=10)
IBM = "/rest/bpm/htm/v1"
DEEP = sized(2_000, 10_000)
"""Levels, far beyond what Python recurses."""


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    world.add("anna", admin=True)
    world.add("bert")
    return world


def family(world: World, *, ended: bool = False, **fields: Any) -> tuple[Task, Task, Task]:
    """A task, an open part and an ended part of that part, and its owners of `fields`."""

    def make(uow: Any) -> tuple[Task, Task, Task]:
        parent = tasks.add(uow, title="parent", name="parent", **fields)
        part = tasks.add(uow, title="part", parent=parent.number)
        deeper = tasks.add(uow, title="deeper", parent=part.number)
        tasks.perform(uow, deeper, Verb.FINISH)
        if ended:
            tasks.save(uow, uow.tasks.get(parent.number), uow.tasks.get(parent.number).finish(at=uow.now))
        return uow.tasks.get(parent.number), uow.tasks.get(part.number), uow.tasks.get(deeper.number)

    made: tuple[Task, Task, Task] = world.core(make)
    return made


def left(world: World) -> list[int]:
    found: list[int] = world.stored(lambda uow: [n for n in range(1, 10) if uow.tasks.find(n) is not None])
    return found


def delete(world: World, how: str, parent: Task) -> int:
    match how:
        case "native":
            return said(world, "DELETE", f"/v1/tasks/{parent.number}")[0]
        case "crm":
            return said(world, "DELETE", f"/api/2.0/crm/task/{parent.number}")[0]
        case "ibm":
            return said(world, "DELETE", f"{IBM}/task/{tkiid(parent.uid)}")[0]
        case "batch":
            return batch(world, parent)
        case "native case":
            return said(world, "DELETE", f"/v1/cases/{parent.case}?with_tasks=true")[0]
        case "genesys service":
            return said(world, "DELETE", f"/services/{parent.case}")[0]
        case "crm case":
            return said(world, "DELETE", f"/api/2.0/crm/case/{parent.case}")[0]
        case "contact":
            return said(world, "DELETE", f"/v1/contacts/{parent.contact}?with_tasks=true")[0]
    world.clock.at = SOON
    number = parent.number if how == "timer" else parent.case
    name = "delete" if how == "timer" else "end"
    command = timers.Fire(name, (number or 0,))
    return 200 if world.app.executor.call(timers.fire, command, world.tenant).fired else 500


def batch(world: World, parent: Task) -> int:
    def run(uow: Any) -> int:
        task_resources.find(uow, "id", [str(parent.number)])
        try:
            task_resources.remove(uow, parent.number)
        except Expected as refused:
            return 409 if isinstance(refused, Conflict) else 500
        return 200

    status: int = world.core(run, world.people["anna"])
    return status


def owners(world: World, how: str) -> dict[str, Any]:
    def make(uow: Any) -> dict[str, Any]:
        if how in ("native case", "genesys service", "service timer"):
            expires_at = SOON if how == "service timer" else None
            return {"case": cases.add(uow, CaseKind.SERVICE, title="s", expires_at=expires_at).number}
        if how == "crm case":
            return {"case": cases.add(uow, CaseKind.CASE, title="c").number}
        if how == "contact":
            return {"contact": contacts.add(uow, ContactKind.PERSON, first_name="p").number}
        return {"delete_at": SOON} if how == "timer" else {}

    made: dict[str, Any] = world.core(make)
    return made


DIRECT = ("native", "crm", "ibm", "batch")
CASCADES = ("native case", "genesys service", "crm case", "contact", "timer", "service timer")


@pytest.mark.parametrize("how", ["native", "crm", "batch", *CASCADES])
def test_a_deleted_parent_takes_its_parts_along(world: World, how: str) -> None:
    parent, _, _ = family(world, ended=how == "timer", **owners(world, how))
    assert delete(world, how, parent) < 300
    assert left(world) == []
    tombstones = world.sql("SELECT number FROM tombstone WHERE entity = 'task' AND tenant = :t", t=world.tenant)
    assert len(tombstones) == 3


@pytest.mark.parametrize("how", DIRECT)
def test_an_ended_parent_with_an_open_part_is_not_deleted_by_itself(world: World, how: str) -> None:
    parent, part, _ = family(world, ended=True, **owners(world, how))
    assert delete(world, how, parent) == (403 if how == "crm" else 409)
    assert left(world) == [1, 2, 3]
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(part.number), Verb.FINISH))
    assert delete(world, how, parent) < 300
    assert left(world) == []


@pytest.mark.parametrize("how", CASCADES)
def test_a_cascade_takes_an_ended_parent_with_an_open_part_along(world: World, how: str) -> None:
    parent, _, _ = family(world, ended=True, **owners(world, how))
    assert delete(world, how, parent) < 300
    assert left(world) == []


@pytest.mark.parametrize("how", ["native", "crm", "ibm", "batch", *CASCADES])
def test_a_part_that_stands_for_a_batch_keeps_all_of_them(world: World, how: str) -> None:
    parent, part, _ = family(world, ended=how in ("timer", "ibm"), **owners(world, how))
    if how == "ibm":
        world.core(lambda uow: tasks.perform(uow, uow.tasks.get(part.number), Verb.FINISH))
    world.core(lambda uow: tasks.add(uow, title="batch", kind=Kind.BATCH, parent=part.number))
    refusal = pytest.raises(Conflict, match="batch") if "timer" in how else nullcontext()
    with refusal:
        assert delete(world, how, parent) >= 400
    assert left(world) == [1, 2, 3, 4]


def test_an_open_part_does_not_make_an_ended_parent_wait(world: World) -> None:
    parent, _, _ = family(world, ended=True)
    status, shown = said(world, "GET", f"{IBM}/task/{tkiid(parent.uid)}")
    assert (status, shown["isWaitingForSubTask"]) == (200, False)
    waiting = [item["TASK.IS_WAIT_FOR_SUB_TK"] for item in _query(world, "TASK.IS_WAIT_FOR_SUB_TK")]
    assert waiting.count(True) == 0


def _query(world: World, attribute: str) -> list[Any]:
    name = attribute.partition(".")[2]
    _, found = said(world, "GET", f"{IBM}/tasks/query/TASK?admin=true&selectedAttributes=TKIID,{name}")
    return [{attribute: item.get(name)} for item in found["items"]]


# The inbox, and cases of others


@pytest.mark.parametrize(
    ("method", "target", "content"),
    [
        ("PATCH", "/v1/cases/1", {"expires_at": "2031-01-01T00:00:00Z"}),
        ("PATCH", "/v1/cases/1", {"assignee": "bert"}),
        ("PATCH", "/v1/cases/1", {"is_private": True}),
        ("DELETE", "/v1/cases/1", None),
        ("DELETE", "/v1/cases/1?with_tasks=true", None),
        ("PUT", "/services/1/end", {"disposition": "x"}),
        ("POST", "/services/1/end", {"disposition": "x"}),
        ("PUT", "/services/1", {"ttl": 5}),
        ("PUT", "/customers/kunde/services/1", {}),
        ("DELETE", "/services/1", None),
        ("DELETE", "/api/2.0/crm/case/1", None),
        ("DELETE", "/api/2.0/crm/opportunity/1", None),
    ],
    ids=lambda part: json.dumps(part) if isinstance(part, dict) else str(part),
)
def test_the_inbox_is_never_ended_given_away_or_deleted(world: World, method: str, target: str, content: Any) -> None:
    before = world.stored(lambda uow: uow.cases.get(1))
    status, body = said(world, method, target, content)
    assert 400 <= status < 500, body
    assert world.stored(lambda uow: uow.cases.get(1)) == before


def test_the_inbox_can_be_renamed(world: World) -> None:
    assert said(world, "PATCH", "/v1/cases/1", {"title": "Post"})[0] == 200


@pytest.mark.parametrize("kind", [CaseKind.CASE, CaseKind.OPPORTUNITY])
def test_a_genesys_client_does_not_end_the_life_of_another_dialects_case(world: World, kind: CaseKind) -> None:
    made = world.core(lambda uow: cases.add(uow, kind, title="theirs"))
    case = world.stored(lambda uow: uow.cases.get(made.number))
    for method, target, content in (
        ("POST", f"/services/{case.number}/end", {"disposition": "x"}),
        ("PUT", f"/services/{case.number}", {"ttl": 5}),
        ("DELETE", f"/services/{case.number}", None),
    ):
        status, body = said(world, method, target, content)
        assert (status, body.get("exception")) == (403, "Forbidden"), (method, target, body)
    assert world.stored(lambda uow: uow.cases.get(case.number)) == case


# Depth


def chain(world: World, depth: int) -> None:
    """A task with parts of parts, made as rows: each is a part of the one before it."""

    def make(uow: Any) -> None:
        for number in range(1, depth + 1):
            tasks.add(uow, title=f"Level {number}", parent=number - 1 or None)

    world.core(make)


@pytest.mark.parametrize("how", ["finish", "delete", "timer", "case"])
def test_a_hierarchy_of_thousands_of_levels_is_ended_and_deleted(world: World, how: str) -> None:
    depth = DEEP
    chain(world, depth)
    if how == "finish":
        assert said(world, "POST", "/v1/tasks/1/finish")[0] == 200
    elif how == "timer":
        assert said(world, "PATCH", "/v1/tasks/1", {"expires_at": "2026-01-01T00:00:00Z"})[0] == 200
        assert said(world, "GET", f"/v1/tasks/{depth}")[1]["state"] == "expired"
        world.app.executor.call(timers.fire, timers.Fire("expire", (1,)), world.tenant)
    elif how == "delete":
        assert said(world, "DELETE", "/v1/tasks/1")[0] == 204
    else:
        case = world.core(lambda uow: cases.add(uow, CaseKind.CASE, title="c"))
        assert said(world, "PATCH", "/v1/tasks/1", {"case": case.number})[0] == 200
        world.core(lambda uow: purge.remove_case(uow, uow.cases.get(case.number)))
    rows_of = "SELECT count(*) FROM task WHERE tenant = :t"
    [(open_tasks,)] = world.sql(f"{rows_of} AND state IN ('ready', 'claimed')", t=world.tenant)
    assert open_tasks == 0
    [(rows,)] = world.sql(rows_of, t=world.tenant)
    assert rows == (depth if how in ("finish", "timer") else 0)


@pytest.mark.parametrize("verb", ["suspend", "resume"])
def test_a_deep_part_is_read_and_changed_in_ibm(world: World, verb: str) -> None:
    chain(world, 2_000)
    deepest = world.task(2_000)
    target = f"{IBM}/task/{tkiid(deepest.uid)}"
    status, shown = said(world, "GET", target)
    assert (status, shown["topLevelTaskID"]) == (200, tkiid(world.task(1).uid))
    assert said(world, "PUT", f"{target}?action={verb}")[0] < 500
    assert said(world, "PATCH", "/v1/tasks/2000", {"parent": 1})[0] == 200
    assert said(world, "PATCH", "/v1/tasks/1", {"parent": 1_999})[0] == 409
    assert world.task(2_000).state is State.READY
