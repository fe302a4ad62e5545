"""Guessing is slowed down and refused, and locks out nobody. Time passes only as these tests let it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from dragoman import settings
from dragoman.dialects.kit.credentials import Credential
from dragoman.domain import passwords
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict, Expected, Forbidden, TooMany
from dragoman.runtime import guessing
from dragoman.runtime.guessing import network_of
from dragoman.runtime.identity import Identity
from dragoman.runtime.passwords import PasswordRecord
from tests.support.plain_dialect import ANNA, TOKEN, PlainAccounts
from tests.support.virtual_time import VirtualTime, settle

HERE, THERE = "10.0.0.1", "10.0.0.2"
RIGHT = "right"
START = Moment(10**16)


@pytest.fixture(autouse=True)
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is right when its hash is `hash of` it."""

    async def here(call: Callable[..., Any], *arguments: Any) -> Any:
        return call(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", here)
    monkeypatch.setattr(passwords, "verify_password", lambda known, given: known == f"hash of {given}")


class Bench:
    """An identity in virtual time, with the users anna, bert and u0 to u19."""

    def __init__(self, **given: object) -> None:
        self.time = VirtualTime(START)
        self.accounts = PlainAccounts()
        for login in ("anna", "bert", *(f"u{number}" for number in range(20))):
            who = msgspec.structs.replace(ANNA, user=f"u-{login}", login=login, credential=f"password:{login}")
            self.accounts.logins[login] = PasswordRecord(who, f"hash of {RIGHT}")
        self.identity = Identity(
            self.accounts, settings.load(environ={}, overrides=given), self.time, sleep=self.time.sleep
        )

    def begin(self, password: str, address: str = HERE, login: str = "anna") -> "asyncio.Task[object]":
        return asyncio.get_running_loop().create_task(self._try(Credential(password, login=login), address))

    async def _try(self, credential: Credential, address: str) -> Principal | Expected:
        try:
            return await self.identity.principal(credential, address)
        except Expected as refused:
            return refused

    async def get(self, password: str, address: str = HERE, login: str = "anna") -> str:
        """The answer, or its code; it may be held back as long as it wants."""
        attempt = self.begin(password, address, login)
        while not attempt.done():
            await self.time.pass_(0.5)
        return code(attempt.result())

    async def seconds(self, password: str, address: str = HERE, login: str = "anna") -> float:
        """For how long the answer is held back."""
        attempt, began = self.begin(password, address, login), self.time.monotonic()
        await settle()
        while not attempt.done():
            await self.time.pass_(0.5)
        return self.time.monotonic() - began

    async def fail(self, times: int, address: str = HERE, login: str = "anna") -> None:
        for number in range(times):
            assert await self.get(f"wrong {number}", address, login) == "credentials_unknown"

    def unlock(self, login: str) -> None:
        record = self.accounts.logins[login]
        self.accounts.logins[login] = msgspec.structs.replace(record, unlocked_at=self.time.now())


def code(result: object) -> str:
    return result.code if isinstance(result, Expected) else "in"


def in_virtual_time(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test(Bench()))

    run.__name__ = test.__name__
    return run


@in_virtual_time
async def test_answers_are_held_back_from_the_fifth_failure(bench: Bench) -> None:
    held = [await bench.seconds(f"wrong {number}") for number in range(10)]
    assert held == [0, 0, 0, 0, 1, 2, 4, 8, 8, 8]
    assert await bench.seconds(RIGHT) == 0  # it is refused


@in_virtual_time
async def test_a_right_password_is_held_back_too_and_clears_its_pair(bench: Bench) -> None:
    await bench.fail(6)
    assert await bench.seconds(RIGHT) == 2
    assert [await bench.seconds(f"wrong {number}") for number in range(5)] == [0, 0, 0, 0, 1]


@in_virtual_time
async def test_after_the_tenth_the_address_waits_for_the_window(bench: Bench) -> None:
    await bench.fail(10)
    passed = bench.time.monotonic() - START / 1e7
    refused = await bench.begin(RIGHT)
    assert isinstance(refused, TooMany)
    assert refused.code == "too_many_failures"
    assert refused.retry_after_seconds == 900 - int(passed)
    assert refused.message == "Too many failed logins for this address. Try again in 15 minutes."
    await bench.time.pass_(840 - passed)
    refused = await bench.begin(RIGHT)
    assert isinstance(refused, TooMany)
    assert refused.message.endswith("Try again in 1 minute.")
    await bench.time.pass_(30)
    refused = await bench.begin(RIGHT)
    assert isinstance(refused, TooMany)
    assert refused.message.endswith("Try again in 30 seconds.")
    await bench.time.pass_(31)
    assert await bench.get(RIGHT) == "in"


def test_where_more_failures_are_allowed_answers_are_held_back_later() -> None:
    async def fail() -> list[float]:
        bench = Bench(**{"limits.login_failures": 20})
        return [await bench.seconds(f"wrong {number}") for number in range(12)]

    assert asyncio.run(fail()) == [0.0] * 9 + [1, 2, 4]


@in_virtual_time
async def test_a_refused_login_is_no_other_failure(bench: Bench) -> None:
    await bench.fail(10)
    for _ in range(20):
        assert await bench.get("wrong") == "too_many_failures"
    await bench.time.pass_(900)
    assert await bench.get(RIGHT) == "in"


@in_virtual_time
async def test_nothing_else_is_touched(bench: Bench) -> None:
    await bench.fail(10)
    assert await bench.get(RIGHT, THERE) == "in"
    assert await bench.get(RIGHT, login="bert") == "in"
    assert (await bench.identity.principal(Credential(TOKEN), HERE)).login == "anna"
    assert (await bench.identity.principal(Credential(TOKEN, login="anna"), HERE)).login == "anna"


@in_virtual_time
async def test_unknown_logins_are_told_and_held_back_the_same(bench: Bench) -> None:
    known = [(await bench.seconds(f"wrong {number}"), await bench.get("x", THERE)) for number in range(11)]
    other = Bench()
    got = [
        (await other.seconds(f"wrong {number}", login="nobody"), await other.get("x", THERE, "nobody"))
        for number in range(11)
    ]
    assert known == got


@in_virtual_time
async def test_a_network_of_ipv6_is_one_address(bench: Bench) -> None:
    for number in range(10):
        await bench.fail(1, f"2001:db8:1:2::{number:x}")
    assert await bench.get(RIGHT, "2001:db8:1:2:ffff::1") == "too_many_failures"
    assert await bench.get(RIGHT, "2001:db8:1:3::1") == "in"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:1::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_addresses_and_their_networks(address: str, network: str) -> None:
    assert network_of(address) == network


@in_virtual_time
async def test_an_address_that_fails_everywhere_is_refused_but_for_what_was_right(bench: Bench) -> None:
    assert await bench.get(RIGHT, login="bert") == "in"
    for number in range(20):
        await bench.fail(5, login=f"u{number}")
    assert await bench.get(RIGHT) == "too_many_failures"
    assert await bench.get("wrong", login="nobody") == "too_many_failures"
    await bench.time.pass_(90)  # longer than a right password is cached
    assert await bench.get(RIGHT, login="bert") == "in"
    assert await bench.get("wrong", login="bert") == "too_many_failures"
    assert (await bench.identity.principal(Credential(TOKEN), HERE)).login == "anna"
    assert await bench.get(RIGHT, THERE) == "in"


async def guessed_widely(bench: Bench) -> None:
    """Anna's password, 51 times from 17 addresses: each too few to be held back."""
    for number in range(17):
        await bench.fail(3, f"10.1.0.{number}")


@in_virtual_time
async def test_a_user_guessed_from_everywhere_is_looked_at_once_a_second_in_order(bench: Bench) -> None:
    await guessed_widely(bench)
    began, ended = bench.time.monotonic(), []
    for number in range(4):
        attempt = bench.begin(RIGHT if number == 3 else "wrong", f"10.2.0.{number}")
        attempt.add_done_callback(lambda done: ended.append((code(done.result()), bench.time.monotonic() - began)))
        await settle()
    await bench.time.pass_(5)
    assert ended == [*(("credentials_unknown", second) for second in range(3)), ("in", 3)]


@in_virtual_time
async def test_what_was_right_before_doesnt_wait_in_line(bench: Bench) -> None:
    assert await bench.get(RIGHT, THERE) == "in"
    await guessed_widely(bench)
    await bench.time.pass_(90)
    for number in range(9):
        bench.begin("wrong", f"10.2.0.{number}")
    await settle()
    assert await bench.seconds(RIGHT, THERE) == 0


@in_virtual_time
async def test_beside_a_guessed_user_others_are_not_slowed_down(bench: Bench) -> None:
    await guessed_widely(bench)
    for number in range(100):
        bench.begin("wrong", f"10.2.0.{number}")
    await settle()
    assert await bench.seconds(RIGHT, login="bert") == 0


@in_virtual_time
async def test_a_pair_has_no_more_attempts_in_line_than_it_may_fail(bench: Bench) -> None:
    await guessed_widely(bench)
    attempts = [bench.begin(f"wrong {number}", THERE) for number in range(30)]
    await bench.time.pass_(100)
    assert Counter(code(attempt.result()) for attempt in attempts) == {
        "credentials_unknown": 10,
        "too_many_failures": 20,
    }


def test_waiting_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fill() -> None:
        bench = Bench()
        await guessed_widely(bench)
        monkeypatch.setattr(guessing, "MOST_WAITING", 10)
        attempts = [bench.begin("wrong", f"10.2.0.{number}") for number in range(15)]
        await settle()
        assert [code(each.result()) for each in attempts if each.done()][1:] == ["logins_busy"] * 4
        await bench.time.pass_(20)

    asyncio.run(fill())


@in_virtual_time
async def test_unlocking_lifts_it_within_a_second(bench: Bench) -> None:
    await bench.fail(10)
    await bench.fail(10, login="bert")
    bench.unlock("anna")
    await bench.time.pass_(1)
    assert await bench.get(RIGHT) == "in"
    assert await bench.get(RIGHT, login="bert") == "too_many_failures"
    await bench.fail(4)
    assert await bench.seconds("wrong") == 1  # failures after it count as ever


@in_virtual_time
async def test_unlocking_lifts_the_line_and_what_counts_of_the_address(bench: Bench) -> None:
    await guessed_widely(bench)
    bench.unlock("anna")
    await bench.time.pass_(1)
    assert [await bench.seconds("wrong", f"10.3.0.{number}") for number in range(3)] == [0, 0, 0]
    for number in range(19):
        await bench.fail(5, login=f"u{number}")
    await bench.fail(4, login="bert")
    await bench.fail(1)
    assert await bench.get(RIGHT) == "too_many_failures"
    bench.unlock("anna")
    await bench.time.pass_(1)
    assert await bench.get(RIGHT) == "in"


@in_virtual_time
async def test_until_when_a_user_is_locked(bench: Bench) -> None:
    assert bench.identity.locked_until("u-anna") is None
    first = bench.time.now()
    await bench.fail(10)
    await bench.time.pass_(60)
    second = bench.time.now()
    await bench.fail(10, THERE)
    assert first < second
    assert bench.identity.locked_until("u-anna") == later(second, seconds=900)
    assert bench.identity.locked_until("u-bert") is None
    bench.unlock("anna")
    await bench.time.pass_(1)
    await bench.get(RIGHT)
    assert bench.identity.locked_until("u-anna") is None
    await bench.fail(10)
    await bench.time.pass_(901)
    assert bench.identity.locked_until("u-anna") is None


@in_virtual_time
async def test_the_owner_comes_in_while_others_guess_from_fifty_addresses(bench: Bench) -> None:
    assert await bench.get(RIGHT, HERE) == "in"
    guesses: list[asyncio.Task[object]] = []
    for second in range(100):
        guesses += [bench.begin(f"guess {second}", f"10.9.0.{number % 50}") for number in range(second, second + 10)]
        owner = bench.begin(RIGHT, HERE)
        await settle()
        assert owner.done()
        assert code(owner.result()) == "in"
        await bench.time.pass_(1)
    await bench.time.pass_(600)
    got = Counter(code(each.result()) for each in guesses)
    assert len(guesses) == 1000
    assert got["in"] == 0
    assert got["credentials_unknown"] <= 500
    assert got.keys() == {"credentials_unknown", "too_many_failures"}


def test_where_passwords_are_off_tokens_as_passwords_go_on() -> None:
    async def check() -> None:
        bench = Bench(**{"passwords.enabled": False})
        assert await bench.get(RIGHT) == "credentials_unknown"
        assert (await bench.identity.principal(Credential(TOKEN, login="anna"), HERE)).login == "anna"

    asyncio.run(check())


@in_virtual_time
async def test_a_wrong_present_password_is_a_failed_login(bench: Bench) -> None:
    who = bench.accounts.logins["anna"].principal
    await bench.identity.confirm(who, RIGHT, HERE)
    for number in range(9):
        attempt = asyncio.get_running_loop().create_task(bench.identity.confirm(who, f"wrong {number}", HERE))
        await bench.time.pass_(8)
        assert isinstance(attempt.exception(), Forbidden)
        assert code(attempt.exception()) == "wrong_password"
    await bench.fail(1)
    assert await bench.get("wrong") == "too_many_failures"


@in_virtual_time
async def test_a_user_without_a_password_has_none_to_confirm(bench: Bench) -> None:
    bench.accounts.logins["anna"] = PasswordRecord(ANNA, None)
    with pytest.raises(Conflict) as refused:
        await bench.identity.confirm(ANNA, RIGHT, HERE)
    assert refused.value.code == "no_password"
