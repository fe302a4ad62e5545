"""The tenant: who sees what of it, its limits, and that a disabled one stands still (ACCESS 12)."""

import json
from typing import Any

import pytest

from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.job import JobKind, LeaseLost
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.usecases import tenant_limits
from dragoman.usecases.admin import tenant_profile
from dragoman.usecases.background import jobs
from dragoman.usecases.identity import users as people
from tests.support.shared_application import tenant_of
from tests.support.world import World


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    world.add("anna", admin=True)
    world.add("bert")
    return world


MERGE = {"content_type": "application/merge-patch+json"}


def patched(world: World, body: dict[str, Any], **headers: str) -> Any:
    return world.native("anna", "PATCH", "/v1/tenant", body, **MERGE, **headers)


def test_all_see_its_names_and_administrators_the_rest(world: World) -> None:
    status, shown = world.native("bert", "GET", "/v1/tenant")
    assert (status, shown) == (200, {"name": world.name, "display_name": None, "zone": "UTC", "language": None})
    status, whole = world.native("anna", "GET", "/v1/tenant")
    assert (whole["number"], whole["revision"], whole["require_if_match"]) == (world.tenant, 0, False)
    assert whole["limits"] == {"users": None, "open_tasks": None, "attachment_bytes": None}


def test_a_change_is_a_row_of_its_history_and_needs_an_administrator(world: World) -> None:
    status, changed = patched(
        world, {"display_name": "Main desk", "zone": "Europe/Riga", "language": "lv"}, if_match='"0"'
    )
    assert (status, changed["display_name"], changed["zone"], changed["revision"]) == (
        200,
        "Main desk",
        "Europe/Riga",
        1,
    )
    (row,) = world.core(lambda uow: uow.history.page("tenant", world.tenant))
    assert json.loads(row.changes)["zone"] == ["UTC", "Europe/Riga"]
    assert patched(world, {"zone": "UTC"}, if_match='"0"')[0] == 412
    assert world.native("bert", "PATCH", "/v1/tenant", {"zone": "UTC"}, **MERGE)[0] == 403


def test_every_fault_is_named(world: World) -> None:
    body = {"zone": "Mars/Olympus", "language": "?", "name": "x", "limits": {"users": -1, "tasks": 3}, "colour": "red"}
    status, problem = patched(world, body)
    assert (status, problem["code"]) == (400, "invalid_body")
    assert {(fault["pointer"], fault["code"]) for fault in problem["errors"]} == {
        ("/zone", "unknown_zone"),
        ("/language", "format"),
        ("/name", "read_only"),
        ("/limits/users", "range"),
        ("/limits/tasks", "unknown"),
        ("/colour", "unknown"),
    }


def test_limits_are_merged_and_taken_away(world: World) -> None:
    assert patched(world, {"limits": {"users": 5, "open_tasks": 7}})[1]["limits"]["users"] == 5
    assert patched(world, {"limits": {"users": None}})[1]["limits"] == {
        "users": None,
        "open_tasks": 7,
        "attachment_bytes": None,
    }
    assert patched(world, {"limits": None})[1]["limits"]["open_tasks"] is None


def test_the_limit_of_open_tasks_is_exact_and_deletes_nothing(world: World) -> None:
    made = [world.native("bert", "POST", "/v1/tasks", {"title": "one"})[1]["number"] for _ in range(2)]
    patched(world, {"limits": {"open_tasks": 3}})
    assert world.native("bert", "POST", "/v1/tasks", {"title": "third"})[0] == 201
    status, problem = world.native("bert", "POST", "/v1/tasks", {"title": "fourth"})
    assert (status, problem["code"]) == (409, "tenant_full")
    assert "3 open tasks" in problem["detail"]
    assert world.native("bert", "POST", f"/v1/tasks/{made[0]}/claim", {})[0] == 200
    assert world.native("bert", "POST", f"/v1/tasks/{made[0]}/complete", {})[0] == 200
    assert world.native("bert", "POST", "/v1/tasks", {"title": "fourth"})[0] == 201
    assert world.native("bert", "POST", f"/v1/tasks/{made[0]}/reopen", {})[0] == 409
    patched(world, {"limits": {"open_tasks": 1}})
    assert len(world.native("bert", "GET", "/v1/tasks?state=ready")[1]["items"]) == 3
    crm = world.ask("bert", "POST", "/services/start", '{"service_type": "call", "customer_id": "7"}')
    assert crm.status == 201  # a service is no task


def test_changes_must_name_the_revision_where_the_tenant_says_so(world: World) -> None:
    number = world.native("anna", "POST", "/v1/tasks", {"title": "one"})[1]["number"]
    patched(world, {"require_if_match": True})
    uid = world.people["anna"].user
    assert uid is not None
    account = world.app.executor.call(people.find_account, people.FindAccount(uid), world.tenant)
    assert account is not None
    world.people["anna"] = account.principal
    task = f"/v1/tasks/{number}"
    assert world.native("anna", "PATCH", task, {"title": "two"}, **MERGE)[1]["code"] == "if_match_required"
    assert world.native("anna", "PATCH", task, {"title": "two"}, **MERGE, if_match='"1"')[0] == 200


def test_a_local_due_time_is_in_the_zone_of_its_user_then_of_the_tenant(world: World) -> None:
    patched(world, {"zone": "Europe/Riga"})
    body = {"title": "one", "due_local": "2031-01-10T09:00:00"}
    assert world.native("bert", "POST", "/v1/tasks", body)[1]["due_zone"] == "Europe/Riga"
    assert world.native("bert", "PATCH", "/v1/users/me", {"zone": "Asia/Tokyo"}, **MERGE)[0] == 200
    made = world.native("bert", "POST", "/v1/tasks", body)[1]
    assert (made["due_zone"], made["due_at"]) == ("Asia/Tokyo", "2031-01-10T00:00:00Z")


def test_a_disabled_tenant_takes_no_credentials_and_its_jobs_stand_still(world: World) -> None:
    job = world.core(lambda uow: uow.enqueue(JobKind.BATCH_FORGET, 1))

    def due() -> list[int]:
        return world.app.executor.call(jobs.tenants_with_due, jobs.Due(), DIRECTORY_TENANT)

    def switch(*, is_disabled: bool) -> Any:
        return world.app.executor.call(tenant_profile.disable, tenant_profile.Disable(is_disabled), world.tenant)

    (claimed,) = world.app.executor.call(jobs.claim, jobs.Claim("worker", 1), world.tenant)
    assert claimed.uid == job.uid
    first = switch(is_disabled=True)
    assert switch(is_disabled=True).disabled_at == first.disabled_at
    assert world.tenant not in due()
    with pytest.raises(LeaseLost):
        world.core(lambda uow: jobs.held(uow, jobs.Hold(job.uid, "worker", claimed.attempt)))
    uid = world.people["bert"].user
    assert uid is not None
    with pytest.raises(Forbidden, match="disabled") as refused:
        world.app.executor.call(people.find_account, people.FindAccount(uid), world.tenant)
    assert refused.value.code == "tenant_disabled"
    switch(is_disabled=False)
    world.clock.advance(60)
    assert world.tenant in due()


def test_room_is_told_by_its_limit(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        world.core(lambda uow: tenant_limits.make_room(uow, tenant_limits.USERS, 2, 2))
    assert (refused.value.code, refused.value.parameters["limit"]) == ("tenant_full", "users")
