"""`dragoman user alias`: what clients of another system call our users."""

import json
from typing import Any

import pytest

from tests.conftest import PASSWORD
from tests.integration.cli.command import refused, well
from tests.support.server import Server, basic

HEADS = ["LOGIN", "DIALECT", "ALIAS"]


@pytest.fixture
def people(database_url: str) -> str:
    """A database with anna and bert in it."""
    well(database_url, "user", "add", "anna", "--admin", "--password-stdin", typed=PASSWORD)
    well(database_url, "user", "add", "bert")
    return database_url


def shown(database_url: str, *arguments: str) -> list[list[str]]:
    return [line.split() for line in well(database_url, "user", "alias", *arguments).out.splitlines()]


def test_an_alias_is_added_shown_and_removed(people: str) -> None:
    assert well(people, "user", "alias", "anna", "--dialect", "genesys", "31").out == "31 in genesys is user anna\n"
    well(people, "user", "alias", "anna", "31")  # again: nothing changes
    well(people, "user", "alias", "anna", "0032")
    well(people, "user", "alias", "bert", "7")
    assert shown(people) == [HEADS, ["anna", "genesys", "31"], ["anna", "genesys", "32"], ["bert", "genesys", "7"]]
    assert shown(people, "bert") == [HEADS, ["bert", "genesys", "7"]]

    assert well(people, "user", "alias", "anna", "31", "--remove").out == "31 in genesys is user anna no more\n"
    assert shown(people, "anna") == [HEADS, ["anna", "genesys", "32"]]


def test_what_can_be_no_alias_is_refused(people: str) -> None:
    well(people, "user", "alias", "anna", "31")
    assert refused(people, "user", "alias", "bert", "31") == "dragoman: 31 is an alias of another user in genesys."
    assert refused(people, "user", "alias", "carl", "31") == "dragoman: There is no user carl."
    assert refused(people, "user", "alias", "carl") == "dragoman: There is no user carl."
    assert "has no alias 31" in refused(people, "user", "alias", "bert", "31", "--remove")
    for name in ("x31", "3.1", "\N{SUPERSCRIPT TWO}", "9" * 19):
        assert "is no resource_id" in refused(people, "user", "alias", "bert", name)
    assert "no names of their own" in refused(people, "user", "alias", "bert", "b", "--dialect", "native", code=2)
    assert "--remove needs" in refused(people, "user", "alias", "bert", "--remove", code=2)
    assert shown(people) == [HEADS, ["anna", "genesys", "31"]]


def test_aliases_are_a_tenant_s_own(people: str) -> None:
    well(people, "tenant", "add", "north")
    well(people, "user", "add", "nils", "--tenant", "north")
    well(people, "user", "alias", "anna", "31")
    well(people, "user", "alias", "nils", "31", "--tenant", "north")
    assert shown(people, "--tenant", "north") == [HEADS, ["nils", "genesys", "31"]]


def test_a_resource_id_finds_its_user_and_the_user_its_resource_id(people: str) -> None:
    well(people, "user", "alias", "bert", "31")
    anna = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
    with Server(people) as server:

        def call(method: str, path: str, content: object = None) -> Any:
            answer = server.call(method, path, None if content is None else json.dumps(content), anna)
            assert answer.status < 300, answer.text
            return answer.json()

        bert = next(user["id"] for user in call("GET", "/v1/users")["items"] if user["login"] == "bert")
        service = call("POST", "/services/start", {"contact_key": "x"})["service_id"]
        started = call("POST", f"/services/{service}/tasks/start", {"task_type": "Inspect", "resource_id": 31})
        task = call("GET", f"/v1/tasks/{started['task_id']}")
        assert (task["assignee"], task["state"]) == (bert, "claimed")

        made = call("POST", "/v1/tasks", {"title": "Call", "case": service, "assignee": "bert"})
        shown = call("GET", f"/services/{service}/tasks/{made['number']}")["started"]
        assert shown["resource_id"] == 31

        nobody = call("POST", f"/services/{service}/tasks/start", {"resource_id": 1})  # bert's or anna's own number
        assert call("GET", f"/v1/tasks/{nobody['task_id']}")["assignee"] is None
