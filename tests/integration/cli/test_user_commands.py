"""`user add`, `list`, `show`, `change`, `enable`, `disable`, `delete`: what they do, print and refuse."""

import json
from typing import Any

from tests.integration.cli.command import refused, well


def document(database_url: str, *arguments: str) -> Any:
    """What a command prints with `--json`, which is one line."""
    [line] = well(database_url, "user", *arguments, "--json").out.splitlines()
    return json.loads(line)


def test_the_document_is_that_of_the_api(database_url: str) -> None:
    options = ["--admin", "--role", "reviewer", "--title", "Head", "--zone", "Europe/Riga", "--language", "lv"]
    anna = document(database_url, "add", "anna", *options, "--email", "anna@example.com", "--no-password")
    assert (anna["roles"], anna["title"], anna["zone"], anna["has_password"]) == (
        ["reviewer", "administrator"], "Head", "Europe/Riga", False,
    )  # fmt: skip
    robot = document(
        database_url, "add", "robot", "--service", "--owner", "anna", "--scopes", "task.read", "--dialects", "native"
    )
    assert (robot["kind"], robot["owner"], robot["scopes"], robot["dialects"]) == (
        "service", anna["id"], ["task.read"], ["native"],
    )  # fmt: skip
    assert document(database_url, "show", "anna") == anna
    assert document(database_url, "list") == {"items": [anna, robot]}
    assert document(database_url, "list", "--service") == {"items": [robot]}
    assert document(database_url, "list", "--role", "reviewer") == {"items": [anna]}
    assert document(database_url, "list", "--disabled") == {"items": []}


def test_a_change_touches_only_what_the_options_name(database_url: str) -> None:
    well(database_url, "user", "add", "anna", "--admin")
    well(database_url, "user", "add", "bert", "--email", "bert@example.com", "--role", "reviewer")
    assert well(database_url, "user", "change", "bert", "--login", "bmoss").out == "user bmoss changed\n"
    changed = document(
        database_url, "change", "bmoss", "--no-email", "--role", "supervisor", "--no-role", "reviewer",
        "--scopes", "*.read", "--name", "Bert Moss",
    )  # fmt: skip
    assert (changed["email"], changed["roles"], changed["scopes"], changed["display_name"]) == (
        None, ["supervisor"], ["*.read"], "Bert Moss",
    )  # fmt: skip
    assert document(database_url, "change", "bmoss", "--all-scopes")["scopes"] is None
    assert "(login_taken)" in refused(database_url, "user", "add", "bert")
    assert "(last_administrator)" in refused(database_url, "user", "change", "anna", "--no-admin")


def test_a_user_comes_and_goes(database_url: str) -> None:
    well(database_url, "user", "add", "anna", "--admin")
    well(database_url, "user", "add", "bert")
    for verb in ("disable", "disable", "enable", "enable"):
        assert well(database_url, "user", verb, "bert").out == f"user bert {verb}d\n"
    assert "(last_administrator)" in refused(database_url, "user", "delete", "anna")
    assert well(database_url, "user", "delete", "bert", "--hand-over-to", "nobody").out == "user bert deleted\n"
    assert "(user_not_found)" in refused(database_url, "user", "enable", "bert")
    assert "deleted since" in well(database_url, "user", "list", "--all").out


def test_what_is_called_wrongly_exits_with_2(database_url: str) -> None:
    well(database_url, "user", "add", "anna", "--admin")
    for arguments in (
        ["add", "bert", "--zone", "Mars/Base"],
        ["add", "bert", "--role", "king"],
        ["add", "bert", "--scopes", "tusk.read"],
        ["add", "bert", "--dialects", "cobol"],
        ["add", "bert", "--email", "nowhere"],
        ["add", "nobody"],
        ["change", "anna", "--email", "a@example.com", "--no-email"],
        ["change", "anna", "--role", "reviewer", "--no-role", "reviewer"],
    ):
        assert refused(database_url, "user", *arguments, code=2), arguments
