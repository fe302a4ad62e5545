"""Roles of the Human Task Manager that groups hold, and those of tasks that run."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.kit import Reply
from dragoman.domain.people import Group
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role
from dragoman.usecases.identity.users import principal_of
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

BASE = "/rest/bpm/htm/v1"
GROUPS = {"reviewers": "00000000-0000-7000-9000-000000000001", "editors": "00000000-0000-7000-9000-000000000002"}
REVIEW = "00000001-0000-0001-0000-000100000001"
CALL = "00000001-0000-0001-0000-000100000002"


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """anna administers, paul is a reviewer; olga, petra and nina are in no group."""
    world = World(sqlite_url)
    for login in ("olga", "paul", "petra", "nina"):
        world.add(login)
    world.add("anna", admin=True)
    world.core(furnish)
    world.people["paul"] = world.core(join)
    yield world
    world.close()


def furnish(uow: UnitOfWork) -> None:
    for name, uid in GROUPS.items():
        uow.groups.add(Group(tenant=uow.tenant, uid=uid, name=name, number=uow.numbers.draw("group")))
    roles: dict[Role, tuple[str, ...]] = {
        Role.POTENTIAL_OWNER: (f"group:{GROUPS['reviewers']}",),
        Role.READER: ("*",),
    }
    uow.templates.add(Template(tenant=uow.tenant, uid=REVIEW, name="Review", version=1, roles=roles))
    uow.templates.add(Template(tenant=uow.tenant, uid=CALL, name="Call", version=1, kind="originating"))


def join(uow: UnitOfWork) -> Any:
    paul = uow.users.by_login("paul")
    assert paul is not None
    return principal_of(uow.users.save(replace(paul, groups=(GROUPS["reviewers"],))))


def made(world: World, template: str = "_TKT:1.1.1.1") -> str:
    """The id of a task that olga made and started."""
    reply = world.ask("olga", "POST", f"{BASE}/task?taskTemplateID={template}&mode=async")
    assert reply.status == 201, reply.body
    return str(json.loads(reply.body)["tkiid"])


def holders(world: World, task: str, role: str) -> Any:
    reply = world.ask("nina", "GET", f"{BASE}/task/{task}/role/{role}")
    return json.loads(reply.body)["staffResultSet"]


def transfer(world: World, who: str, task: str, role: str, query: str) -> Reply:
    return world.ask(who, "PUT", f"{BASE}/task/{task}/role/{role}?action=transfer&{query}")


def refusal(reply: Reply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body)["errorNumber"]


def test_a_group_holds_a_role_and_its_members_may(world: World) -> None:
    task = made(world)
    assert holders(world, task, "potentialOwner") == {"resultType": "RESULT_TYPE_GROUPIDS", "groupIDs": ["reviewers"]}
    assert refusal(world.ask("petra", "PUT", f"{BASE}/task/{task}?action=claim")) == (401, "CWTKA0068E")
    assert world.ask("paul", "PUT", f"{BASE}/task/{task}?action=claim").status == 200


def test_a_user_beside_a_group_is_told_beside_it(world: World) -> None:
    task = made(world)
    path = f"{BASE}/task/{task}/role/potentialOwner?action=assign&newUser=petra"
    assert world.ask("anna", "PUT", path).status == 200
    assert holders(world, task, "potentialOwner") == {
        "resultType": "RESULT_TYPE_USERIDS_AND_GROUPIDS",
        "userIDs": ["petra"],
        "groupIDs": ["reviewers"],
    }


def test_a_group_s_item_moves_to_another_group(world: World) -> None:
    task = made(world)
    moved = transfer(world, "anna", task, "potentialOwner", "fromGroup=reviewers&toGroup=editors")
    assert moved.status == 200
    assert holders(world, task, "potentialOwner") == {"resultType": "RESULT_TYPE_GROUPIDS", "groupIDs": ["editors"]}
    log = json.loads(world.ask("nina", "GET", f"{BASE}/task/{task}/history?idKind=WORK_ITEM_KIND_GROUP").body)
    assert [(one["event"], one["fromID"], one["toID"]) for one in log["items"]] == [
        ("TaskWorkItemTransferred", "reviewers", "editors")
    ]


def test_a_group_without_the_item_has_nothing_to_give(world: World) -> None:
    refused = transfer(world, "anna", made(world), "reader", "fromGroup=reviewers&toGroup=editors")
    assert refusal(refused) == (409, "CWTKA0014E")


def test_what_everybody_holds_stays(world: World) -> None:
    assert refusal(transfer(world, "anna", made(world), "reader", "toUser=nina")) == (409, "CWTKA0014E")


def test_a_member_of_the_group_can_be_given_the_task_by_its_owner(world: World) -> None:
    task = made(world)
    path = f"{BASE}/task/{task}/role/potentialOwner?action=assign&newUser=petra"
    assert world.ask("anna", "PUT", path).status == 200
    assert world.ask("petra", "PUT", f"{BASE}/task/{task}?action=claim").status == 200
    assert refusal(transfer(world, "petra", task, "owner", "toUser=nina")) == (403, "CWTKA0110E")
    assert transfer(world, "petra", task, "owner", "toUser=paul").status == 200
    assert holders(world, task, "owner")["userIDs"] == ["paul"]


def test_the_starter_of_a_running_task_hands_it_to_who_could_start_it(world: World) -> None:
    task = made(world, "_TKT:1.1.1.2")
    assert holders(world, task, "starter")["userIDs"] == ["olga"]
    assert refusal(transfer(world, "nina", task, "starter", "toUser=nina")) == (401, "CWTKA0068E")
    assert transfer(world, "anna", task, "starter", "toUser=petra").status == 200
    assert refusal(transfer(world, "petra", task, "starter", "toUser=nina")) == (403, "CWTKA0110E")
    assert transfer(world, "petra", task, "starter", "toUser=olga").status == 200
    assert holders(world, task, "starter")["userIDs"] == ["olga"]


def test_two_moves_are_both_made_or_neither(world: World) -> None:
    task = made(world)
    both = "fromGroup=reviewers&toGroup=editors&fromUser=petra&toUser=nina"
    assert refusal(transfer(world, "anna", task, "potentialOwner", both)) == (409, "CWTKA0014E")
    assert holders(world, task, "potentialOwner")["groupIDs"] == ["reviewers"]


def test_a_disabled_user_gets_nothing(world: World) -> None:
    def disable(uow: UnitOfWork) -> None:
        nina = uow.users.by_login("nina")
        assert nina is not None
        uow.users.save(replace(nina, disabled_at=uow.now))

    task = made(world)
    world.core(disable)
    path = f"{BASE}/task/{task}/role/reader?action=assign&newUser=nina"
    assert refusal(world.ask("anna", "PUT", path)) == (400, "CWTKA0084E")
