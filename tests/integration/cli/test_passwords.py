"""Passwords by command: set, removed, chosen by a link, and unlocking."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dragoman.domain.passwords import verify_password
from dragoman.domain.people import User
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.identity import password_links
from dragoman.usecases.identity.users import token_hash
from dragoman.usecases.uow import UnitOfWork
from tests.integration.cli.command import dragoman, refused, well
from tests.support.world import ExclusiveCommand

PASSWORD = "a long enough password"
NEW = "kelp under seven moons"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with anna, who has a password, and robot, a service account."""
    url = f"sqlite:///{tmp_path}/d.db"
    well(url, "user", "add", "anna", "--password-stdin", typed=PASSWORD)
    well(url, "user", "add", "robot", "--service")
    return url


def core(url: str, run: Any) -> Any:
    app = Application(load(overrides={"database": url}, environ={})).open()
    try:
        return app.executor.call(lambda uow, _: run(uow), ExclusiveCommand(), 1, operation="core")
    finally:
        app.close()


def user(url: str, login: str = "anna") -> User:
    def run(uow: UnitOfWork) -> Any:
        return uow.users.by_login(login)

    found: User = core(url, run)
    return found


def token_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["token"][0]


def test_a_password_is_set_from_standard_input(url: str) -> None:
    done = well(url, "user", "password", "anna", "--password-stdin", typed=f"{NEW}\n")
    assert done.out == "password of user anna set\n"
    assert verify_password(user(url).password_hash, NEW)
    shown = json.loads(well(url, "user", "password", "anna", "--password-stdin", "--json", typed=PASSWORD).out)
    assert (shown["login"], shown["has_password"]) == ("anna", True)


def test_a_refused_password_is_said_with_every_code(url: str) -> None:
    said = refused(url, "user", "password", "anna", "--password-stdin", typed="anna-xq7")
    assert "at least 12 characters" in said
    assert said.endswith("(too_short, like_login)")
    assert NEW not in said
    said = refused(url, "user", "add", "bert", "--password-stdin", typed="aaa")
    assert said.endswith("(too_short, too_common)")
    assert user(url, "bert") is None
    assert verify_password(user(url).password_hash, PASSWORD)


def test_a_password_is_removed(url: str) -> None:
    assert well(url, "user", "password", "anna", "--remove").out == "password of user anna removed\n"
    assert user(url).password_hash is None
    assert json.loads(well(url, "user", "password", "anna", "--remove", "--json").out)["has_password"] is False


def test_a_link_is_printed_and_nothing_else(url: str) -> None:
    address = well(url, "user", "password", "anna", "--link").out.rstrip("\n")
    assert address.startswith("http://127.0.0.1:8080/ui/password?token=dgl_1_")
    shown = json.loads(well(url, "user", "password", "anna", "--link", "--expires", "1d", "--json").out)
    assert shown.keys() == {"url", "token", "expires_at"}
    assert token_of(shown["url"]) == shown["token"]

    def lives(uow: UnitOfWork) -> list[float]:
        links = uow.password_links.of_user(uow.users.by_login("anna").uid)  # type: ignore[union-attr]
        assert [link.hash for link in links] == [token_hash(shown["token"])]  # the first one is void
        return [(link.expires_at - link.created_at) / 1e7 for link in links]

    assert core(url, lives) == [86_400]
    core(url, lambda uow: password_links.redeem(uow, password_links.Redeem(shown["token"], NEW)))
    assert verify_password(user(url).password_hash, NEW)


def test_a_link_has_the_public_address(url: str) -> None:
    done = dragoman(
        url, "user", "password", "anna", "--link", variables={"DRAGOMAN_SERVER_PUBLIC_URL": "https://t.example/d/"}
    )
    assert done.out.startswith("https://t.example/d/ui/password?token=")


def test_a_user_is_added_with_a_link(url: str) -> None:
    address = well(url, "user", "add", "bert", "--link").out.rstrip("\n")
    assert user(url, "bert").password_hash is None
    core(url, lambda uow: password_links.redeem(uow, password_links.Redeem(token_of(address), NEW)))
    assert verify_password(user(url, "bert").password_hash, NEW)


def test_a_service_account_is_not_added_with_a_link(url: str) -> None:
    assert "no password to choose" in refused(url, "user", "add", "tool", "--service", "--link", code=2)
    assert user(url, "tool") is None


def test_a_user_is_unlocked(url: str) -> None:
    assert well(url, "user", "unlock", "anna").out == "user anna unlocked\n"
    assert json.loads(well(url, "user", "unlock", "anna", "--json").out)["login"] == "anna"
    assert user(url).unlocked_at is not None


@pytest.mark.parametrize(
    "call", [["password", "nobody", "--link"], ["password", "nobody", "--remove"], ["unlock", "nobody"]]
)
def test_there_must_be_such_a_user(url: str, call: list[str]) -> None:
    assert refused(url, "user", *call).endswith("(user_not_found)")


@pytest.mark.parametrize("how", [["--link"], ["--remove"], ["--password-stdin"]])
def test_a_service_account_has_no_password(url: str, how: list[str]) -> None:
    assert refused(url, "user", "password", "robot", *how, typed=NEW).endswith("(service_account)")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "there is no terminal to ask at"),
        (["--link", "--remove"], "take one of"),
        (["--expires", "1d"], "--expires is for --link"),
        (["--link", "--expires", "8d"], "7d at most"),
    ],
)
def test_wrong_calls(url: str, options: list[str], said: str) -> None:
    assert said in refused(url, "user", "password", "anna", *options, code=2)
