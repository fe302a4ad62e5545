"""Tokens: who makes which, who sees and revokes them, how long and how many they are, what is noted of them."""

import json
from collections.abc import Iterator
from datetime import time
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import Principal
from dragoman.domain.clock import later, to_datetime
from dragoman.domain.people import Token, TokenKind, User
from dragoman.domain.token_rules import MOST_OF_A_USER
from dragoman.usecases.background import pruning
from dragoman.usecases.identity import logins, token_uses, users
from dragoman.usecases.identity.users import SHOWN_DIGITS, token_hash
from tests.support.databases import Databases
from tests.support.world import World

NAMES = count(1)
DAY = 86_400.0
SCOPES = frozenset({"task.read"})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    """One database for all tests, each with people of its own."""
    with databases.lent(request.param) as url:
        world = World(url, settings={"tokens.login_most": 3, "tokens.longest_days": 400})
        yield world
        world.close()


class Desk:
    """An administrator and a clerk, and what they ask for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.admin, self.clerk = (f"{role}{next(NAMES)}" for role in ("admin", "clerk"))
        world.add(self.admin, admin=True)
        world.add(self.clerk)

    def make(self, who: str, status: int = 201, **members: Any) -> Any:
        body = {"scopes": ["task.read"], "expires_in": "P90D", **members}
        found, made = self.world.native(who, "POST", "/v1/tokens", {k: v for k, v in body.items() if v is not None})
        assert found == status, made
        return made

    def narrow(self, who: str, **limits: Any) -> str:
        """Another name for the user, as he comes with these scopes or under this ceiling."""
        name = f"{who}-narrow"
        self.world.people[name] = replace(self.world.people[who], **limits)
        return name

    def listed(self, who: str, query: str = "") -> list[str]:
        status, page = self.world.native(who, "GET", f"/v1/tokens{query}")
        assert status == 200, page
        return [item["name"] for item in page["items"]]

    def user(self, who: str) -> str:
        uid = self.world.people[who].user
        assert uid is not None
        return uid

    def stored(self, shown: dict[str, Any]) -> Token:
        found: Token = self.world.stored(lambda uow: uow.tokens.beginning(shown["id"]))
        return found

    def principal(self, text: str) -> Principal | None:
        found: Principal | None = self.world.read(lambda uow: users.find_token(uow, users.FindToken(token_hash(text))))
        return found

    def log_in(self, who: str) -> str:
        command = logins.login_of(self.world.people[who], SCOPES, 365 * DAY)
        logged_in: logins.LoggedIn = self.world.core(lambda uow: logins.log_in(uow, command), self.world.people[who])
        return logged_in.text

    def facts(self, who: str) -> list[tuple[str, Any]]:
        uid = self.user(who)
        rows = self.world.sql(
            "SELECT operation, changes FROM history WHERE entity = 'user' AND number = "
            "(SELECT number FROM \"user\" WHERE uid = :uid) AND operation LIKE 'token.%' ORDER BY revision",
            uid=uid,
        )
        return [(operation, json.loads(changes)["token"]) for operation, changes in rows]


@pytest.fixture
def desk(shared: World) -> Desk:
    return Desk(shared)


def test_a_token_is_shown_once_and_acts_as_its_maker(desk: Desk) -> None:
    made = desk.make(desk.clerk, name="nightly", scopes=["@agent", "task.*"])
    text = made.pop("token")
    assert made == {
        "id": token_hash(text)[:16],
        "kind": "api",
        "name": "nightly",
        "user": desk.user(desk.clerk),
        "login": desk.clerk,
        "scopes": ["task.read", "user.read", "task.*"],
        "unknown_scopes": [],
        "created_at": made["created_at"],
        "created_by": desk.user(desk.clerk),
        "gives_decision": False,
        "expires_at": made["expires_at"],
        "last_used_at": None,
        "last_dialect": None,
        "revoked_at": None,
        "state": "live",
    }
    assert desk.world.native(desk.clerk, "GET", f"/v1/tokens/{made['id']}") == (200, made)
    assert desk.listed(desk.clerk) == ["nightly"]
    found = desk.principal(text)
    assert found is not None
    assert (found.login, found.is_granted) == (desk.clerk, False)
    assert found.scopes == frozenset({"task.read", "user.read", "task.*"})


def test_the_secret_is_in_no_stored_reply_and_no_dry_run(desk: Desk) -> None:
    body = {"scopes": ["task.read"], "expires_in": "P1D"}
    first = desk.world.native(desk.clerk, "POST", "/v1/tokens", body, Idempotency_Key="k")
    again = desk.world.native(desk.clerk, "POST", "/v1/tokens", body, Idempotency_Key="k")
    assert again == (201, {**first[1], "token": None})
    assert first[1]["token"].startswith("dgm_")
    status, tried = desk.world.native(desk.clerk, "POST", "/v1/tokens?dry_run=true", body)
    assert (status, tried["token"]) == (200, None)
    assert len(desk.listed(desk.clerk)) == 1


def test_tokens_of_others_are_for_administrators(desk: Desk) -> None:
    own = desk.make(desk.clerk, name="own")
    given = desk.make(desk.admin, name="given", user=desk.clerk)
    mine = desk.make(desk.admin, name="admin's")
    assert (given["login"], given["created_by"]) == (desk.clerk, desk.user(desk.admin))
    assert desk.make(desk.clerk, 403, user=desk.admin)["code"] == "admin_only"
    assert desk.make(desk.admin, 409, user="nobody.there")["code"] == "bad_reference"
    assert desk.make(desk.clerk, user="me")["login"] == desk.make(desk.clerk, user=desk.clerk)["login"] == desk.clerk
    assert sorted(desk.listed(desk.clerk)) == ["", "", "given", "own"]
    assert {"own", "given", "admin's"} <= set(desk.listed(desk.admin, "?limit=1000"))
    assert desk.listed(desk.admin, f"?user={desk.clerk}") == desk.listed(desk.clerk)
    assert desk.listed(desk.admin, "?user=me") == ["admin's"]
    assert desk.listed(desk.clerk, f"?user={desk.user(desk.clerk)}") == desk.listed(desk.clerk)
    assert desk.world.native(desk.clerk, "GET", f"/v1/tokens?user={desk.admin}")[0] == 403
    assert desk.world.native(desk.admin, "GET", "/v1/tokens?user=nobody.there")[0] == 404
    for method in ("GET", "PATCH", "DELETE"):
        content = {"name": "x"} if method == "PATCH" else None
        status, refusal = desk.world.native(desk.clerk, method, f"/v1/tokens/{mine['id']}", content)
        assert (status, refusal["code"]) == (404, "token_not_found")
        assert desk.world.native(desk.clerk, method, "/v1/tokens/0123456789abcdef", content)[1] == refusal
        assert desk.world.native(desk.admin, method, f"/v1/tokens/{own['id'][:15]}", content)[0] == 404
    assert desk.world.native(desk.admin, "DELETE", f"/v1/tokens/{own['id']}") == (204, None)


def test_no_token_is_wider_than_what_its_maker_came_with(desk: Desk) -> None:
    by_token = desk.narrow(desk.admin, scopes=frozenset({"task.*", "token.write", "*.read"}))
    for scopes, beyond in (
        (["task.read", "task.*", "*.read", "token.write"], []),
        (["@worker"], []),
        (["case.write", "task.write"], ["case.write"]),
        (["*"], ["*"]),
        (["case.*", "*.write", "task.*"], ["case.*", "*.write"]),
    ):
        made = desk.make(by_token, 403 if beyond else 201, scopes=scopes, user=desk.clerk)
        assert made.get("code") == ("scope_exceeds" if beyond else None)
        assert all(word in made["detail"] for word in beyond)
    under_ceiling = desk.narrow(desk.clerk, ceiling=frozenset({"task.read"}))
    assert desk.make(under_ceiling, 403, scopes=["task.*"])["code"] == "scope_exceeds"
    assert desk.make(under_ceiling)["scopes"] == ["task.read"]


def test_a_wrong_body_is_told_with_every_fault(desk: Desk) -> None:
    refused = desk.make(desk.clerk, 400, scopes=["task.read", "task.raed", "nothing.of.this.kind"])
    assert refused["code"] == "invalid_body"
    assert [tuple(fault.values()) for fault in refused["errors"]] == [
        ("unknown_scope", "'task.raed' is not a scope; did you mean task.read?", "/scopes/1"),
        ("unknown_scope", "'nothing.of.this.kind' is not a scope", "/scopes/2"),
    ]
    both = desk.make(desk.clerk, 400, expires_at="2031-05-04T10:00:00Z")
    assert [each["pointer"] for each in both["errors"]] == ["/expires_at"]
    wrong: list[dict[str, Any]] = [{"scopes": []}, {"scopes": "task.read"}, {"x": 1}]
    for members in (*wrong, {"expires_in": "90d"}, {"expires_in": "P"}):
        assert desk.make(desk.clerk, 400, **members)["code"] == "invalid_body"


def test_its_life_ends_in_the_future_and_within_what_the_operator_asks(desk: Desk) -> None:
    assert desk.make(desk.clerk, expires_in="PT1H30M")["expires_at"]
    assert desk.make(desk.clerk, expires_in=None, expires_at="2027-01-01T10:00:00+02:00")["expires_at"] == (
        "2027-01-01T08:00:00Z"
    )
    for members, pointer in (
        ({"expires_in": "PT0S"}, "/expires_in"),
        ({"expires_in": "P401D"}, "/expires_in"),
        ({"expires_in": None}, "/expires_in"),
        ({"expires_in": None, "expires_at": "2031-05-04T10:00:00Z"}, "/expires_at"),
        ({"expires_in": None, "expires_at": "2001-05-04T10:00:00Z"}, "/expires_at"),
    ):
        (fault,) = desk.make(desk.clerk, 400, **members)["errors"]
        assert (fault["pointer"], fault["code"]) == (pointer, "range")


def test_a_user_has_so_many_live_api_tokens(desk: Desk) -> None:
    user = desk.user(desk.clerk)
    desk.world.core(
        lambda uow: [
            uow.tokens.add(Token(uow.tenant, f"{number:04x}{user}", user, created_at=uow.now))
            for number in range(MOST_OF_A_USER - 1)
        ]
    )
    desk.log_in(desk.clerk)
    last = desk.make(desk.clerk)
    assert (
        desk.make(desk.clerk, 409)["code"] == desk.make(desk.admin, 409, user=desk.clerk)["code"] == "too_many_tokens"
    )
    assert desk.world.native(desk.clerk, "DELETE", f"/v1/tokens/{last['id']}")[0] == 204
    desk.make(desk.clerk)


def test_a_token_is_renamed_and_revoked_for_good(desk: Desk) -> None:
    made = desk.make(desk.clerk, name="first")
    path = f"/v1/tokens/{made['id']}"
    assert desk.world.native(desk.clerk, "PATCH", path, {"name": "second"})[1]["name"] == "second"
    assert desk.world.native(desk.clerk, "PATCH", path, {})[1]["name"] == "second"
    for members in ({"name": None}, {"scopes": ["*"]}, {"name": "x" * 256}, {"state": "live"}):
        assert desk.world.native(desk.clerk, "PATCH", path, members)[0] == 400
    for _ in range(2):
        assert desk.world.native(desk.clerk, "DELETE", path) == (204, None)
    shown = desk.world.native(desk.clerk, "GET", path)[1]
    assert (shown["state"], shown["revoked_at"] is None) == ("revoked", False)
    assert desk.principal(made["token"]) is None
    created = {"id": made["id"], "name": "first", "scopes": ["task.read"]}
    assert desk.facts(desk.clerk) == [
        ("token.created", [None, created]),
        ("token.revoked", [{**created, "name": "second"}, None]),
    ]


def test_lists_are_by_state_kind_and_last_use_and_come_in_pages(desk: Desk) -> None:
    for name in ("a", "b", "c", "d"):
        desk.world.clock.advance(1)
        made = desk.make(desk.clerk, name=name, expires_in="P1D" if name == "d" else "P90D")
        if name == "c":
            desk.world.native(desk.clerk, "DELETE", f"/v1/tokens/{made['id']}")
    desk.world.clock.advance(1)
    desk.log_in(desk.clerk)
    assert desk.listed(desk.clerk) == ["a", "b", "d", ""]
    assert desk.listed(desk.clerk, "?kind=login") == [""]
    assert desk.listed(desk.clerk, "?state=revoked") == ["c"]
    desk.world.clock.advance(2 * DAY)
    assert desk.listed(desk.clerk, "?state=expired") == ["d"]
    assert desk.listed(desk.clerk, "?state=expired,revoked,live") == ["a", "b", "c", "d", ""]
    assert desk.listed(desk.clerk, "?unused_days=3") == []
    used = desk.world.native(desk.clerk, "GET", "/v1/tokens?limit=1")[1]["items"][0]
    mark = token_uses.MarkUsed({"native": [desk.stored(used).hash]}, 300.0)
    desk.world.core(lambda uow: token_uses.mark_used(uow, mark))
    assert desk.listed(desk.clerk, "?unused_days=1&kind=api") == ["b"]
    page = desk.world.native(desk.clerk, "GET", "/v1/tokens?limit=2")[1]
    rest = desk.world.native(desk.clerk, "GET", page["next"])[1]
    assert [item["name"] for item in (*page["items"], *rest["items"])] == ["a", "b", ""]
    assert "next" not in rest
    for query in ("?state=gone", "?kind=x", "?unused_days=-1", "?cursor=x", "?name=a"):
        assert desk.world.native(desk.clerk, "GET", f"/v1/tokens{query}")[0] == 400


def test_tokens_of_a_disabled_user_are_suspended(desk: Desk) -> None:
    made = desk.make(desk.clerk, name="resting")
    desk.world.core(lambda uow: uow.users.save(replace(uow.users.get(desk.user(desk.clerk)), disabled_at=uow.now)))
    assert desk.world.native(desk.admin, "GET", f"/v1/tokens/{made['id']}")[1]["state"] == "suspended"
    assert desk.listed(desk.admin, f"?user={desk.clerk}") == []
    assert desk.listed(desk.admin, f"?user={desk.clerk}&state=suspended") == ["resting"]
    assert desk.make(desk.admin, 409, user=desk.clerk)["code"] == "user_disabled"
    assert desk.principal(made["token"]) is None


def test_words_of_older_tokens_match_nothing_and_are_marked(desk: Desk) -> None:
    words = ("gone.read", "task.read")
    old = Token(desk.world.tenant, token_hash(desk.clerk), desk.user(desk.clerk), words)
    desk.world.core(lambda uow: uow.tokens.add(old))
    shown = desk.world.native(desk.clerk, "GET", "/v1/tokens")[1]["items"][0]
    assert (shown["scopes"], shown["unknown_scopes"]) == (["gone.read", "task.read"], ["gone.read"])


def test_only_a_token_that_somebody_gave_gives_the_right_to_decide(desk: Desk) -> None:
    words: dict[str, Any] = {"scopes": ["batch.*", "task.read"]}
    for shown, expected in (
        (desk.make(desk.admin, **words), False),
        (desk.make(desk.clerk, **words), False),
        (desk.make(desk.admin, user=desk.clerk, **words), True),
        (desk.make(desk.admin, user=desk.clerk, scopes=["*"]), True),
        (desk.make(desk.admin, user=desk.clerk, scopes=["batch.read", "task.*"]), False),
    ):
        assert shown["gives_decision"] is expected
    found = desk.principal(desk.make(desk.admin, user=desk.clerk, **words)["token"])
    assert found is not None
    assert found.is_granted


def test_the_next_login_revokes_the_login_token_that_was_unused_longest(desk: Desk) -> None:
    texts = []
    for _ in range(3):
        desk.world.clock.advance(1)
        texts.append(desk.log_in(desk.clerk))
    desk.world.clock.advance(1)
    mark = token_uses.MarkUsed({"onlyoffice_crm": [token_hash(texts[0])]}, 300.0)
    desk.world.core(lambda uow: token_uses.mark_used(uow, mark))
    api = desk.make(desk.clerk)["token"]
    desk.world.clock.advance(1)
    texts.append(desk.log_in(desk.clerk))
    assert [desk.principal(text) is not None for text in (*texts, api)] == [True, False, True, True, True]
    kinds = desk.world.stored(lambda uow: [uow.tokens.get(token_hash(text)).kind for text in texts])
    assert set(kinds) == {TokenKind.LOGIN}
    assert [operation for operation, _ in desk.facts(desk.clerk)] == ["token.created"]


def test_a_use_is_noted_without_a_version_and_once_in_a_while(desk: Desk) -> None:
    made = desk.make(desk.clerk)
    before = desk.stored(made)

    def use(dialect: str) -> Token:
        mark = token_uses.MarkUsed({dialect: [before.hash, "unknown"]}, 300.0)
        desk.world.core(lambda uow: token_uses.mark_used(uow, mark))
        return desk.stored(made)

    first = use("native")
    assert first == replace(before, last_used_at=desk.world.clock.now(), last_dialect="native")
    desk.world.clock.advance(299)
    assert use("genesys") == first
    desk.world.clock.advance(1)
    assert use("genesys").last_dialect == "genesys"
    assert len(desk.facts(desk.clerk)) == 1


def test_the_day_on_which_a_user_was_here_is_noted_without_a_version(desk: Desk) -> None:
    user = desk.user(desk.clerk)

    def seen(after: float) -> User:
        desk.world.clock.advance(after)
        mark = token_uses.MarkUsed({}, 300.0, (user, "unknown"))
        desk.world.core(lambda uow: token_uses.mark_used(uow, mark))
        found: User = desk.world.stored(lambda uow: uow.users.find(user, Lock.CHANGE))
        return found

    before = desk.world.stored(lambda uow: uow.users.get(user))
    first = seen(0)
    assert first == replace(before, last_seen_at=first.last_seen_at)
    assert first.last_seen_at is not None
    assert to_datetime(first.last_seen_at).time() == time()
    assert to_datetime(first.last_seen_at).date() == to_datetime(desk.world.clock.now()).date()
    second = seen(DAY)
    assert second.last_seen_at == later(first.last_seen_at, seconds=DAY)
    assert second.revision == first.revision


def test_ended_tokens_go_after_ninety_days(desk: Desk) -> None:
    short, revoked, live = (desk.make(desk.clerk, expires_in=life) for life in ("P1D", "P300D", "P300D"))
    desk.world.native(desk.clerk, "DELETE", f"/v1/tokens/{revoked['id']}")

    def left_after(days: float) -> list[str]:
        desk.world.clock.advance(days * DAY)
        desk.world.core(lambda uow: pruning.prune_tokens(uow, pruning.PruneTokens()))
        states = "?state=live,expired,revoked"
        return [item["id"] for item in desk.world.native(desk.clerk, "GET", f"/v1/tokens{states}")[1]["items"]]

    assert sorted(left_after(90)) == sorted(each["id"] for each in (short, revoked, live))
    assert sorted(left_after(0.5)) == sorted(each["id"] for each in (short, live))
    assert left_after(1) == [live["id"]]
    assert len(live["id"]) == SHOWN_DIGITS
