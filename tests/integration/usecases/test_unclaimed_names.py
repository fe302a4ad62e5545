"""Names that match no user: kept as sent, shown by their dialect alone, noted once a task, and given to somebody."""

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.genesys.handlers import tasks as starts
from dragoman.dialects.genesys.wire import events
from dragoman.dialects.genesys.wire.paths import ServiceId
from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.domain.job import Job
from dragoman.jobs.handlers import alias_claims as handler
from dragoman.usecases.background import alias_claims
from dragoman.usecases.background.jobs import Claim, Hold, claim
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import unclaimed_names
from tests.integration.usecases.test_aliases import LOST_USER, ask, crm, crm_task, either, genesys, put, uid, world
from tests.integration.usecases.test_zone_rules import Here
from tests.support.world import World

__all__ = ["either", "world"]  # fixtures

STRANGER = "6d9be2a4-1111-4222-8333-444455550000"
CRM = "onlyoffice_crm"


def names(world: World, query: str = "") -> list[dict[str, Any]]:
    status, page = ask(world, "GET", f"/v1/unclaimed-names{query}")
    assert status == 200, page
    items: list[dict[str, Any]] = page["items"]
    return items


def claims(world: World, name: str, body: dict[str, Any], dialect: str = CRM, query: str = "") -> tuple[int, Any]:
    return ask(world, "POST", f"/v1/unclaimed-names/{dialect}/{name}/claim{query}", body)


def test_an_unknown_guid_assigns_nobody_and_is_noted(either: World) -> None:
    for title in ("first", "second"):
        made = crm_task(either, STRANGER.upper(), title=title)
        assert made["responsible"]["id"] == LOST_USER
    crm_task(either, STRANGER, "PUT", "crm/task/1", title="first")  # the same name again
    assert (either.task(1).state, either.task(1).assignee) == ("ready", None)
    assert ask(either, "GET", "/v1/tasks/1")[1]["assignee"] is None
    [item] = names(either)
    assert (item["dialect"], item["name"], item["count"], item["open_tasks"]) == (CRM, STRANGER, 2, 2)
    assert item["example"] == {"number": 1, "title": "first"}
    found = crm(either, "GET", f"crm/task/filter?responsibleid={STRANGER}&fields=id")[1]
    assert [task["id"] for task in found] == [1, 2]
    assert names(either, "?dialect=genesys") == []
    ask(either, "POST", "/v1/tasks/2/finish")
    assert names(either)[0]["open_tasks"] == 1


def test_an_unknown_resource_id_is_shown_as_it_was_sent(either: World) -> None:
    number = genesys(either, {"resource_id": 99, "task_type": "Call"})
    assert genesys(either, task=number)["started"]["resource_id"] == 99
    assert either.task(number).assignee is None
    [item] = names(either, "?dialect=genesys")
    assert (item["name"], item["count"], item["open_tasks"], item["example"]["title"]) == ("99", 1, 1, "Call")
    ask(either, "POST", f"/v1/tasks/{number}/assign", {"assignee": "bert"})
    assert genesys(either, task=number)["started"]["resource_id"] == 99  # bert has no other in this dialect
    assert names(either)[0]["open_tasks"] == 0
    put(either, "bert", "genesys", "7")
    assert genesys(either, task=number)["started"]["resource_id"] == 7


def test_another_dialect_sees_a_task_of_nobody(world: World) -> None:
    crm_task(world, STRANGER)
    shown = json.loads(world.ask("anna", "GET", f"/rest/bpm/htm/v1/task/{task_id(world.task(1).uid)}").body)
    assert "owner" not in shown
    assert shown["state"] == "STATE_READY"
    native = ask(world, "GET", "/v1/tasks/1")[1]
    assert (native["assignee"], native["state"]) == (None, "ready")


def test_a_name_that_a_task_carries_no_more_counts_no_more(world: World) -> None:
    crm_task(world, STRANGER)
    crm_task(world, uid(world, "cara"), "PUT", "crm/task/1")
    assert [(item["count"], item["open_tasks"], item["example"]) for item in names(world)] == [(1, 0, None)]


def test_a_refused_change_notes_no_name(world: World) -> None:
    crm_task(world, uid(world, "bert"))
    content = {"title": "", "deadline": "2031-04-10", "categoryId": 1, "responsibleId": STRANGER}
    assert crm(world, "PUT", "crm/task/1", content)[0] == 400
    assert names(world) == []


def test_a_name_is_claimed_with_its_open_tasks(either: World) -> None:
    for _ in range(4):
        crm_task(either, STRANGER)
    ask(either, "POST", "/v1/tasks/2/assign", {"assignee": "cara"})
    ask(either, "POST", "/v1/tasks/3/finish")
    status, tried = claims(either, STRANGER.upper(), {"user": "bert"}, query="?dry_run=true")
    assert (status, tried["assigned"], tried["skipped"]) == (200, 2, 1)
    assert len(names(either)) == 1
    status, done = claims(either, STRANGER.upper(), {"user": "bert"})
    assert (status, done) == (200, tried)
    assert (done["alias"]["name"], done["alias"]["login"], done["alias"]["is_first"]) == (STRANGER, "bert", True)
    found = [either.task(number) for number in range(1, 5)]
    assert [task.assignee for task in found] == [uid(either, "bert"), uid(either, "cara"), None, uid(either, "bert")]
    assert [(found[0].state, found[0].extras), found[2].state] == [("claimed", {}), "completed"]
    assert crm(either, "GET", "crm/task/1")[1]["responsible"]["id"] == STRANGER
    entry = ask(either, "GET", "/v1/tasks/1/history")[1]["items"][-1]
    assert (entry["operation"], entry["principal"], entry["dialect"]) == ("alias.claimed", "anna", "native")
    assert names(either) == []
    assert claims(either, STRANGER, {"user": "bert"})[1]["code"] == "unclaimed_name_not_found"


def test_a_claimed_resource_id_is_shown_as_an_alias(either: World) -> None:
    number = genesys(either, {"resource_id": 99})
    put(either, "bert", "genesys", "7")
    assert claims(either, "99", {"user": "bert"}, "genesys")[1]["assigned"] == 1
    assert genesys(either, task=number)["started"]["resource_id"] == 7
    ask(either, "POST", f"/v1/tasks/{number}/release")
    assert "resource_id" not in genesys(either, task=number)["started"]


def test_tasks_may_be_left(world: World) -> None:
    crm_task(world, STRANGER)
    status, done = claims(world, STRANGER, {"user": "bert", "tasks": "leave"})
    assert (status, done["assigned"], done["skipped"]) == (200, 0, 0)
    assert (world.task(1).assignee, names(world)) == (None, [])
    assert crm_task(world, STRANGER)["responsible"]["id"] == STRANGER
    assert claims(world, STRANGER, {"user": "bert"})[1]["assigned"] == 1  # later all the same
    assert world.task(1).assignee == uid(world, "bert")


def test_an_alias_takes_the_name_off_the_list(world: World) -> None:
    crm_task(world, STRANGER)
    put(world, "bert", CRM, STRANGER)
    assert (names(world), world.task(1).assignee) == ([], None)


def test_a_name_is_off_the_list_until_it_is_sent_again(either: World) -> None:
    crm_task(either, STRANGER)
    path = f"/v1/unclaimed-names/{CRM}/{STRANGER}"
    assert ask(either, "DELETE", f"{path}?dry_run=true")[0] == 204
    assert len(names(either)) == 1
    assert ask(either, "DELETE", path) == (204, None)
    assert names(either) == []
    assert ask(either, "DELETE", path)[1]["code"] == "unclaimed_name_not_found"
    crm_task(either, STRANGER, "PUT", "crm/task/1")
    assert [(item["count"], item["open_tasks"]) for item in names(either)] == [(1, 1)]


def test_what_a_claim_refuses(world: World) -> None:
    crm_task(world, STRANGER)
    refusals = [
        (claims(world, STRANGER, {"user": "stranger"}), 409, "bad_reference", "/user"),
        (claims(world, STRANGER, {}), 400, "invalid_body", "/user"),
        (claims(world, STRANGER, {"user": "bert", "tasks": "take"}), 400, "invalid_body", "/tasks"),
        (claims(world, STRANGER, {"user": "bert", "x": 1}), 400, "invalid_body", "/x"),
        (claims(world, "x", {"user": "bert"}), 400, "bad_alias", None),
        (claims(world, "5", {"user": "bert"}, "native"), 400, "bad_alias", None),
        (claims(world, "5", {"user": "bert"}, "genesys"), 404, "unclaimed_name_not_found", None),
    ]
    for (status, body), expected, code, pointer in refusals:
        assert (status, body["code"]) == (expected, code)
        assert [fault["pointer"] for fault in body.get("errors", ())] == ([] if pointer is None else [pointer])
    for method, target in (
        ("GET", "/v1/unclaimed-names"),
        ("DELETE", f"/v1/unclaimed-names/{CRM}/{STRANGER}"),
        ("POST", f"/v1/unclaimed-names/{CRM}/{STRANGER}/claim"),
    ):
        content = {"user": "bert"} if method == "POST" else None
        assert ask(world, method, target, content, who="bert")[1]["code"] == "admin_only"
    put(world, "cara", "genesys", "5")
    genesys(world, {"resource_id": 6})
    assert claims(world, "6", {"user": "cara"}, "genesys")[0] == 200
    assert world.core(lambda uow: uow.unclaimed_names.count()) == 1


def test_the_names_with_most_open_tasks_come_first(either: World) -> None:
    for resource, times in ((5, 1), (6, 3), (7, 2)):
        for _ in range(times):
            genesys(either, {"resource_id": resource})
    assert [(item["name"], item["open_tasks"]) for item in names(either)] == [("6", 3), ("7", 2), ("5", 1)]
    first = ask(either, "GET", "/v1/unclaimed-names?limit=2")[1]
    second = ask(either, "GET", first["next"])[1]
    assert [item["name"] for item in first["items"] + second["items"]] == ["6", "7", "5"]
    assert "next" not in second


def test_the_oldest_name_without_open_tasks_leaves_a_full_list(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unclaimed_names, "MOST_NAMES", 3)
    for resource in (5, 6, 7):
        either.clock.advance(1)
        genesys(either, {"resource_id": resource})
    ask(either, "POST", "/v1/tasks/2/finish")
    genesys(either, {"resource_id": 8})
    assert {item["name"] for item in names(either)} == {"5", "7", "8"}
    genesys(either, {"resource_id": 9})
    assert {item["name"] for item in names(either)} == {"7", "8", "9"}
    assert not either.core(lambda uow: uow.unclaimed_tasks.has("genesys", "6"))


def job_of(world: World) -> Job:
    [job] = world.core(lambda uow: claim(uow, Claim("me", 5)))
    found: Job = job
    return found


class Slices(Here):
    """Two tasks a slice; cut off after some of them."""

    def __init__(self, world: World, most: int = 100) -> None:
        super().__init__(world)
        self.left = most
        self.assigned = 0

    async def write(self, run: Any, command: Any, *arguments: Any, **options: Any) -> Any:
        if not self.left:
            raise RuntimeError("killed")
        self.left -= 1
        return await super().write(run, replace(command, limit=2), *arguments, **options)

    def pressure(self) -> Any:
        return type("Idle", (), {"is_felt": False, "bulk_seconds": 0.0, "group_seconds": 0.0})


def test_many_tasks_are_assigned_by_a_job_each_once(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unclaimed_names, "DIRECT", 4)
    for _ in range(7):
        crm_task(either, STRANGER)
    status, tried = claims(either, STRANGER, {"user": "bert"}, query="?dry_run=true")
    assert (status, tried["assigned"], "job" in tried) == (200, 7, False)
    status, begun = claims(either, STRANGER, {"user": "bert"})
    job = job_of(either)
    assert (status, begun) == (202, {"alias": begun["alias"], "job": job.uid})
    assert names(either) == []

    hold = Hold(job.uid, job.owner or "", job.attempt)
    with pytest.raises(RuntimeError):
        asyncio.run(handler.assign(Slices(either, 2), hold, job))
    assert sum(either.task(number).assignee is not None for number in range(1, 8)) == 4
    ask(either, "POST", "/v1/tasks/7/assign", {"assignee": "cara"})
    asyncio.run(handler.assign(Slices(either), hold, job))

    bert, cara = uid(either, "bert"), uid(either, "cara")
    assert [either.task(number).assignee for number in range(1, 8)] == [bert] * 6 + [cara]
    assert {either.task(number).revision for number in range(1, 7)} == {2}
    entry = ask(either, "GET", "/v1/tasks/6/history")[1]["items"][-1]
    assert (entry["operation"], entry["principal"], entry["dialect"]) == ("alias.claimed", "anna", "native")
    assert not either.core(lambda uow: uow.unclaimed_tasks.has(CRM, STRANGER))
    assert either.core(lambda uow: uow.jobs.find(job.uid)).state == "completed"


def test_a_job_assigns_nothing_to_a_user_who_was_disabled_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unclaimed_names, "DIRECT", 0)
    crm_task(world, STRANGER)
    claims(world, STRANGER, {"user": "bert"})
    job = job_of(world)
    world.core(lambda uow: uow.users.save(replace(uow.users.get(uid(world, "bert")), disabled_at=uow.now)))
    command = alias_claims.Assign(Hold(job.uid, job.owner or "", job.attempt), 0, 10)
    assert world.core(lambda uow: alias_claims.assign(uow, command)) is None
    assert (world.task(1).assignee, world.core(lambda uow: uow.jobs.find(job.uid)).state) == (None, "completed")


def test_a_task_that_nobody_may_have_now_is_skipped(world: World) -> None:
    crm_task(world, STRANGER)
    world.core(lambda uow: tasks.save(uow, uow.tasks.get(1), replace(uow.tasks.get(1), state="running")))
    assert claims(world, STRANGER, {"user": "bert"})[1]["assigned"] == 0


def test_a_name_that_was_noted_before_needs_no_command_of_its_own(world: World) -> None:
    """Each task of an agent whom nobody had entered took a transaction of its own."""
    start = starts.Start(ServiceId("2", 2), events.parse_task_start(b'{"resource_id":120034}'), False)
    before = start.keys()
    genesys(world, {"resource_id": 120034})
    keys, needed = start.keys(), Keys().also("unclaimed_name", [("genesys", "120034")], Lock.CHANGE)
    assert isinstance(before, Keys)
    assert isinstance(keys, Keys)
    assert (before.cover(needed), keys.cover(needed)) == (False, True)
    world.write(lambda uow: starts.start(uow, start), keys, world.people["anna"])
    assert [(item["name"], item["count"]) for item in names(world)] == [("120034", 2)]
