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
    assert (
        refused(people, "user", "alias", "bert", "31")
        == "dragoman: 31 is the name of another user in genesys. (alias_taken)"
    )
    assert refused(people, "user", "alias", "carl", "31") == "dragoman: There is no user carl. (user_not_found)"
    assert refused(people, "user", "alias", "carl") == "dragoman: There is no user carl. (user_not_found)"
    assert "has no alias 31" in refused(people, "user", "alias", "bert", "31", "--remove")
    for name in ("x31", "3.1", "\N{SUPERSCRIPT TWO}", "9" * 19):
        assert "it is an integer of 64 bits" in refused(people, "user", "alias", "bert", name)
    assert "no names of their own" in refused(people, "user", "alias", "bert", "b", "--dialect", "native", code=2)
    assert "--remove needs" in refused(people, "user", "alias", "bert", "--remove", code=2)
    assert "--first or --take needs" in refused(people, "user", "alias", "bert", "--take", code=2)
    assert "leave out all else" in refused(people, "user", "alias", "bert", "--unclaimed", code=2)
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


def test_documents_of_the_native_api_are_printed(people: str) -> None:
    guid = "6d9be2a4-1111-4222-8333-44445555bbbb"
    made = document(people, "bert", guid.upper(), "--dialect", "onlyoffice_crm", "--json")
    assert (made["name"], made["login"], made["is_first"]) == (guid, "bert", True)
    other = document(people, "bert", guid.replace("b", "c"), "--dialect", "onlyoffice_crm", "--first", "--json")
    assert document(people, "bert", "--json") == {"items": [other, {**made, "is_first": False}]}
    assert document(people, "--json", "--dialect", "genesys") == {"items": []}
    assert document(people, "bert", other["name"], "--dialect", "onlyoffice_crm", "--remove", "--json") == other
    assert document(people, "--unclaimed", "--json") == {"items": []}


def document(database_url: str, *arguments: str) -> Any:
    return json.loads(well(database_url, "user", "alias", *arguments).out)


def test_unclaimed_names_are_shown_and_taken_with_their_tasks(people: str) -> None:
    anna = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
    with Server(people) as server:
        for body in ({"contact_key": "x"}, {"resource_id": 99, "task_type": "Inspect"}, {"resource_id": 99}):
            path = "/services/start" if "contact_key" in body else "/services/2/tasks/start"
            assert server.call("POST", path, json.dumps(body), anna).status == 201
        lines = shown(people, "--unclaimed")
        assert [line[:3] for line in lines] == [["DIALECT", "NAME", "OPEN"], ["genesys", "99", "2"]]
        assert lines[1][-1] == "Inspect"
        told = well(people, "user", "alias", "bert", "99", "--take").out
        assert told == "99 in genesys is user bert and got 2 open tasks\n"
        assert document(people, "bert", "99", "--take", "--json")["assigned"] == 0
        assert document(people, "--unclaimed", "--json") == {"items": []}
        assert server.call("GET", "/v1/tasks/1", None, anna).json()["state"] == "claimed"
