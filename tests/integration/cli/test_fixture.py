"""`fixture conformance`: the same beginning for every run of a dialect's tests."""

import json

from tests.integration.cli.command import refused, rows, well
from tests.support.server import Server, basic


def test_it_tells_what_a_runner_must_know(database_url: str) -> None:
    said = well(database_url, "fixture", "conformance").out
    assert said.count("\n") == 1
    known = json.loads(said)
    assert set(known) == {"admin_login", "admin_password", "user_login", "user_password", "token_user"}
    well(database_url, "token", "create", "--user", known["token_user"], "--scope", "*")
    with Server(database_url) as server:
        for who in ("admin", "user"):
            login = basic(known[f"{who}_login"], known[f"{who}_password"])
            assert server.call("GET", "/v1/users/me", headers=login).status == 200
        assert server.call("GET", "/v1/users/me", headers=basic("olga", "olga")).status == 200


def test_loading_it_twice_changes_nothing(database_url: str) -> None:
    first = well(database_url, "fixture", "conformance").out
    before = rows(database_url)
    assert well(database_url, "fixture", "conformance").out == first
    assert rows(database_url) == before


def test_it_starts_without_tasks_with_twelve_categories_in_utc(database_url: str) -> None:
    well(database_url, "fixture", "conformance")
    found = rows(database_url)
    assert not [row for row in found if row["table"] == "task"]
    assert len([row for row in found if row["table"] == "category"]) == 12
    assert [row["zone"] for row in found if row["table"] == "tenant"] == ["UTC"]
    assert {row["login"] for row in found if row["table"] == "user"} >= {"htmadmin", "olga", "paul", "nina"}


def test_another_tenant_s_login_is_in_the_way(database_url: str) -> None:
    well(database_url, "tenant", "add", "north")
    well(database_url, "fixture", "conformance")
    assert "taken" in refused(database_url, "fixture", "conformance", "--tenant", "north")
