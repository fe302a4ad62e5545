"""Two servers on one PostgreSQL, both hammered: what holds on one node holds on two."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import PASSWORD, add_user
from tests.support.databases import Databases
from tests.support.given import HTM, htm_fixture
from tests.support.server import Server, basic
from tests.support.sizes import sized
from tests.support.tenant import Tenant

HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
CLIENTS = 8
ROUNDS = sized(20, 40)
NEXT = 100


@pytest.fixture(scope="module")
def nodes(databases: Databases) -> Iterator[tuple[Server, Server]]:
    """Two processes on one database, both ready."""
    with databases.lent("postgresql") as url:
        add_user(url, "anna", admin=True)
        with Server(url) as one, Server(url) as two:
            yield one, two


def create(server: Server, title: str) -> Any:
    made = server.call("POST", "/v1/tasks", json.dumps({"title": title}), HEADERS)
    assert made.status == 201, made.text
    return made.json()


def increment(server: Server, task: str) -> int:
    """Read the number and its ETag, write one more with If-Match; how many refusals it took."""
    refusals = 0
    while True:
        seen = server.call("GET", f"/v1/tasks/{task}", headers=HEADERS)
        body = json.dumps({"priority": (seen.json()["priority"] or 0) + 1})
        done = server.call("PATCH", f"/v1/tasks/{task}", body, HEADERS | {"If-Match": seen.headers["etag"]})
        if done.status == 200:
            return refusals
        assert done.status == 412, done.text
        refusals += 1


def test_no_update_is_lost_between_two_nodes(nodes: tuple[Server, Server]) -> None:
    task = create(nodes[0], "counter")["id"]

    def client(index: int) -> int:
        return sum(increment(nodes[index % 2], task) for _ in range(ROUNDS // 2))

    with ThreadPoolExecutor(CLIENTS) as clients:
        refusals = sum(clients.map(client, range(CLIENTS)))

    final = nodes[1].call("GET", f"/v1/tasks/{task}", headers=HEADERS).json()
    assert final["priority"] == CLIENTS * (ROUNDS // 2)
    assert final["revision"] == 1 + CLIENTS * (ROUNDS // 2)
    assert refusals > 0  # or nobody met


def test_numbers_have_no_gap_between_two_nodes(nodes: tuple[Server, Server]) -> None:
    numbers: list[int] = []
    guard = threading.Lock()

    def client(index: int) -> None:
        for round_ in range(ROUNDS):
            server = nodes[(index + round_) % 2]
            if round_ % 5 == 4:  # refused: it must not cost a number
                assert server.call("POST", "/v1/tasks", '{"title": 5}', HEADERS).status == 400
                continue
            made = create(server, f"{index}-{round_}")
            with guard:
                numbers.append(made["number"])

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))

    assert sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers)))


def test_one_of_many_claims_on_two_nodes_wins(nodes: tuple[Server, Server]) -> None:
    for login in ("bert", "cara"):
        add_user(nodes[0].database_url, login)
    people = [basic(login, PASSWORD) for login in ("bert", "cara")]
    for _ in range(ROUNDS // 2):
        task = create(nodes[0], "claim me")["id"]

        def claim(index: int, task: str = task) -> int:
            return nodes[index].call("POST", f"/v1/tasks/{task}/claim", "", people[index]).status

        with ThreadPoolExecutor(2) as clients:
            statuses = sorted(clients.map(claim, range(2)))
        assert statuses == [200, 409]


def test_a_hundred_callers_of_the_next_task_get_different_ones(nodes: tuple[Server, Server]) -> None:
    tenant = Tenant(nodes[0])
    known = htm_fixture(tenant)
    for number in range(NEXT):
        path = f"{HTM}/task?taskTemplateID={known['review']}&mode=async"
        tenant.native("POST", path, {"n": number}, person="olga")
    headers = {"Authorization": tenant.basic("paul")}

    def claim(index: int) -> tuple[int, str]:
        answer = nodes[index % 2].call("PUT", f"{HTM}/task?action=claimNext&query=TASK", headers=headers)
        return answer.status, answer.json().get("tkiid", "")

    with ThreadPoolExecutor(NEXT) as callers:
        answers = list(callers.map(claim, range(NEXT)))
    assert {status for status, _ in answers} == {200}
    assert len({tkiid for _, tkiid in answers}) == NEXT
    assert [claim(index) for index in range(2)] == [(404, "")] * 2


def test_a_token_revoked_by_disabling_its_user_counts_on_the_other_node(nodes: tuple[Server, Server]) -> None:
    from tests.support.server import command

    add_user(nodes[0].database_url, "dora")
    token = command(nodes[0].database_url, "token", "create", "--user", "dora", "--scope", "task.read").strip()
    bearer = {"Authorization": f"Bearer {token}"}
    assert nodes[1].call("GET", "/v1/tasks", headers=bearer).status == 200

    command(nodes[0].database_url, "user", "disable", "dora")
    waited = threading.Event()
    for _ in range(30):
        if nodes[1].call("GET", "/v1/tasks", headers=bearer).status == 401:
            return
        waited.wait(0.1)
    raise AssertionError("the token still counts after three seconds")
