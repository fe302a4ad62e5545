"""The right to decide batches as it comes with credentials of a running server: passwords, logins, given tokens."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conftest import PASSWORD, add_user
from tests.support.databases import BACKENDS, Databases
from tests.support.server import Answer, Server, basic, command

BATCHES = "/core/v2/batch/tasks"
ORDER = {"method": "DELETE", "type": "task", "field": "id", "entries": ["1"]}
PEOPLE = ("bert", "carla")
READ_AND_UPDATE = "batch.read batch.update"


def by_token(server: Server, scopes: str, login: str = "carla") -> dict[str, str]:
    token = command(server.database_url, "token", "create", "--user", login, "--scope", scopes).strip()
    return {"Authorization": f"Bearer {token}"}


def by_login(server: Server, login: str = "carla") -> dict[str, str]:
    """With a token that ONLYOFFICE's API gives for a password."""
    body = json.dumps({"userName": login, "password": PASSWORD})
    answer = server.call("POST", "/api/2.0/authentication", body, {"Content-Type": "application/json"})
    return {"Authorization": f"Bearer {answer.json()['response']['token']}"}


def said(server: Server, who: dict[str, str], method: str, target: str, content: Any = None) -> Answer:
    headers = who if content is None else {**who, "Content-Type": "application/json"}
    return server.call(method, target, None if content is None else json.dumps(content), headers)


def made_by_bert(server: Server) -> str:
    """A batch that waits for its review."""
    made = said(server, basic("bert", PASSWORD), "POST", BATCHES, ORDER)
    assert made.status == 200, made.text
    sid: str = made.json()["task_sid"]
    waited = said(server, basic("bert", PASSWORD), "GET", f"/v1/batches/{sid}?wait=30")
    assert waited.json()["status"] == "pending_review", waited.text
    return sid


def approve(server: Server, who: dict[str, str], sid: str) -> int:
    return said(server, who, "PATCH", f"{BATCHES}/{sid}", {"status": "approved"}).status


@contextmanager
def run(database_url: str, config: str = "") -> Iterator[Server]:
    add_user(database_url, "anna", admin=True)
    for login in PEOPLE:
        add_user(database_url, login)
    with Server(database_url, config=config) as running:
        yield running


@pytest.fixture(scope="module", params=BACKENDS)
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Server]:
    """For all tests, each of which makes its own batches."""
    with databases.lent(request.param) as url, run(url) as running:
        yield running


def test_passwords_and_logins_decide_nothing(server: Server) -> None:
    sid = made_by_bert(server)
    assert approve(server, basic("bert", PASSWORD), sid) == 403
    for who in (basic("carla", PASSWORD), by_login(server)):
        assert said(server, who, "GET", f"/v1/tasks/{sid}").status == 404
        assert said(server, who, "POST", f"/v1/tasks/{sid}/finish", {"code": "approved"}).status == 404
    assert approve(server, basic("carla", PASSWORD), sid) == 404
    assert approve(server, basic("anna", PASSWORD), sid) == 200


def test_a_token_that_was_given_out_decides(server: Server) -> None:
    for scopes in (READ_AND_UPDATE, "batch.manage", "batch.*", "*"):
        assert approve(server, by_token(server, scopes), made_by_bert(server)) == 200


def test_a_token_to_read_sees_and_decides_nothing(server: Server) -> None:
    sid = made_by_bert(server)
    who = by_token(server, "batch.read task.read task.write")
    assert said(server, who, "GET", f"{BATCHES}/{sid}").status == 200
    assert approve(server, who, sid) == 403
    answer = said(server, who, "POST", f"/v1/tasks/{sid}/finish", {"code": "approved"})
    assert (answer.status, answer.json()["code"]) == (403, "not_a_reviewer")
    other = by_token(server, "task.read task.write")
    assert said(server, other, "GET", f"/v1/tasks/{sid}").status == 404


def test_the_creator_withdraws_with_any_credential(server: Server) -> None:
    for who in (basic("bert", PASSWORD), by_token(server, READ_AND_UPDATE, "bert")):
        sid = made_by_bert(server)
        assert said(server, who, "PATCH", f"{BATCHES}/{sid}", {"status": "cancelled"}).status == 200


def test_tokens_may_be_left_without_the_right(sqlite_url: str) -> None:
    with run(sqlite_url, "[batch]\ntoken_grants = false\n") as server:
        sid = made_by_bert(server)
        assert approve(server, by_token(server, "*"), sid) == 404
        assert approve(server, by_token(server, "*", "bert"), sid) == 403
        assert approve(server, by_token(server, "*", "anna"), sid) == 200


def test_everybody_may_have_the_right(sqlite_url: str) -> None:
    with run(sqlite_url, '[batch]\ndeciders = "everybody"\n') as server:
        sid = made_by_bert(server)
        assert said(server, by_login(server), "GET", f"/v1/tasks/{sid}").status == 200
        assert approve(server, by_token(server, "batch.read"), sid) == 403  # by its scopes
        assert approve(server, basic("carla", PASSWORD), sid) == 200
