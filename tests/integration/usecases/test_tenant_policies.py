"""Policies of batches that a tenant sets: who may, what is refused, what they do, and what its history says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.bulk import Method, Policy, Status
from dragoman.domain.errors import Forbidden
from dragoman.domain.people import Tenant
from dragoman.store.maintenance import verification
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.shared_application import application, tenant_of
from tests.support.world import World

PATH = "/v1/tenant/batch-policies"
SETTINGS = {"batch.policy": [{"types": ["case"], "approvals": 3}]}
WHOLE = {
    "types": ["task"],
    "methods": ["DELETE"],
    "above": 5,
    "approvals": 2,
    "creator_may_approve": False,
    "approvers": ["bert", "group:leads"],
    "require_if_match": True,
    "review": "required",
}
DEFAULTS = {
    "types": None,
    "methods": None,
    "above": 0,
    "approvals": 1,
    "creator_may_approve": True,
    "approvers": None,
    "require_if_match": False,
    "review": "optional",
}


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with application(databases, request.param, SETTINGS) as opened:
        yield opened


@pytest.fixture
def world(opened: World) -> BatchWorld:
    world = tenant_of(opened, BatchWorld)
    world.add("root", admin=True)
    return world


@pytest.fixture
def own(database_url: str) -> Iterator[BatchWorld]:
    """The same on a database of the test's own, for one that breaks it."""
    world = BatchWorld(database_url, settings=SETTINGS)
    world.add("root", admin=True)
    yield world
    world.close()


def put(world: BatchWorld, content: Any, who: str = "root", **headers: str) -> tuple[int, Any]:
    status, body = world.native(who, "PUT", PATH, content, **headers)
    return status, body


def test_there_are_none_at_first_and_those_that_were_put_from_then_on(world: BatchWorld) -> None:
    assert world.native("root", "GET", PATH) == (200, [])
    assert put(world, [WHOLE, {}]) == (200, [WHOLE, DEFAULTS])
    assert world.native("root", "GET", PATH) == (200, [WHOLE, DEFAULTS])
    assert put(world, [WHOLE, DEFAULTS]) == (200, [WHOLE, DEFAULTS])  # as it was read
    assert put(world, []) == (200, [])


def test_only_administrators_see_and_put_them(world: BatchWorld) -> None:
    for status, body in (world.native("anna", "GET", PATH), put(world, [], who="anna")):
        assert (status, body["code"]) == (403, "admin_only")


FAULTS = [
    ({}, [("", "type")]),
    ([{}] * 51, [("", "too_many")]),
    ([{"approvals": 0}, {"approvals": 11}], [("/0/approvals", "range"), ("/1/approvals", "range")]),
    ([{"aprovals": 1}], [("/0/aprovals", "unknown")]),
    ([{"methods": ["GET"]}], [("/0/methods/0", "choice")]),
    ([{"review": "always"}], [("/0/review", "choice")]),
    ([{"types": []}], [("/0/types", "too_few")]),
    ([{"above": -1, "creator_may_approve": 1}], [("/0/above", "range"), ("/0/creator_may_approve", "type")]),
    ([{"approvers": "bert"}], [("/0/approvers", "type")]),
    ([{}, {"types": ["task", "tsak"]}], [("/1/types/1", "unknown_type")]),
    ([3], [("/0", "type")]),
]


@pytest.mark.parametrize(("content", "expected"), FAULTS, ids=lambda value: json.dumps(value)[:40])
def test_what_is_wrong_is_named_with_its_place(
    world: BatchWorld, content: Any, expected: list[tuple[str, str]]
) -> None:
    status, body = put(world, content)
    assert (status, body["code"]) == (400, "invalid_body")
    assert [(fault["pointer"], fault["code"]) for fault in body["errors"]] == expected
    assert world.native("root", "GET", PATH) == (200, [])


def test_if_match_names_the_revision_that_was_read(world: BatchWorld) -> None:
    reply = world.ask("root", "GET", PATH)
    [tag] = [value for name, value in reply.headers if name == "ETag"]
    assert put(world, [{"approvals": 2}], if_match=tag)[0] == 200
    status, body = put(world, [], if_match=tag)
    assert (status, body["code"], body["current"]) == (412, "stale", [DEFAULTS | {"approvals": 2}])
    assert put(world, [], if_match='"1"')[0] == 200


def test_a_dry_run_stores_nothing(world: BatchWorld) -> None:
    assert world.native("root", "PUT", f"{PATH}?dry_run=true", [WHOLE])[0] == 200
    assert world.native("root", "GET", PATH) == (200, [])


def test_the_strictest_of_file_and_tenant_wins(world: BatchWorld) -> None:
    put(world, [{"approvals": 2}, {"types": ["case"], "creator_may_approve": False, "review": "required"}])
    for type_, expected in (("case", Policy(3, False)), ("task", Policy(2))):
        number = world.order(Method.DELETE, type_, field="id", entries=["1"], review=True)
        world.run_jobs()
        assert world.batch(number).policy == expected
    with pytest.raises(Forbidden) as refused:
        world.order(Method.DELETE, "case", field="id", entries=["1"], review=False)
    assert refused.value.code == "review_required"


def test_a_batch_under_review_keeps_its_policy(world: BatchWorld) -> None:
    number = world.order(Method.DELETE, "task", field="id", entries=["1"], review=True)
    world.run_jobs()
    put(world, [{"approvals": 2}])
    world.people["rita"] = replace(world.anna, is_reviewer=True)
    body = json.dumps({"code": "approved"})
    assert world.ask("rita", "POST", f"/v1/tasks/{number}/finish", body).status == 200
    assert world.batch(number).status is Status.APPROVED


def test_each_change_is_a_row_of_the_tenant_s_history(own: BatchWorld) -> None:
    world = own
    for content in ([{"approvals": 2}], [{"approvals": 2}], []):
        put(world, content)

    def rows(uow: Any) -> list[tuple[Any, ...]]:
        page = uow.history.page("tenant", world.tenant, limit=10)
        return [(row.revision, row.principal, row.dialect, json.loads(row.changes)) for row in page]

    changed = [DEFAULTS | {"approvals": 2}]
    assert world.core(rows) == [
        (1, "root", "native", {"batch_policies": [[], changed]}),
        (2, "root", "native", {"batch_policies": [changed, []]}),
    ]
    assert verification.verify(world.app.store.engine).broken is None
    with world.app.store.engine.raw.begin() as connection:
        connection.exec_driver_sql("UPDATE tenant SET revision = 1")
    assert "tenant 1: its history ends at revision 2" in str(verification.verify(world.app.store.engine).broken)


def test_a_new_tenant_has_no_history_yet(world: BatchWorld) -> None:
    def look(uow: Any) -> tuple[Tenant, list[Any]]:
        return uow.home, uow.history.page("tenant", world.tenant, limit=10)

    home, rows = world.core(look)
    assert (home.revision, home.head_hash, rows) == (0, "", [])
    assert verification.verify(world.app.store.engine).broken is None
