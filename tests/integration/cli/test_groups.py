"""`dragoman group`: groups, their roles and their members."""

import json
from typing import Any

import pytest

from tests.integration.cli.command import refused, rows, well


@pytest.fixture
def people(database_url: str) -> str:
    """A database with anna, who administers, and bert."""
    well(database_url, "user", "add", "anna", "--admin")
    well(database_url, "user", "add", "bert")
    return database_url


def shown(url: str, *arguments: str) -> Any:
    out = well(url, "group", *arguments, "--json").out
    assert out.count("\n") == 1
    return json.loads(out)


def test_the_life_of_a_group(people: str) -> None:
    made = shown(people, "add", "Desk", "--role", "reviewer", "--external", "/eng/desk", "--description", "In front")
    assert made["number"] == made["revision"] == 1
    assert (made["roles"], made["external_names"], made["member_count"]) == (["reviewer"], ["/eng/desk"], 0)
    assert well(people, "group", "member", "add", "desk", "bert").out == "user bert added to group desk\n"
    assert well(people, "group", "member", "add", "desk", "bert").out == "user bert is in group desk\n"
    assert shown(people, "member", "add", "desk", "bert")["source"] == "manual"
    said = well(people, "group", "change", "desk", "--name", "Front", "--role", "supervisor", "--no-role", "reviewer")
    assert said.out == "group Front changed\n"
    assert well(people, "group", "change", "front", "--role", "supervisor").out == "group Front unchanged\n"
    group = shown(people, "show", "FRONT")
    assert (group["id"], group["roles"], group["member_count"]) == (made["id"], ["supervisor"], 1)
    assert "bert" in well(people, "group", "show", "front").out
    assert shown(people, "list") == {"items": [group]}
    assert well(people, "group", "list").out.splitlines()[1].split() == ["Front", "1", "supervisor", "In", "front"]
    assert well(people, "group", "member", "remove", "front", "bert").out == "user bert removed from group front\n"
    assert well(people, "group", "delete", "front").out == "group front deleted\n"
    assert well(people, "group", "list").out.count("\n") == 1


def test_what_groups_can_not_be(people: str) -> None:
    well(people, "group", "add", "desk")
    assert "already. (group_taken)" in refused(people, "group", "add", "DESK")
    assert "no colon" in refused(people, "group", "add", "a:b")
    assert "no group none. (group_not_found)" in refused(people, "group", "show", "none")
    assert "no user eve. (user_not_found)" in refused(people, "group", "member", "add", "desk", "eve")
    refused(people, "group", "add", "x", "--role", "boss", code=2)
    refused(people, "group", "change", "desk", "--role", "reviewer", "--no-role", "reviewer", code=2)


def test_commands_act_as_the_system(people: str) -> None:
    well(people, "group", "add", "desk")
    well(people, "group", "change", "desk", "--role", "reviewer")
    found = [line for line in rows(people) if line.get("operation", line.get("row", {}).get("operation")) is not None]
    said = {json.dumps(line) for line in found if "group.change" in json.dumps(line)}
    assert len(said) == 1
    assert all('"cli"' in line and '"system"' in line for line in said)
