"""Groups: names, limits, members, what names them, and who may change them."""

import json
from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.maintenance import verification
from dragoman.usecases.identity import groups, memberships
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.shared_application import tenant_of
from tests.support.world import World

GROUPS = "/v1/groups"


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    furnish(world)
    return world


@pytest.fixture
def own(database_url: str) -> Iterator[World]:
    """The same on a database of the test's own, for one that breaks it."""
    world = World(database_url)
    furnish(world)
    yield world
    world.close()


def furnish(world: World) -> None:
    for login in ("root", "anna", "bert", "carla"):
        world.add(login, admin=login == "root")


def make(world: World, name: str, **fields: Any) -> dict[str, Any]:
    status, made = world.native("root", "POST", GROUPS, {"name": name, **fields})
    assert status == 201, made
    return dict(made)


def refused(world: World, method: str, path: str, content: Any = None, who: str = "root", **headers: str) -> Any:
    status, body = world.native(who, method, f"{GROUPS}{path}", content, **headers)
    return status, body["code"]


def members(world: World, group: str, query: str = "") -> list[str]:
    status, body = world.native("anna", "GET", f"{GROUPS}/{group}/members{query}")
    assert status == 200
    return [member["login"] for member in body["items"]]


def user(world: World, login: str) -> Any:
    return world.core(lambda uow: uow.users.by_login(login))


@pytest.mark.parametrize("name", ["", "x" * 101, "a:b", "*", "a,b", "  ", "a\nb", "a\u202eb"])
def test_names_that_can_not_be(world: World, name: str) -> None:
    status, body = world.native("root", "POST", GROUPS, {"name": name})
    assert (status, body["code"], body["errors"][0]["pointer"]) == (400, "invalid_body", "/name")


def test_names_are_unique_without_case_also_after_a_change(world: World) -> None:
    make(world, "Büro")
    other = make(world, "/eng/leads")
    for name in ("BÜRO", "bu\u0308ro"):
        assert refused(world, "POST", "", {"name": name}) == (409, "group_taken")
        assert refused(world, "PATCH", f"/{other['id']}", {"name": name}) == (409, "group_taken")
    status, body = world.native("root", "PATCH", f"{GROUPS}/%2Feng%2Fleads", {"name": "/ENG/leads"})
    assert (status, body["name"], body["revision"]) == (200, "/ENG/leads", 2)
    assert world.native("root", "PATCH", f"{GROUPS}/{other['id']}", {"name": "/ENG/leads"})[1]["revision"] == 2
    assert make(world, "next")["number"] == 3


def test_two_that_take_a_name_at_once(world: World) -> None:
    for round_ in range(5):
        at_once, codes = Barrier(2), list[int]()

        def create(name: str, at_once: Barrier = at_once, codes: list[int] = codes) -> None:
            at_once.wait()
            codes.append(world.native("root", "POST", GROUPS, {"name": name})[0])

        threads = [Thread(target=create, args=(f"{name}{round_}",)) for name in ("desk", "DESK")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [201, 409]


def test_a_tenant_a_user_and_a_group_have_their_limits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST", 2)
    monkeypatch.setattr(memberships, "MOST_GROUPS", 1)
    monkeypatch.setattr(memberships, "MOST_MEMBERS", 1)
    make(world, "one"), make(world, "two")
    assert refused(world, "POST", "", {"name": "three"}) == (409, "too_many_groups")
    assert world.native("root", "PUT", f"{GROUPS}/one/members/bert")[0] == 201
    assert refused(world, "PUT", "/two/members/bert") == (409, "too_many_groups")
    assert refused(world, "PUT", "/one/members/anna") == (409, "too_many_members")
    assert world.native("root", "PUT", f"{GROUPS}/one/members/bert")[0] == 200
    assert members(world, "two") == []


def test_lists_are_by_name_and_end_in_a_link(world: World) -> None:
    for name in ("beta", "Alpha", "gamma desk", "delta-desk"):
        make(world, name)
    status, page = world.native("anna", "GET", f"{GROUPS}?limit=3")
    assert (status, [each["name"] for each in page["items"]]) == (200, ["Alpha", "beta", "delta-desk"])
    assert [each["name"] for each in world.native("anna", "GET", page["next"])[1]["items"]] == ["gamma desk"]
    found = world.native("anna", "GET", f"{GROUPS}?q=DES")[1]
    assert [each["name"] for each in found["items"]] == ["delta-desk", "gamma desk"]
    assert "next" not in found


def test_members_are_listed_by_login_with_their_source(world: World) -> None:
    desk = make(world, "desk")
    for login in ("carla", "bert", "me"):
        assert world.native("root", "PUT", f"{GROUPS}/desk/members/{login}")[0] == 201

    def sign_in(uow: UnitOfWork) -> None:
        anna = uow.users.by_login("anna")
        held = None if anna is None else uow.users.find(anna.uid, Lock.CHANGE)
        assert held is not None
        memberships.set_groups(uow, held, [uow.groups.get(desk["id"])], "acme")

    world.core(sign_in)
    shown = world.native("anna", "GET", f"{GROUPS}/desk/members?limit=3")[1]
    assert [(each["login"], each["source"]) for each in shown["items"]] == [
        ("anna", "acme"), ("bert", "manual"), ("carla", "manual"),
    ]  # fmt: skip
    assert [each["login"] for each in world.native("anna", "GET", shown["next"])[1]["items"]] == ["root"]
    assert world.native("root", "PUT", f"{GROUPS}/desk/members/anna")[0] == 200
    assert world.native("anna", "GET", f"{GROUPS}/desk")[1]["member_count"] == 4
    assert user(world, "anna").groups == (desk["id"],)
    assert world.native("root", "DELETE", f"{GROUPS}/desk/members/anna") == (204, None)
    assert user(world, "anna").groups == ()
    assert members(world, "desk") == ["bert", "carla", "root"]


def test_only_administrators_change_groups(world: World) -> None:
    desk = make(world, "desk")
    world.people["anna"] = replace(world.people["anna"], is_supervisor=True, is_reviewer=True)
    for method, path, content in (
        ("POST", "", {"name": "x"}),
        ("PATCH", f"/{desk['id']}", {"name": "x"}),
        ("DELETE", f"/{desk['id']}", None),
        ("PUT", f"/{desk['id']}/members/anna", None),
        ("DELETE", f"/{desk['id']}/members/anna", None),
    ):
        assert refused(world, method, path, content, who="anna") == (403, "admin_only")


def test_an_earlier_revision_is_refused(world: World) -> None:
    desk = make(world, "desk")["id"]
    assert world.native("root", "PATCH", f"{GROUPS}/{desk}", {"description": "x"}, If_Match='"1"')[0] == 200
    assert refused(world, "PATCH", f"/{desk}", {"description": "y"}, If_Match='"1"') == (412, "stale")
    assert world.native("root", "PATCH", f"{GROUPS}/{desk}", {"name": "other"}, If_Match='"1"')[1]["revision"] == 3
    assert refused(world, "DELETE", f"/{desk}", If_Match='"1"') == (412, "stale")
    assert world.native("root", "DELETE", f"{GROUPS}/{desk}", If_Match='"3"')[0] == 204


def test_the_last_administrator_stays_one_by_his_group(world: World) -> None:
    make(world, "admins", roles=["administrator"])
    world.native("root", "PUT", f"{GROUPS}/admins/members/bert")

    def lose_own_role(uow: UnitOfWork) -> None:
        root = uow.users.by_login("root")
        held = None if root is None else uow.users.find(root.uid, Lock.CHANGE)
        assert held is not None
        uow.users.save(replace(held, roles=(), is_admin=False))

    world.core(lose_own_role)
    for method, path, content in (
        ("PATCH", "/admins", {"roles": []}),
        ("DELETE", "/admins", None),
        ("DELETE", "/admins/members/bert", None),
    ):
        assert refused(world, method, path, content) == (409, "last_administrator")
    assert members(world, "admins") == ["bert"]


def test_changes_of_a_group_and_of_its_members_are_history(world: World) -> None:
    desk = make(world, "desk", roles=["reviewer"])
    world.native("root", "PATCH", f"{GROUPS}/desk", {"name": "front", "roles": []})
    world.native("root", "PUT", f"{GROUPS}/front/members/bert")
    world.native("root", "DELETE", f"{GROUPS}/front")
    rows = world.core(lambda uow: uow.history.page("group", 1, after=0, limit=9))
    assert [(row.revision, row.operation, row.principal) for row in rows] == [
        (1, "create_group", "root"), (2, "patch_group", "root"), (3, "delete_group", "root"),
    ]  # fmt: skip
    assert json.loads(rows[1].changes) == {"name": ["desk", "front"], "roles": [["reviewer"], []]}
    bert = user(world, "bert").number
    of_bert = world.core(lambda uow: uow.history.page("user", bert, after=0, limit=9))
    assert [json.loads(row.changes) for row in of_bert[1:]] == [
        {"groups": [[], [desk["id"]]]}, {"groups": [[desk["id"]], []]},
    ]  # fmt: skip
    assert verification.verify(world.app.store.engine).broken is None


def hold(uow: UnitOfWork, *holders: str) -> Any:
    task = tasks.add(uow, title="Held")
    items = tuple(WorkItem(Role.POTENTIAL_OWNER, holder) for holder in holders)
    return uow.tasks.save(replace(task, work_items=items))


def test_a_group_that_is_named_stays_and_force_takes_it_out_of_work_items(world: World) -> None:
    desk, anna = make(world, "desk"), user(world, "anna").uid
    world.native("root", "PUT", f"{GROUPS}/desk/members/bert")
    holder = f"group:{desk['id']}"
    made = [world.core(lambda uow: hold(uow, holder, anna)) for _ in range(22)]
    status, body = world.native("root", "DELETE", f"{GROUPS}/desk")
    assert (status, body["code"], len(body["uses"])) == (409, "group_in_use", 20)
    assert body["uses"][0] == {"kind": "task", "id": made[0].uid, "number": made[0].number, "name": "Held"}

    assert world.native("root", "PUT", "/v1/tenant/batch-policies", [{"approvers": ["anna", "group:Desk"]}])[0] == 200
    template = Template(world.tenant, "t", "Review", 1, roles={Role.READER: (holder,)})
    world.core(lambda uow: uow.templates.add(template))
    status, body = world.native("root", "DELETE", f"{GROUPS}/desk?force=true")
    assert (status, body["code"]) == (409, "group_in_use")
    assert body["uses"] == [{"kind": "template", "id": "t", "name": "Review"}, {"kind": "policy", "index": 0}]
    assert len(world.task(made[0].number).work_items) == 2

    world.native("root", "PUT", "/v1/tenant/batch-policies", [])
    world.core(lambda uow: uow.templates.save(replace(uow.templates.get("t"), roles={})))
    assert world.native("root", "DELETE", f"{GROUPS}/desk?force=true") == (204, None)
    after = world.task(made[-1].number)
    assert after.work_items == (WorkItem(Role.POTENTIAL_OWNER, anna),)
    assert after.revision == made[-1].revision + 1
    assert user(world, "bert").groups == ()
    assert world.core(lambda uow: uow.members.of_group(desk["id"])) == []


def test_a_dry_run_keeps_nothing(world: World) -> None:
    desk = make(world, "desk")["id"]
    assert world.native("root", "PUT", f"{GROUPS}/desk/members/bert?dry_run=true")[0] == 200
    assert world.native("root", "DELETE", f"{GROUPS}/desk?dry_run=true")[0] == 204
    assert members(world, desk) == []


@pytest.mark.parametrize(
    "misdeed",
    ["DELETE FROM group_member", "UPDATE \"user\" SET groups = '[]'", "UPDATE group_member SET \"user\" = 'x'"],
)
def test_verify_compares_the_copy_of_memberships_with_the_rows(own: World, misdeed: str) -> None:
    make(own, "desk")
    own.native("root", "PUT", f"{GROUPS}/desk/members/bert")
    assert verification.verify(own.app.store.engine).broken is None
    with own.app.store.engine.raw.begin() as connection:
        connection.execute(sa.text(misdeed))
    assert "group" in (verification.verify(own.app.store.engine).broken or "")
