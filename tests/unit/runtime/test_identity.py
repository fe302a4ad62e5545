"""Identity: from a credential to its principal."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher

from dragoman import settings
from dragoman.dialects.kit.credentials import Credential
from dragoman.domain import passwords
from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.errors import TooMany, Unauthenticated
from dragoman.domain.people import Session, User
from dragoman.runtime.identity import Identity
from dragoman.runtime.passwords import PasswordRecord
from dragoman.usecases.identity.sessions import SignedIn, session_text
from dragoman.usecases.identity.users import token_hash
from tests.support.plain_dialect import ANNA, TOKEN, PlainAccounts

BASIC = Credential("geheim", login="anna", ambient=True)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests count computations; what one costs doesn't matter to them."""
    unknown = CHEAP.hash("no user has this password")
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: unknown)


async def at_once(seconds: float) -> None:
    """How long answers are held back is shown in `test_guessing.py`."""


class Bench:
    """The identity of the plain application, with a fixed clock."""

    def __init__(self) -> None:
        self.clock = FixedClock(Moment(10**16))
        self.accounts = PlainAccounts()
        self.identity = Identity(self.accounts, settings.load(environ={}), self.clock, sleep=at_once)

    async def who(self, credential: Credential, address: str = "10.0.0.1") -> Principal:
        return self.identity.known(credential) or await self.identity.principal(credential, address)


def with_bench(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test(Bench()))

    run.__name__ = test.__name__
    return run


@with_bench
async def test_a_token_speaks_for_its_user_alone_or_as_a_password(bench: Bench) -> None:
    assert (await bench.who(Credential(TOKEN))).credential == "token:a"
    assert (await bench.who(Credential(TOKEN, login="whoever", ambient=True))).credential == "token:a"


@with_bench
async def test_a_token_is_looked_up_once_a_second(bench: Bench) -> None:
    for _ in range(3):
        await bench.who(Credential(TOKEN))
    assert bench.accounts.look_ups == 1
    bench.clock.advance(1)
    await bench.who(Credential(TOKEN))
    assert bench.accounts.look_ups == 2


@with_bench
async def test_a_revoked_token_is_refused_within_a_second(bench: Bench) -> None:
    await bench.who(Credential(TOKEN))
    del bench.accounts.tokens[token_hash(TOKEN)]
    bench.clock.advance(1)
    with pytest.raises(Unauthenticated):
        await bench.who(Credential(TOKEN))


@with_bench
async def test_many_at_once_share_a_look_up(bench: Bench) -> None:
    await asyncio.gather(*[bench.who(Credential(TOKEN)) for _ in range(20)])
    assert bench.accounts.look_ups == 1


@with_bench
async def test_a_failed_look_up_fails_the_waiting_requests_only(bench: Bench) -> None:
    find = bench.accounts.find_token

    async def fails(token_hash: str, tenant: int) -> Principal | None:
        await asyncio.sleep(0)
        raise ConnectionError

    bench.accounts.find_token = fails  # type: ignore[method-assign]
    got = await asyncio.gather(*[bench.who(Credential(TOKEN)) for _ in range(2)], return_exceptions=True)
    assert [type(one) for one in got] == [ConnectionError, ConnectionError]
    bench.accounts.find_token = find  # type: ignore[method-assign]
    assert (await bench.who(Credential(TOKEN))).login == "anna"


@pytest.mark.parametrize(
    "secret", ["dgm_1_" + "b" * 43, "dgm_2_" + "a" * 43, "dgm_zzzzzzzzzzzzz_" + "a" * 43, "dgm_1_short", "*", "x"]
)
def test_an_unknown_token_is_refused(secret: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        asyncio.run(Bench().who(Credential(secret)))
    assert refused.value.code == "credentials_unknown"


@with_bench
async def test_a_password_is_computed_once_a_minute(bench: Bench) -> None:
    calls = counted(bench)
    for _ in range(3):
        assert (await bench.who(BASIC)).login == "anna"
    assert calls() == 1
    bench.clock.advance(61)
    await bench.who(BASIC)
    assert calls() == 2


@with_bench
async def test_a_changed_password_or_a_disabled_user_counts_within_a_second(bench: Bench) -> None:
    await bench.who(BASIC)
    record = bench.accounts.logins["anna"]
    bench.accounts.logins["anna"] = msgspec.structs.replace(record, disabled=True)
    bench.clock.advance(1)
    with pytest.raises(Unauthenticated):
        await bench.who(BASIC)
    bench.accounts.logins["anna"] = PasswordRecord(ANNA, None)
    bench.clock.advance(1)
    with pytest.raises(Unauthenticated):
        await bench.who(BASIC)


@with_bench
async def test_a_new_password_counts_at_once(bench: Bench) -> None:
    await bench.who(BASIC)
    bench.accounts.logins["anna"] = PasswordRecord(ANNA, passwords.hash_password("a new one"))
    assert (await bench.who(Credential("a new one", login="anna", ambient=True))).login == "anna"
    with pytest.raises(Unauthenticated):
        await bench.who(BASIC)


@with_bench
async def test_ten_failures_refuse_this_account_and_address(bench: Bench) -> None:
    wrong = Credential("falsch", login="anna", ambient=True)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await bench.who(wrong)
    with pytest.raises(TooMany) as refused:
        await bench.who(BASIC)
    assert refused.value.retry_after_seconds == 900
    assert (await bench.who(BASIC, "10.0.0.2")).login == "anna"
    bench.clock.advance(901)
    assert (await bench.who(BASIC)).login == "anna"


@with_bench
async def test_guesses_at_the_same_time_count_one_by_one(bench: Bench) -> None:
    guesses = [bench.who(Credential(f"guess{number}", login="anna", ambient=True)) for number in range(20)]
    got = [type(one) for one in await asyncio.gather(*guesses, return_exceptions=True)]
    assert got.count(Unauthenticated) <= 11
    assert got.count(TooMany) >= 9


@with_bench
async def test_too_many_simultaneous_logins_are_refused(bench: Bench) -> None:
    guesses = [bench.who(Credential("x", login=f"nobody{number}", ambient=True)) for number in range(70)]
    got = [error for error in await asyncio.gather(*guesses, return_exceptions=True) if isinstance(error, TooMany)]
    assert {error.code for error in got} == {"logins_busy"}
    assert 1 <= len(got) <= 6  # one may have ended before another asks


@with_bench
async def test_an_unknown_login_costs_the_same_work(bench: Bench) -> None:
    calls = counted(bench)
    with pytest.raises(Unauthenticated):
        await bench.who(Credential("geheim", login="nobody", ambient=True))
    assert calls() == 1


@with_bench
async def test_passwords_are_computed_two_at_once_and_off_the_loop(bench: Bench) -> None:
    running, most, guard = 0, 0, threading.Lock()

    def slow(password_hash: str | None, password: str) -> bool:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with guard:
            running -= 1
        return False

    original, passwords.verify_password = passwords.verify_password, slow
    try:
        guesses = [bench.who(Credential("x", login=f"nobody{number}", ambient=True)) for number in range(8)]
        await asyncio.gather(*guesses, return_exceptions=True)
    finally:
        passwords.verify_password = original
    assert most == 2


def counted(bench: Bench) -> Callable[[], int]:
    """Count the passwords that are computed from now on, by their slots."""
    slots = bench.identity.passwords._slots
    calls = 0
    acquire = slots.acquire

    async def counting() -> Any:
        nonlocal calls
        calls += 1
        return await acquire()

    slots.acquire = counting  # type: ignore[method-assign]
    return lambda: calls


@with_bench
async def test_a_session_is_looked_up_once_a_second(bench: Bench) -> None:
    text = session_text(1)
    life = Session(1, token_hash(text), "s", "a", "password", *(Moment(0),) * 3)
    bench.accounts.sessions[token_hash(text)] = SignedIn(life, User(1, 1, "a", "anna"), ANNA)
    assert [await bench.identity.session(text) for _ in range(3)] == [*bench.accounts.sessions.values()] * 3
    assert bench.accounts.look_ups == 1
    bench.accounts.sessions.clear()
    bench.clock.advance(1.0)
    assert await bench.identity.session(text) is None


@with_bench
async def test_a_session_that_was_ended_here_counts_no_more(bench: Bench) -> None:
    text = session_text(1)
    life = Session(1, token_hash(text), "s", "a", "password", *(Moment(0),) * 3)
    bench.accounts.sessions[token_hash(text)] = SignedIn(life, User(1, 1, "a", "anna"), ANNA)
    assert await bench.identity.session(text) is not None
    bench.accounts.sessions.clear()
    bench.identity.forget_session(text)
    assert await bench.identity.session(text) is None


@with_bench
async def test_text_that_is_no_session_is_not_looked_up(bench: Bench) -> None:
    for text in ("", "1_", f"_{'a' * 43}", f"1_{'a' * 42}", f"-1_{'a' * 43}", f"zzzzzzzzzzzzz_{'a' * 43}", TOKEN):
        assert await bench.identity.session(text) is None
    assert bench.accounts.look_ups == 0


@with_bench
async def test_a_token_is_no_password_where_one_signs_in(bench: Bench) -> None:
    assert (await bench.identity.password("anna", "geheim", "10.0.0.1")).user == ANNA.user
    with pytest.raises(Unauthenticated):
        await bench.identity.password("anna", TOKEN, "10.0.0.1")


@with_bench
async def test_a_request_by_session_counts_as_a_sight_of_its_user(bench: Bench) -> None:
    text = session_text(1)
    life = Session(1, token_hash(text), "s", "a", "password", *(Moment(0),) * 3)
    bench.accounts.sessions[token_hash(text)] = SignedIn(life, User(1, 1, "a", "anna"), ANNA)
    assert await bench.identity.session(text) is not None
    (seen,) = bench.identity.uses.take().values()
    assert len(seen.users) == 1
    assert not seen.tokens
