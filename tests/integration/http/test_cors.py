"""Browsers of other origins, and those who need no credentials (ACCESS 9)."""

from collections.abc import Iterator

import pytest

from tests.integration.cli.command import rows, well
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.server import Answer

DESK = "https://desk.example.com"
CONFIG = f"""
[native]
cors_origins = ["{DESK}"]
[dialects.genesys]
cors_origins = ["{DESK}"]
auth = false
[dialects.onlyoffice_crm]
cors_origins = ["{DESK}"]
[server]
allowed_hosts = ["tasks.example"]
"""
EXPOSED = "ETag, Location, Retry-After, X-Request-Id"


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent("sqlite") as url, InProcessServer(url, config=CONFIG) as running:
        yield running


def preflight(server: InProcessServer, path: str, origin: str = DESK) -> Answer:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    return server.call("OPTIONS", path, headers=asked | {"Access-Control-Request-Headers": "authorization, if-match"})


def test_a_preflight_of_an_allowed_origin_names_the_methods_of_the_path(server: InProcessServer) -> None:
    answer = preflight(server, "/v1/tasks/1")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == DESK
    assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert answer.headers["access-control-allow-headers"] == "authorization, if-match"
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_an_unknown_origin_or_path_is_answered_as_without(server: InProcessServer) -> None:
    other = preflight(server, "/v1/tasks/1", "https://evil.example")
    assert other.status in (401, 405)
    assert "access-control-allow-origin" not in other.headers
    assert preflight(server, "/v1/nothing").status == 404
    assert preflight(server, "/rest/bpm/htm/v1/task/1").status in (401, 405)


def test_replies_and_errors_may_be_read_by_the_origin(server: InProcessServer) -> None:
    for path, status in (("/v1/tasks", 401), ("/services/99", 404)):
        answer = server.call("GET", path, headers={"Origin": DESK})
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == DESK
        assert answer.headers["access-control-expose-headers"] == EXPOSED
        assert answer.headers["vary"] == "Origin"
        unnamed = server.call("GET", path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in unnamed.headers
        assert unnamed.headers["vary"] == "Origin"


def test_the_vendor_s_own_preflight_stays_and_names_the_origin(server: InProcessServer) -> None:
    answer = preflight(server, "/api/2.0/crm/task/filter")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, DESK)
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE"


def test_carrierx_is_read_by_every_origin(server: InProcessServer) -> None:
    answer = server.call("GET", "/core/v2/batch/tasks")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (401, "*")
    assert preflight(server, "/core/v2/batch/tasks", "https://any.example").status == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": DESK, "Sec-Fetch-Site": "cross-site"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "tasks.example:8080"}, 201),
        ({"Host": "rebound.example"}, 421),
    ],
)
def test_without_credentials_only_the_named_origin_and_host_change_anything(
    server: InProcessServer, headers: dict[str, str], status: int
) -> None:
    sent = {"Content-Type": "application/json", **headers}
    answer = server.call("POST", "/services/start", '{"service_type": "call", "customer_id": "7"}', sent)
    assert answer.status == status, answer.text
    if status == 421:
        assert answer.json()["code"] == "host_unknown"


FREE = """
[dialects.genesys]
auth_free_networks = ["127.0.0.0/8", "10.0.0.0/8"]
auth_as = "clerk"
[server]
trusted_proxies = ["127.0.0.1"]
"""


@pytest.fixture(scope="module")
def free(databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent("sqlite") as url:
        well(url, "user", "add", "clerk")
        with InProcessServer(url, config=FREE) as running:
            yield running


def test_clients_of_a_free_network_act_as_the_named_user(free: InProcessServer) -> None:
    body = '{"service_type": "call", "customer_id": "7"}'
    sent = {"Content-Type": "application/json"}
    assert free.call("POST", "/services/start", body, sent).status == 201
    assert free.call("POST", "/services/start", body, sent | {"Origin": "https://evil.example"}).status == 403
    assert free.call("POST", "/services/start", body, sent | {"Host": "rebound.example"}).status == 421
    creators = {
        row["creator"] for row in rows(free.database_url) if row["table"] == "case" and row["kind"] == "service"
    }
    assert creators == {next(row["uid"] for row in rows(free.database_url) if row["table"] == "user")}


def test_others_need_credentials_and_wrong_ones_are_never_none(free: InProcessServer) -> None:
    outside = {"X-Forwarded-For": "192.0.2.7"}
    assert free.call("GET", "/services/99", headers=outside).status == 401
    assert free.call("GET", "/services/99", headers={"Authorization": "Bearer dgm_1_wrong"}).status == 401
    assert free.call("GET", "/services/99").status == 404
