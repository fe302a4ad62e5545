"""`token create`: prints a token and nothing else, while the server runs, and it counts at once."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.domain.clock import Moment, SystemClock, later
from tests.conftest import add_user
from tests.integration.cli.command import refused, well
from tests.support.in_process_server import InProcessServer
from tests.support.server import Server

TOKEN = re.compile(r"dgm_1_[A-Za-z0-9_-]{43}\n")


class Clock(SystemClock):
    """The machine's clocks, put forward."""

    ahead_seconds = 0.0

    def now(self) -> Moment:
        return later(super().now(), seconds=self.ahead_seconds)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(database_url: str, clock: Clock) -> Iterator[Server]:
    """A server by that clock, beside which the commands run."""
    add_user(database_url, "anna", admin=True)
    with InProcessServer(database_url, clock=clock) as running:
        yield running


def status(server: Server, token: str, path: str = "/v1/tasks") -> int:
    return server.call("GET", path, headers={"Authorization": f"Bearer {token.strip()}"}).status


def test_a_token_counts_at_once_while_the_server_runs(server: Server) -> None:
    token = well(server.database_url, "token", "create", "--user", "anna", "--scope", "task.read task.write").out
    assert TOKEN.fullmatch(token)
    assert status(server, token) == 200
    assert status(server, token[:-2] + "x") == 401


def test_a_token_holds_within_its_scopes_and_its_time(server: Server, clock: Clock) -> None:
    narrow = well(server.database_url, "token", "create", "--user", "anna", "--scope", "user.read").out
    assert status(server, narrow) == 403
    short = well(server.database_url, "token", "create", "--user", "anna", "--scope", "*", "--expires", "2m").out
    assert status(server, short) == 200
    clock.ahead_seconds = 121.1  # its time, and the second for which a look-up is believed
    assert status(server, short) == 401


def test_a_revoked_token_counts_no_more(server: Server, clock: Clock) -> None:
    call = ["token", "create", "--user", "anna", "--scope", "task.read user.read"]
    first, second = (well(server.database_url, *call).out.strip() for _ in range(2))
    listed = well(server.database_url, "token", "list", "--user", "anna").out
    names = [line.split()[0] for line in listed.splitlines()[1:]]
    assert first not in listed
    assert listed.count("task.read user.read") == len(names) == 2
    assert status(server, first) == status(server, second) == 200

    well(server.database_url, "token", "revoke", first)
    well(server.database_url, "token", "revoke", names[1])
    well(server.database_url, "token", "revoke", names[1])
    clock.ahead_seconds = 2.1
    assert status(server, first) == status(server, second) == 401
    for unknown in ("0123456789abcdef", names[0][:8], "dgm_1_" + "A" * 43):
        assert "no such token" in refused(server.database_url, "token", "revoke", unknown)


def test_a_disabled_user_s_token_counts_no_more(server: Server, clock: Clock) -> None:
    well(server.database_url, "user", "add", "bert")
    token = well(server.database_url, "token", "create", "--user", "bert", "--scope", "*").out
    assert status(server, token) == 200
    well(server.database_url, "user", "disable", "bert")
    clock.ahead_seconds = 2.1  # a look-up is believed for a second, and so is what it found of the user
    assert status(server, token) == 401
    refusal = refused(server.database_url, "token", "create", "--user", "bert", "--scope", "*")
    assert refusal == "dragoman: The user bert is disabled. (user_disabled)"


def test_a_token_is_for_a_user_of_the_tenant(database_url: str) -> None:
    well(database_url, "tenant", "add", "north")
    well(database_url, "user", "add", "anna", "--tenant", "north")
    elsewhere = refused(database_url, "token", "create", "--user", "anna", "--scope", "*")
    assert elsewhere == "dragoman: There is no user anna in this tenant. (user_not_found)"
    assert "no user bert" in refused(database_url, "token", "create", "--user", "bert", "--scope", "*")
    token = well(database_url, "token", "create", "--user", "anna", "--scope", "*", "--tenant", "north").out
    assert token.startswith("dgm_2_")


@pytest.mark.parametrize("length", ["90", "90 days", "-1d", "0s", "1.5h", "999999d", "d", ""])
def test_a_time_that_is_none_is_refused(tmp_path_factory: pytest.TempPathFactory, length: str) -> None:
    url = f"sqlite:///{tmp_path_factory.getbasetemp()}/none.db"
    call = ["token", "create", "--user", "anna", "--scope", "*", "--expires", length]
    assert "--expires" in refused(url, *call, code=2)


def test_a_token_without_scopes_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.getbasetemp()}/none.db"
    assert "--scope" in refused(url, "token", "create", "--user", "anna", code=2)
    assert "--scope" in refused(url, "token", "create", "--user", "anna", "--scope", "  ", code=2)


def test_a_word_that_is_no_scope_is_wrong_usage_and_told_its_neighbour(database_url: str) -> None:
    well(database_url, "user", "add", "anna")
    wrong = refused(database_url, "token", "create", "--user", "anna", "--scope", "task.raed", code=2)
    assert "'task.raed' is not a scope; did you mean task.read? Try" in wrong
    well(database_url, "token", "create", "--user", "anna", "--scope", "@worker")
    listed = well(database_url, "token", "list", "--user", "anna").out
    assert "task.* case.read contact.read category.read" in listed


def test_a_life_that_is_too_long_is_wrong_usage(database_url: str, tmp_path: Path) -> None:
    well(database_url, "user", "add", "anna")
    config = tmp_path / "dragoman.toml"
    config.write_text("[tokens]\nlongest_days = 30\n")
    call = ["token", "create", "--user", "anna", "--scope", "task.read", "--config", str(config)]
    assert "must be at most 30 days from now" in refused(database_url, *call, code=2)
    assert "must be at most 30 days from now" in refused(database_url, *call, "--expires", "31d", code=2)
    well(database_url, *call, "--expires", "30d")


def test_tokens_of_all_users_are_listed_by_state_and_revoked_at_once(database_url: str) -> None:
    def tokens(*options: str) -> list[dict[str, object]]:
        items: list[dict[str, object]] = json.loads(well(database_url, "token", "list", "--json", *options).out)[
            "items"
        ]
        return items

    for login in ("anna", "bert"):
        well(database_url, "user", "add", login)
        for name in ("one", "two"):
            call = ["token", "create", "--user", login, "--scope", "batch.* task.read", "--name", name, "--json"]
            made = json.loads(well(database_url, *call).out)
            assert (made["login"], made["name"], made["gives_decision"], made["created_by"]) == (
                login,
                name,
                True,
                None,
            )
            assert made["token"].startswith("dgm_1_")
    assert [(each["login"], each["name"]) for each in tokens()] == [
        ("anna", "one"), ("anna", "two"), ("bert", "one"), ("bert", "two"),
    ]  # fmt: skip
    assert tokens("--unused", "1d") == []

    assert well(database_url, "token", "revoke", "--all", "--user", "anna").out == "2 tokens revoked\n"
    assert well(database_url, "token", "revoke", "--all", "--user", "anna", "--json").out == '{"revoked":0}\n'
    one = str(tokens("--user", "bert")[0]["id"])
    assert json.loads(well(database_url, "token", "revoke", one, "--json").out)["state"] == "revoked"
    assert [(each["login"], each["name"]) for each in tokens()] == [("bert", "two")]
    assert len(tokens("--all")) == 4
    assert "revoked" in well(database_url, "token", "list", "--all", "--user", "anna").out
    for wrong in (["--all"], [one, "--all", "--user", "bert"], [one, "--user", "bert"], ["--user", "bert"], []):
        assert "name a token, or --all and --user" in refused(database_url, "token", "revoke", *wrong, code=2)
