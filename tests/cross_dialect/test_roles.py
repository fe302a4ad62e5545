"""What the roles of users mean in each dialect: administrator, supervisor, reviewer, and none; by groups, too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.bulk import Status
from dragoman.domain.contact import ContactKind
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.identity import groups, users
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.batches import batch_in
from tests.cross_dialect.names import tkiid
from tests.support.databases import quick_file
from tests.support.world import World

GENESYS, IBM, CRM, CARRIERX = "/genesys/1/cs", "/rest/bpm/htm/v1", "/api/2.0", "/core/v2"
WHO = ("root", "supervisor", "reviewer", "plain")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The roles come by groups of their names, but for root's own; the maker's things are private."""
    with quick_file() as url:
        world = World(url, settings={"dialects.genesys.roles": True})
        for who in (*WHO, "maker", "second"):
            world.add(who, admin=who in ("root", "second"))
        for role in ("supervisor", "reviewer"):
            world.core(lambda uow, role=role: groups.add(uow, groups.Add(f"{role}s", {"roles": (role,)})))
            world.core(lambda uow, role=role: groups.join(uow, groups.Join(f"{role}s", role)))
            account = users.FindAccount(world.people[role].user or "")
            world.people[role] = world.core(lambda uow, account=account: users.find_account(uow, account)).principal
        world.core(furnish)
        yield world
        world.close()


def furnish(uow: UnitOfWork) -> None:
    contacts.add(uow, ContactKind.PERSON, first_name="Ivo", is_private=True)


@pytest.fixture
def task(world: World) -> Any:
    """A task that only its maker sees, about a private contact."""
    maker = world.people["maker"].user

    def make(uow: UnitOfWork) -> Any:
        made = tasks.add(uow, title="Secret", contact=1, creator=maker)
        return uow.tasks.save(replace(made, work_items=(WorkItem(Role.READER, maker or ""),)))

    return world.core(make)


def batch(world: World) -> Any:
    return world.task(batch_in(world, Status.IN_REVIEW, who=world.people["maker"]).number)


def status(world: World, who: str, method: str, target: str, content: Any = None) -> int:
    body = b"" if content is None else json.dumps(content).encode()
    return int(world.ask(who, method, target, body).status)


def each(world: World, method: str, target: str, content: Any = None) -> list[int]:
    """The statuses for root, supervisor, reviewer, and a user without a role."""
    return [status(world, who, method, target, content) for who in WHO]


def test_roles_of_groups_are_those_of_their_members(world: World) -> None:
    assert [(who, world.people[who].is_supervisor, world.people[who].is_reviewer) for who in WHO] == [
        ("root", False, False), ("supervisor", True, False), ("reviewer", False, True), ("plain", False, False),
    ]  # fmt: skip


def test_a_supervisor_sees_private_things_in_each_dialect_and_changes_none(world: World, task: Any) -> None:
    service = f"{GENESYS}/services/{task.case}/tasks/{task.number}"
    for target, seen in (
        (f"/v1/tasks/{task.uid}", [200, 200, 404, 404]),
        (f"/v1/tasks/{task.uid}/history", [200, 200, 404, 404]),
        ("/v1/contacts/1", [200, 200, 404, 404]),
        ("/v1/contacts/1/history", [200, 200, 404, 404]),
        (service, [200, 200, 403, 403]),
        (f"{IBM}/task/{tkiid(task.uid)}", [200, 200, 401, 401]),
        (f"{CRM}/crm/task/{task.number}", [200, 200, 403, 403]),
        (f"{CRM}/crm/contact/1", [200, 200, 404, 404]),
    ):
        assert each(world, "GET", target) == seen, target
    assert status(world, "supervisor", "PATCH", f"/v1/tasks/{task.uid}", {"title": "x"}) == 403
    assert status(world, "supervisor", "POST", f"/v1/tasks/{task.uid}/claim") == 403
    assert status(world, "supervisor", "PATCH", "/v1/contacts/1", {"about": "x"}) == 403
    assert status(world, "supervisor", "PUT", f"{IBM}/task/{tkiid(task.uid)}?action=claim") == 401
    assert status(world, "supervisor", "PUT", f"{CRM}/crm/task/{task.number}/close") == 403
    shown = json.loads(world.ask("supervisor", "GET", f"{CRM}/crm/task/{task.number}").body)["response"]
    assert shown.get("canEdit", False) is False


def test_ibm_offers_a_supervisor_only_to_look(world: World, task: Any) -> None:
    reply = world.ask("supervisor", "GET", f"{IBM}/task/actions?taskIDs={tkiid(task.uid)}")
    actions = json.loads(reply.body)["tasks"][0]["actions"]
    assert "ACTION_GETTASK" in actions
    assert all(name.startswith("ACTION_GET") for name in actions)
    mark = world.ask("supervisor", "PUT", f"{IBM}/task/{tkiid(task.uid)}?action=update", '{"isRead": true}')
    assert (mark.status, json.loads(mark.body)["errorNumber"]) == (403, "CWTKA0041E")
    query = f"{IBM}/tasks/query/TASK?interactionFilter=BROWSE_ALL&admin=true"
    assert each(world, "GET", query) == [200, 200, 401, 401]
    items = json.loads(world.ask("supervisor", "GET", query).body)["items"]
    assert tkiid(task.uid) in {item["TKIID"] for item in items}


def test_ibm_shows_and_moves_groups_by_name(world: World, task: Any) -> None:
    uid = world.core(lambda uow: groups.found(uow, "reviewers").uid)
    items = (WorkItem(Role.POTENTIAL_OWNER, f"group:{uid}"), WorkItem(Role.READER, world.people["plain"].user or ""))
    world.core(lambda uow: uow.tasks.save(replace(uow.tasks.get(task.number), work_items=items)))
    role = f"{IBM}/task/{tkiid(task.uid)}/role/REASON_POTENTIAL_OWNER"
    held = json.loads(world.ask("root", "GET", role).body)["staffResultSet"]
    assert held == {"resultType": "RESULT_TYPE_GROUPIDS", "groupIDs": ["reviewers"]}
    assert status(world, "reviewer", "GET", f"{IBM}/task/{tkiid(task.uid)}") == 200
    of_batch = f"{IBM}/task/{tkiid(batch(world).uid)}/role/REASON_POTENTIAL_OWNER"
    held = json.loads(world.ask("root", "GET", of_batch).body)["staffResultSet"]
    assert held == {"resultType": "RESULT_TYPE_GROUPIDS", "groupIDs": ["reviewer"]}
    moved = f"{role}?action=transfer&fromGroup=reviewers&toGroup=SUPERVISORS"
    assert status(world, "root", "PUT", moved) in (200, 401)


def test_genesys_asks_for_effective_roles_and_lets_reviewers_decide(world: World) -> None:
    task = batch(world)
    place = f"{GENESYS}/services/{task.case}/tasks/{task.number}"
    assert each(world, "GET", place) == [200, 200, 403, 403]
    assert [status(world, who, "POST", f"{place}/end", {"disposition": "done"}) for who in WHO[1:]] == [403, 409, 403]
    assert [status(world, who, "POST", f"{place}/end", {"disposition": "approved"}) for who in WHO[1:]] == [
        403, 204, 403,
    ]  # fmt: skip
    plain = world.core(lambda uow: tasks.add(uow, title="Open"))
    other = f"{GENESYS}/services/{plain.case}/tasks/{plain.number}/end"
    assert status(world, "reviewer", "POST", other, {"disposition": "approved"}) == 403


def test_batches_are_read_by_supervisors_and_decided_by_reviewers(world: World) -> None:
    uid = batch(world).uid
    assert each(world, "GET", f"{CARRIERX}/batch/tasks/{uid}") == [200, 200, 200, 404]
    assert each(world, "GET", f"/v1/batches/{uid}") == [200, 200, 200, 404]
    decision = {"status": "approved"}
    assert status(world, "supervisor", "PATCH", f"{CARRIERX}/batch/tasks/{uid}", decision) == 403
    assert world.native("supervisor", "POST", f"/v1/batches/{uid}/approve", {})[1]["code"] == "not_a_reviewer"
    assert status(world, "supervisor", "DELETE", f"/v1/batches/{uid}") == 403
    listed = {who: len(world.native(who, "GET", "/v1/batches")[1]["items"]) for who in WHO}
    assert (listed["root"], listed["plain"]) == (listed["supervisor"], 0)
    assert status(world, "reviewer", "PATCH", f"{CARRIERX}/batch/tasks/{uid}", decision) == 200


def test_the_crm_shows_the_owner_and_a_department(world: World) -> None:
    people = json.loads(world.ask("plain", "GET", f"{CRM}/people").body)["response"]
    shown = {
        one["userName"]: (one["isAdmin"], one["listAdminModules"], one["isOwner"], one["department"]) for one in people
    }
    assert shown["root"] == (True, ["crm"], True, "")
    assert shown["second"] == (True, ["crm"], False, "")
    assert shown["supervisor"] == (False, [], False, "supervisors")
    own = json.loads(world.ask("reviewer", "GET", f"{CRM}/people/@self").body)["response"]
    assert (own["isAdmin"], own["department"]) == (False, "reviewers")
