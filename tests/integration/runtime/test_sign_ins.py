"""Signing in at a provider, from the browser's way there to its session, and who becomes which user on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain import provider
from dragoman.domain.clock import SystemClock
from dragoman.domain.configured import Secret
from dragoman.domain.errors import Expected
from dragoman.runtime.sign_ins import Browser, Finished, SignIns
from dragoman.usecases.identity import provider_links
from dragoman.usecases.identity.sessions import Life
from dragoman.usecases.identity.users import token_hash
from dragoman.usecases.identity.visitors import Rules
from tests.support.node import running
from tests.support.provider import CLIENT, LIES, SECRET, Provider
from tests.support.world import NOON, World

ISSUER = "https://id.example"
BASE = "https://tasks.example"
USER = {"preferred_username": "bert", "name": "Bert Moss", "email": "bert@example.com"}


class Place:
    """A node with two ways to sign in at one provider: `corp` as configured, and `other`."""

    def __init__(self, world: World, **members: Any) -> None:
        self.world = world
        self.provider = Provider(ISSUER, USER)
        tables = {name: {"issuer": ISSUER, "client_id": CLIENT} for name in ("corp", "other")}
        tables["corp"] |= members
        providers = [
            provider.Provider(name, provider.read(name, each), Secret(SECRET)) for name, each in tables.items()
        ]
        self.ways = SignIns(tuple(providers), world.app.executor, Life(), SystemClock(), lambda _: self.provider)
        self.cookie = ""
        self.state = ""

    async def begin(self, name: str = "corp") -> None:
        begun = await self.ways.begin(name, "/ui/tasks/1", BASE)
        asked = parse_qs(urlsplit(begun.url).query)
        assert asked["redirect_uri"] == [f"{BASE}/ui/sign-in/{name}/callback"]
        self.cookie, [self.state], [self.provider.nonce] = begun.cookie, asked["state"], asked["nonce"]

    async def finish(self, name: str = "corp", cookie: str | None = None, **parameters: str) -> Finished:
        given = {"code": "c-1", "state": self.state, **parameters}
        browser = Browser("a browser", "192.0.2.1")
        return await self.ways.finish(name, given, self.cookie if cookie is None else cookie, BASE, browser)

    async def sign_in(self, **claims: Any) -> str:
        """The login of the one who is signed in."""
        self.provider.claims = {"sub": "s-1", **USER, **claims}
        await self.begin()
        finished = await self.finish()
        assert finished.next == "/ui/tasks/1"
        session = await self.world.app.identity.session(finished.session)
        assert session is not None
        assert (session.session.via, session.session.address) == ("oidc:corp", "192.0.2.1")
        assert session.session.hash == token_hash(finished.session)
        return session.principal.login

    async def refusal(self, attempt: Awaitable[Any]) -> str:
        with pytest.raises(Expected) as refused:
            await attempt
        return refused.value.code

    async def user(self, login: str) -> Any:
        return await asyncio.to_thread(self.world.core, lambda uow: uow.users.by_login(login))

    async def do(self, run: Callable[[Any], Any]) -> Any:
        return await asyncio.to_thread(self.world.core, run)


@asynccontextmanager
async def place(url: str, *people: str, **members: Any) -> AsyncIterator[Place]:
    async with running(url) as world:
        found = Place(world, **members)
        for login in people:
            await asyncio.to_thread(world.add, login)
        yield found


def link(login: str, subject: str = "s-1") -> Callable[[Any], Any]:
    return lambda uow: provider_links.link(uow, provider_links.Link(login, "corp", subject))


def test_a_linked_user_comes_in_and_name_and_address_follow(database_url: str) -> None:
    async def run() -> None:
        async with place(database_url, "bert") as here:
            await here.do(link("bert"))
            assert await here.sign_in() == "bert"
            assert await here.sign_in(email="b.moss@example.com", name="Bertram Moss") == "bert"
            bert = await here.user("bert")
            assert (bert.email, bert.display_name) == ("b.moss@example.com", "Bertram Moss")
            found = await here.world.app.identity._accounts.find_login("b.moss@example.com")
            assert found is not None
            assert found.principal.user == bert.uid
            assert await here.world.app.identity._accounts.find_login("bert@example.com") is None

    asyncio.run(run())


def test_nobody_is_taken_over_by_an_equal_login(database_url: str) -> None:
    async def run() -> None:
        async with place(database_url, "bert") as here:
            assert await here.refusal(here.sign_in()) == "not_linked"
        async with place(database_url, provision="on") as here:
            assert await here.sign_in() == "bert-2"
            assert await here.sign_in(sub="s-2", email="other@example.com") == "bert-3"
            assert await here.sign_in(preferred_username="changed") == "bert-2"
            assert (await here.user("bert-3")).display_name == "Bert Moss"
            for login in ("be:rt", "", None, 7):
                assert await here.refusal(here.sign_in(sub="s-4", preferred_username=login)) == "not_linked"

    asyncio.run(run())


def test_two_first_sign_ins_of_one_person_make_one_user(database_url: str) -> None:
    async def run() -> None:
        async with place(database_url, provision="on") as here:
            claims = provider.Visitor("corp", "s-1", "dora", "Dora")
            users = await asyncio.gather(
                *(here.ways._recognition.user(claims, Rules(), here.world.tenant, provision=True) for _ in range(4))
            )
            assert len({user.uid for user in users}) == 1
            assert await here.sign_in(sub="s-2", preferred_username="dora-2") == "dora-2"

    asyncio.run(run())


def test_an_address_of_another_is_left_out(database_url: str) -> None:
    async def run() -> None:
        async with place(database_url, provision="on") as here:
            assert await here.sign_in() == "bert"
            assert await here.sign_in(sub="s-2", preferred_username="carl", email="BERT@example.com") == "carl"
            assert (await here.user("carl")).email is None
            assert (await here.user("bert")).email == "bert@example.com"

    asyncio.run(run())


def test_a_disabled_user_stays_out(database_url: str) -> None:
    async def run() -> None:
        async with place(database_url, "bert") as here:
            await here.do(link("bert"))

            def disable(uow: Any) -> None:
                user = uow.users.find(uow.users.by_login("bert").uid, Lock.CHANGE)
                uow.users.save(replace(user, disabled_at=NOON))

            await here.do(disable)
            assert await here.refusal(here.sign_in()) == "not_allowed"

    asyncio.run(run())


def test_an_attempt_belongs_to_its_browser_and_is_good_once(sqlite_url: str) -> None:
    async def run() -> None:
        async with place(sqlite_url, provision="on") as here:
            await here.begin()
            asked = len(here.provider.requests)
            for wrong in (here.finish(state="x"), here.finish(state=""), here.finish(cookie=""), here.finish("other")):
                assert await here.refusal(wrong) == "state_unknown"
            assert len(here.provider.requests) == asked
            await here.finish()
            asked = len(here.provider.requests)
            assert await here.refusal(here.finish()) == "state_unknown"
            assert len(here.provider.requests) == asked
            assert await here.refusal(here.begin("unknown")) == "provider_not_found"

    asyncio.run(run())


def test_a_sign_in_may_end_on_another_node_and_is_good_once_over_all(database_url: str) -> None:
    async def run() -> None:
        async with place(database_url, provision="on") as here, running(database_url) as node:
            there = Place(node, provision="on")
            there.ways._http = lambda _: here.provider
            await here.begin()
            there.cookie, there.state = here.cookie, here.state
            assert (await there.finish()).next == "/ui/tasks/1"
            assert await here.refusal(here.finish()) == "state_unknown"

    asyncio.run(run())


def test_no_lie_opens_a_session(sqlite_url: str) -> None:
    async def run() -> None:
        async with place(sqlite_url, provision="on") as here:
            for lie, code in LIES.items():
                here.provider.lie = lie
                await here.begin()
                assert await here.refusal(here.finish()) == code, lie
            assert await here.do(lambda uow: uow.users.all()) == []

    asyncio.run(run())


def test_a_tenant_that_is_missing(sqlite_url: str) -> None:
    async def run() -> None:
        async with place(sqlite_url, tenant="north", provision="on") as here:
            await here.begin()
            assert await here.refusal(here.finish()) == "not_linked"

    asyncio.run(run())


def test_many_who_wait_for_one_provider_hold_nobody_else_up(sqlite_url: str) -> None:
    async def run() -> None:
        async with place(sqlite_url) as here:
            here.ways._running["corp"] = 16
            assert await here.refusal(here.begin()) == "provider_unavailable"
            await here.begin("other")

    asyncio.run(run())


def test_signing_out_ends_the_session_at_the_provider_where_that_is_wanted(sqlite_url: str) -> None:
    async def run() -> None:
        async with place(sqlite_url, end_session=True) as here:
            url = await here.ways.end_session("corp", f"{BASE}/ui/sign-in")
            assert url is not None
            assert url.startswith(f"{ISSUER}/end?")
            assert await here.ways.end_session("other", BASE) is None
            assert await here.ways.end_session("gone", BASE) is None
            assert here.ways.offered() == [("corp", "corp"), ("other", "other")]

    asyncio.run(run())
