"""Tokens and users at the door: dialects that a user may not use, ceilings, the last use, logins."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.jobs.loops.token_uses import store
from dragoman.usecases.identity.users import token_hash
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.server import Answer
from tests.support.tenant import PASSWORD, Tenant
from tests.support.world import ExclusiveCommand

CRM = "/api/2.0"
READS = {
    "native": "/v1/tasks",
    "genesys": "/genesys/1/cs/customers/x/services",
    "ibm_htm": "/rest/bpm/htm/v1/tasks/query/TASK",
    "onlyoffice_crm": f"{CRM}/crm/task/filter",
    "carrierx_batch": "/core/v2/batch/tasks",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent(request.param) as url:
        environ = {"DRAGOMAN_TIMEOUTS_TOKEN_CACHE_SECONDS": "0"}
        with InProcessServer(url, environ=environ) as running:
            yield running


@pytest.fixture
def tenant(server: InProcessServer) -> Tenant:
    return Tenant(server)


def bound(tenant: Tenant, person: str, **limits: Any) -> None:
    """Change what a user may use at all."""
    tenant.login(person)

    def change(uow: UnitOfWork, _: object) -> None:
        uow.users.save(replace(uow.users.get(tenant.uids[person]), **limits))

    tenant.server.app.executor.call(change, ExclusiveCommand(), tenant.key)


def ask(tenant: Tenant, method: str, target: str, authorization: str, body: Any = None) -> Answer:
    headers = {"Authorization": authorization} | ({} if body is None else {"Content-Type": "application/json"})
    answer: Answer = tenant.server.call(method, target, None if body is None else json.dumps(body), headers)
    return answer


@pytest.mark.parametrize("allowed", READS)
def test_a_user_is_kept_to_his_dialects_whatever_he_comes_with(allowed: str, tenant: Tenant) -> None:
    bound(tenant, "bert", dialects=(allowed,))
    ways = [f"Bearer {tenant.token('*', 'bert')}", tenant.basic("bert"), tenant.password("bert")]
    for dialect, target in READS.items():
        for way in ways:
            answer = ask(tenant, "GET", target, way)
            assert (answer.status == 403) == (dialect != allowed), (dialect, way, answer.text)
            assert answer.status in (200, 403)
    assert ask(tenant, "GET", "/v1/users/me", ways[0]).status == 200
    changed = ask(tenant, "PATCH", "/v1/users/me", ways[0], {"title": "Clerk"})
    assert changed.status == 200


def test_the_refusal_has_the_dialects_own_shape(tenant: Tenant) -> None:
    bound(tenant, "bert", dialects=())
    for dialect, target in READS.items():
        answer = ask(tenant, "GET", target, tenant.basic("bert"))
        assert answer.status == 403, dialect
        shape = ask(tenant, "GET", target, f"Bearer {tenant.token('nothing.known', 'anna')}").json()
        assert answer.json().keys() == shape.keys(), dialect
    assert ask(tenant, "GET", "/v1/tasks", tenant.basic("bert")).json()["code"] == "dialect_denied"
    assert ask(tenant, "GET", f"{CRM}/crm/nothing", tenant.basic("bert")).status in (403, 404)


def test_a_login_at_a_dialect_that_is_denied_opens_nothing_of_it(tenant: Tenant) -> None:
    bound(tenant, "bert", dialects=("native",), scopes=("*.read",))
    body = {"userName": tenant.login("bert"), "password": PASSWORD}
    made = ask(tenant, "POST", f"{CRM}/authentication", "", body)
    assert made.status == 201, made.text
    token = made.json()["response"]["token"]
    assert ask(tenant, "GET", f"{CRM}/crm/task/filter", token).status == 403
    assert ask(tenant, "GET", "/v1/tasks", f"Bearer {token}").status == 200
    assert ask(tenant, "POST", "/v1/tasks", f"Bearer {token}", {"title": "x"}).status == 403


def test_a_ceiling_bounds_password_and_tokens_of_an_administrator_too(tenant: Tenant) -> None:
    ways = [f"Bearer {tenant.token('*')}", tenant.basic("anna"), tenant.password("anna")]
    policies = "/v1/tenant/batch-policies"
    assert all(ask(tenant, "PUT", policies, way, []).status == 200 for way in ways)
    bound(tenant, "anna", scopes=("*.read", "task.write"))
    for way in ways:
        assert ask(tenant, "GET", policies, way).status == 200
        refused = ask(tenant, "PUT", policies, way, [])
        assert (refused.status, refused.json()["code"]) == (403, "scope_missing")
        assert ask(tenant, "POST", "/v1/tasks", way, {"title": "x"}).status == 201


def test_the_last_use_is_stored_behind_the_request(tenant: Tenant) -> None:
    text = tenant.token("task.read token.read")
    headers = {"Authorization": f"Bearer {text}"}
    assert tenant.server.call("GET", "/v1/tasks", None, headers).status == 200
    app = tenant.server.app
    until = time.monotonic() + 10
    shown: dict[str, Any] = {}
    while shown.get("last_dialect") is None:  # the loop that does this by itself may be at it just now
        assert time.monotonic() < until
        tenant.server._do(store(app.executor, app.identity.uses))
        shown = tenant.server.call("GET", f"/v1/tokens/{token_hash(text)[:16]}", None, headers).json()
    assert shown["last_dialect"] == "native"
    assert shown["last_used_at"] is not None


def test_a_log_in_makes_a_token_of_the_kind_login(tenant: Tenant) -> None:
    body = {"userName": tenant.login("bert"), "password": PASSWORD}
    text = ask(tenant, "POST", f"{CRM}/authentication", "", body).json()["response"]["token"]
    shown = ask(tenant, "GET", f"/v1/tokens/{token_hash(text)[:16]}", tenant.basic("bert")).json()
    assert (shown["kind"], shown["created_by"], shown["gives_decision"]) == ("login", tenant.uids["bert"], False)


def test_the_command_shows_the_scopes_as_the_api_does(tenant: Tenant) -> None:
    shown = ask(tenant, "GET", "/v1/scopes", f"Bearer {tenant.token('nothing.known')}").json()
    printed = tenant.command("token", "scopes", "--json")
    assert json.loads(printed) == shown
    assert printed.count("\n") == 1
    assert "task.read" in tenant.command("token", "scopes")
