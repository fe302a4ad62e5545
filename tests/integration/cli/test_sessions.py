"""`session`: lists the browsers that are signed in, and ends their sessions."""

import json
from collections.abc import Iterator

import pytest

from dragoman.domain.people import User
from dragoman.usecases.identity import sessions
from tests.integration.cli.command import refused, well
from tests.support.world import World


@pytest.fixture
def url(sqlite_url: str) -> Iterator[str]:
    """A database with two browsers of anna's and one of bert's."""
    for login in ("anna", "bert"):
        well(sqlite_url, "user", "add", login)
    world = World(sqlite_url)
    users: list[User] = world.core(lambda uow: uow.users.all())
    for user, browser in ((users[0], "Firefox"), (users[0], "evil\x1b[2J"), (users[1], "Chromium")):
        command = sessions.SignIn(user.uid, "password", browser, "10.0.0.1", sessions.Life(10**9, 10**9))
        world.app.executor.call(sessions.sign_in, command, world.tenant)
        world.clock.advance(1)
    yield sqlite_url
    world.close()


def test_sessions_are_listed_and_ended(url: str) -> None:
    lines = well(url, "session", "list").out.splitlines()
    assert lines[0].split() == ["SESSION", "USER", "BY", "BEGAN", "USED", "ENDS", "ADDRESS", "BROWSER"]
    assert [line.split()[1] for line in lines[1:]] == ["anna", "anna", "bert"]
    assert "\x1b" not in lines[2]
    document = json.loads(well(url, "session", "list", "--user", "anna", "--json").out)
    assert [item["browser"] for item in document["items"]] == ["Firefox", "evil\x1b[2J"]
    assert document["items"][0].keys() == {
        "id", "user", "login", "via", "created_at", "seen_at", "expires_at", "browser", "address", "is_current",
    }  # fmt: skip
    first = document["items"][0]["id"]
    assert well(url, "session", "end", first).out == "session ended\n"
    assert "no session" in refused(url, "session", "end", first)
    assert well(url, "session", "end", "--user", "anna").out == "1 session ended\n"
    assert well(url, "session", "end", "--user", "bert", "--json").out == '{"ended":1}\n'
    assert well(url, "session", "list", "--json").out == '{"items":[]}\n'


def test_calls_that_name_nothing_or_nobody_are_refused(url: str) -> None:
    refused(url, "session", "end", code=2)
    refused(url, "session", "end", "x", "--user", "anna", code=2)
    for call in (("list", "--user", "nobody"), ("end", "--user", "nobody")):
        assert "no user" in refused(url, "session", *call)
