"""Passwords over the API: chosen, set, removed, and chosen by a link that is good once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.clock import later
from dragoman.domain.people import PasswordLink, Session, TokenKind, UserKind
from dragoman.usecases.identity import password_links
from dragoman.usecases.identity.users import token_hash
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.server import Answer, basic
from tests.support.tenant import PASSWORD, Tenant
from tests.support.world import ExclusiveCommand

NEW = "kelp under seven moons"
OTHER = "moss over eleven suns"
SCHEME = {"Content-Type": "application/json"}


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent(request.param) as url, InProcessServer(url) as running:
        yield running


@pytest.fixture
def tenant(server: InProcessServer) -> Tenant:
    """Anna administers; bert doesn't."""
    tenant = Tenant(server)
    tenant.login("anna")
    tenant.login("bert")
    return tenant


def ask(tenant: Tenant, method: str, path: str, content: object = None, who: str | None = "anna") -> Answer:
    """A request of a user by token, or of nobody."""
    headers = SCHEME if who is None else SCHEME | {"Authorization": tenant.basic(who)}
    body = None if content is None else json.dumps(content)
    answer: Answer = tenant.server.call(method, path, body, headers)
    return answer


def code(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.json()["code"] if answer.status >= 300 else None


def faults(answer: Answer) -> list[tuple[str, str]]:
    assert (answer.status, answer.json()["code"]) == (400, "invalid_body")
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


def signs_in(tenant: Tenant, password: str, person: str = "bert") -> bool:
    """Whether the password lets in. Look-ups of before are forgotten: they are believed for a second."""
    tenant.server.app.identity._logins._kept.clear()
    answer = tenant.server.call("GET", "/v1/users/me", None, basic(tenant.login(person), password))
    assert answer.status in (200, 401)
    return bool(answer.status == 200)


def core(tenant: Tenant, run: Any) -> Any:
    call = tenant.server.app.executor.call
    return call(lambda uow, _: run(uow), ExclusiveCommand(), tenant.key, operation="core")


def change(tenant: Tenant, person: str, **fields: Any) -> None:
    def run(uow: UnitOfWork) -> None:
        user = uow.users.find(tenant.uids[person], Lock.CHANGE)
        assert user is not None
        uow.users.save(replace(user, **fields))

    core(tenant, run)


def link(tenant: Tenant, person: str = "bert", **order: object) -> str:
    """The token of a new link."""
    answer = ask(tenant, "POST", f"/v1/users/{tenant.login(person)}/password-link", order)
    assert answer.status == 201, answer.text
    return str(answer.json()["token"])


def redeem(tenant: Tenant, token: str, password: str = NEW) -> Answer:
    return ask(tenant, "POST", "/v1/password", {"token": token, "new": password}, who=None)


def test_one_chooses_another_password(tenant: Tenant) -> None:
    answer = ask(tenant, "PUT", "/v1/users/me/password", {"current": PASSWORD, "new": NEW}, who="bert")
    assert (answer.status, answer.body) == (204, b"")
    assert signs_in(tenant, NEW)
    assert not signs_in(tenant, PASSWORD)


def test_any_credentials_do_to_choose_another(tenant: Tenant) -> None:
    headers = SCHEME | {"Authorization": f"Bearer {tenant.token('task.read', 'bert')}"}
    body = json.dumps({"current": PASSWORD, "new": NEW})
    assert tenant.server.call("PUT", "/v1/users/me/password", body, headers).status == 204


def test_the_present_one_must_be_right(tenant: Tenant) -> None:
    answer = ask(tenant, "PUT", "/v1/users/me/password", {"current": "wrong", "new": "short"}, who="bert")
    assert code(answer) == (403, "wrong_password")
    assert signs_in(tenant, PASSWORD)


def test_without_a_password_there_is_none_to_confirm(tenant: Tenant) -> None:
    change(tenant, "bert", password_hash=None)
    answer = ask(tenant, "PUT", "/v1/users/me/password", {"current": PASSWORD, "new": NEW}, who="bert")
    assert code(answer) == (409, "no_password")


def test_all_faults_of_the_new_one_come_at_once(tenant: Tenant) -> None:
    tried = {"current": PASSWORD, "new": "bert1"}
    assert faults(ask(tenant, "PUT", "/v1/users/me/password", tried, who="bert")) == [
        ("/new", "too_short"),
        ("/new", "like_login"),
    ]
    who = tenant.login("bert")
    assert faults(ask(tenant, "PUT", f"/v1/users/{who}/password", {"new": "aaa"})) == [
        ("/new", "too_short"),
        ("/new", "too_common"),
    ]
    assert faults(ask(tenant, "PUT", "/v1/users/me/password", {"new": 1, "old": "x"}, who="bert")) == [
        ("/current", "missing"),
        ("/old", "unknown"),
        ("/new", "type"),
    ]
    assert signs_in(tenant, PASSWORD)


def test_an_administrator_sets_and_removes_a_password(tenant: Tenant) -> None:
    path = f"/v1/users/{tenant.login('bert')}/password"
    assert ask(tenant, "PUT", path, {"new": NEW}).status == 204
    assert signs_in(tenant, NEW)
    assert ask(tenant, "DELETE", f"/v1/users/{tenant.uids['bert']}/password").status == 204
    assert not signs_in(tenant, NEW)
    assert ask(tenant, "DELETE", path).status == 204
    assert ask(tenant, "PUT", f"{path}?dry_run=true", {"new": NEW}).status == 204
    assert not signs_in(tenant, NEW)


@pytest.mark.parametrize(
    ("method", "rest", "content"),
    [
        ("PUT", "password", {"new": NEW}),
        ("DELETE", "password", None),
        ("POST", "password-link", None),
        ("POST", "unlock", None),
    ],
)
def test_it_is_for_administrators_and_for_users_that_there_are(
    tenant: Tenant, method: str, rest: str, content: object
) -> None:
    path = f"/v1/users/{tenant.login('anna')}/{rest}"
    assert code(ask(tenant, method, path, content, who="bert")) == (403, "admin_only")
    assert code(ask(tenant, method, f"/v1/users/nobody-there/{rest}", content)) == (404, "user_not_found")
    other = Tenant(tenant.server)
    other.login("carl")
    for name in (other.login("carl"), other.uids["carl"]):
        assert code(ask(tenant, method, f"/v1/users/{name}/{rest}", content)) == (404, "user_not_found")


def test_a_service_account_has_no_password(tenant: Tenant) -> None:
    change(tenant, "bert", kind=UserKind.SERVICE, password_hash=None)
    path = f"/v1/users/{tenant.login('bert')}"
    for method, rest in (("PUT", "password"), ("DELETE", "password"), ("POST", "password-link")):
        answer = ask(tenant, method, f"{path}/{rest}", {"new": NEW} if method == "PUT" else None)
        assert code(answer) == (409, "service_account")


def test_a_change_ends_sessions_login_tokens_and_links(tenant: Tenant) -> None:
    uid = tenant.uids["bert"]
    api, login = tenant.token("task.read", "bert"), tenant.token("task.write", "bert")

    def given(uow: UnitOfWork) -> None:
        made = uow.tokens.find(token_hash(login), Lock.CHANGE)
        assert made is not None
        uow.tokens.save(replace(made, kind=TokenKind.LOGIN))
        ends = later(uow.now, seconds=3_600)
        uow.sessions.add(Session(uow.tenant, f"s{uid}", uow.new_id(), uid, "password", uow.now, uow.now, ends))

    def left(uow: UnitOfWork) -> tuple[int, int, list[bool]]:
        tokens = (uow.tokens.find(token_hash(text)) for text in (api, login))
        live = [token is not None and token.revoked_at is None for token in tokens]
        return len(uow.sessions.of_user(uid)), len(uow.password_links.of_user(uid)), live

    core(tenant, given)
    link(tenant)
    assert core(tenant, left) == (1, 1, [True, True])
    assert ask(tenant, "PUT", f"/v1/users/{uid}/password", {"new": NEW}).status == 204
    assert core(tenant, left) == (0, 0, [True, False])
    body = {"current": NEW, "new": OTHER, "revoke_tokens": True}
    assert ask(tenant, "PUT", "/v1/users/me/password", body, who="bert").status == 204
    assert core(tenant, left) == (0, 0, [False, False])


def test_a_link_is_good_once(tenant: Tenant) -> None:
    answer = ask(tenant, "POST", f"/v1/users/{tenant.login('bert')}/password-link")
    made = answer.json()
    assert answer.status == 201
    assert made.keys() == {"url", "token", "expires_at"}
    address = urlsplit(made["url"])
    assert (address.path, address.query) == ("/ui/password", f"token={made['token']}")
    assert faults(redeem(tenant, made["token"], "bert1")) == [("/new", "too_short"), ("/new", "like_login")]
    answer = redeem(tenant, made["token"])
    assert (answer.status, answer.body) == (204, b"")
    assert signs_in(tenant, NEW)
    assert code(redeem(tenant, made["token"], OTHER)) == (410, "link_gone")
    assert signs_in(tenant, NEW)


def test_what_is_stored_under_a_key_tells_no_secret(tenant: Tenant) -> None:
    headers = SCHEME | {"Authorization": tenant.basic("anna"), "Idempotency-Key": "k"}
    path = f"/v1/users/{tenant.login('bert')}"
    made, again = (tenant.server.call("POST", f"{path}/password-link", "{}", headers) for _ in range(2))
    assert made.json()["token"] in made.json()["url"]
    assert again.json() == made.json() | {"token": None, "url": None}
    headers["Idempotency-Key"] = "other"
    found = [tenant.server.call("PUT", f"{path}/password", json.dumps({"new": each}), headers) for each in (NEW, OTHER)]
    assert [answer.status for answer in found] == [204, 204]  # the second was the first, and is told so
    assert signs_in(tenant, NEW)


def test_of_two_who_use_a_link_at_once_one_chooses(tenant: Tenant) -> None:
    token = link(tenant)
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda password: redeem(tenant, token, password), (NEW, OTHER)))
    assert sorted(answer.status for answer in answers) == [204, 410]


def test_links_that_are_gone_are_told_alike(tenant: Tenant) -> None:
    older, newer = link(tenant), link(tenant)
    changed = link(tenant, "carl")
    assert ask(tenant, "PUT", f"/v1/users/{tenant.login('carl')}/password", {"new": NEW}).status == 204
    disabled = link(tenant, "dora")
    change(tenant, "dora", disabled_at=1)
    expired = link(tenant, "emil")

    def expire(uow: UnitOfWork) -> None:
        found = uow.password_links.find(token_hash(expired), Lock.CHANGE)
        assert found is not None
        uow.password_links.save(replace(found, expires_at=uow.now))

    core(tenant, expire)
    elsewhere = newer.replace(f"_{newer.split('_')[1]}_", "_zzzz_")
    unknown = password_links.link_text(tenant.key)
    nowhere = password_links.link_text(2**40)
    gone = (older, changed, disabled, expired, elsewhere, unknown, nowhere, "", "x", tenant.token("*"))
    answers = [redeem(tenant, token, "short") for token in gone]
    assert {(answer.status, answer.body) for answer in answers} == {(410, answers[0].body)}
    assert answers[0].json()["code"] == "link_gone"
    assert redeem(tenant, newer).status == 204


def test_how_long_a_link_lives(tenant: Tenant) -> None:
    def seconds(token: str) -> float:
        def run(uow: UnitOfWork) -> float:
            found = uow.password_links.find(token_hash(token))
            assert isinstance(found, PasswordLink)
            return (found.expires_at - found.created_at) / 1e7

        return float(core(tenant, run))

    assert seconds(link(tenant)) == 3_600
    assert seconds(link(tenant, expires_in="P7D")) == 7 * 86_400
    assert seconds(link(tenant, expires_in="PT90M")) == 5_400
    path = f"/v1/users/{tenant.login('bert')}/password-link"
    for wrong in ("P8D", "PT0S", "P7DT1S"):
        assert faults(ask(tenant, "POST", path, {"expires_in": wrong})) == [("/expires_in", "range")]
    assert faults(ask(tenant, "POST", path, {"expires_in": "an hour"})) == [("/expires_in", "format")]


def test_a_link_isnt_sent_where_there_is_no_mail(tenant: Tenant) -> None:
    kept = link(tenant)
    answer = ask(tenant, "POST", f"/v1/users/{tenant.login('bert')}/password-link", {"mail": True})
    assert code(answer) == (409, "no_mail")
    assert redeem(tenant, kept).status == 204


def test_who_forgot_the_password_is_answered_alike(tenant: Tenant) -> None:
    logins = (tenant.login("bert"), f"{tenant.login('bert')}@example.com", "nobody", "x" * 255)
    answers = [ask(tenant, "POST", "/v1/password-links", {"login": login}, who=None) for login in logins]
    assert {(answer.status, answer.body) for answer in answers} == {(202, b"")}
    wrong = ask(tenant, "POST", "/v1/password-links", {"name": "x"}, who=None)
    assert faults(wrong) == [("/name", "unknown"), ("/login", "missing")]


def test_a_locked_user_is_let_in_by_unlocking_and_by_a_link(tenant: Tenant) -> None:
    guesses = tenant.server.app.identity.passwords.guesses
    held: list[float] = []

    async def note(seconds: float) -> None:
        held.append(seconds)

    sleep, guesses._sleep = guesses._sleep, note
    try:
        for _ in range(10):
            assert not signs_in(tenant, "wrong")
    finally:
        guesses._sleep = sleep
    assert held == [1, 2, 4, 8, 8, 8]
    headers = basic(tenant.login("bert"), PASSWORD)
    refused = tenant.server.call("GET", "/v1/users/me", None, headers)
    assert code(refused) == (429, "too_many_failures")
    assert refused.json()["detail"] == "Too many failed logins for this address. Try again in 15 minutes."
    assert 0 < int(refused.headers["retry-after"]) <= 900
    login = {"userName": tenant.login("bert"), "password": PASSWORD}
    crm = tenant.server.call("POST", "/api/2.0/authentication", json.dumps(login), SCHEME)
    assert (crm.status, crm.json()["error"]["message"]) == (500, "Login Fail. Too many attempts")
    unlocked = ask(tenant, "POST", f"/v1/users/{tenant.login('bert')}/unlock")
    assert (unlocked.status, unlocked.json()["login"]) == (200, tenant.login("bert"))
    assert signs_in(tenant, PASSWORD)


def test_unlocking_again_changes_nothing(tenant: Tenant) -> None:
    path = f"/v1/users/{tenant.login('bert')}/unlock"
    first, again = ask(tenant, "POST", path), ask(tenant, "POST", path)
    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body

    def noted(uow: UnitOfWork) -> int:
        user = uow.users.find(tenant.uids["bert"])
        assert user is not None
        assert user.unlocked_at is not None
        return user.revision

    assert core(tenant, noted) == 2  # made, unlocked


def test_a_link_lifts_the_lock_too(tenant: Tenant) -> None:
    at = tenant.server.app.clock.monotonic()
    for _ in range(10):
        tenant.server.app.identity.passwords.guesses._of_pairs.add(
            (tenant.uids["bert"], "127.0.0.1"), at, tenant.uids["bert"]
        )
    assert tenant.server.call("GET", "/v1/users/me", None, basic(tenant.login("bert"), PASSWORD)).status == 429
    assert redeem(tenant, link(tenant)).status == 204
    assert signs_in(tenant, NEW)


def test_the_history_of_the_user_names_who_did_it_and_no_secret(tenant: Tenant) -> None:
    uid = tenant.uids["bert"]
    assert ask(tenant, "PUT", f"/v1/users/{uid}/password", {"new": NEW}).status == 204
    token = link(tenant)
    assert redeem(tenant, token, OTHER).status == 204
    with tenant.server.app.store.engine.raw.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT operation, principal, changes FROM history WHERE tenant = {tenant.key} AND entity = 'user'"
            " ORDER BY number, revision"
        ).fetchall()
    found = [(row[0], row[1]) for row in rows if row[0] in ("put_password", "redeem_password_link")]
    assert found == [("put_password", tenant.login("anna")), ("redeem_password_link", tenant.login("bert"))]
    assert not any(secret in row[2] for row in rows for secret in (NEW, OTHER, token, "argon2"))
