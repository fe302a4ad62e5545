"""One look at a credential suffices for all of its streams, which hear only of what ends them."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from functools import wraps
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.native.handlers import stream_credentials
from dragoman.dialects.native.handlers.stream_credentials import StreamCredential
from dragoman.domain.access import Principal
from dragoman.domain.errors import Forbidden, Unauthenticated, Unavailable

ANNA = Principal(1, "anna", "anna")


def on_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*arguments, **named), 60))

    return run


class Stream:
    """A listener that notes when it is woken."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()

    def wake(self) -> None:
        self.woken.set()


class Account:
    """What a look finds, or refuses; `looks` counts them."""

    def __init__(self) -> None:
        self.found: Any = ANNA
        self.looks = 0
        self.looked = asyncio.Event()

    async def renew(self, fresh: bool) -> Principal:
        self.looks += 1
        self.looked.set()
        if isinstance(self.found, Exception):
            raise self.found
        assert isinstance(self.found, Principal)
        return self.found

    async def next_look(self) -> None:
        self.looked.clear()
        await self.looked.wait()
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_credentials, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(stream_credentials, "SHARED_SECONDS", 0.0)


async def opened(stack: ExitStack, account: Account, count: int = 3) -> tuple[StreamCredential, list[Stream]]:
    credential, streams = StreamCredential(), [Stream() for _ in range(count)]
    await credential.look(account.renew, fresh=True)
    for stream in streams:
        stack.enter_context(credential.used_by(stream, account.renew))  # type: ignore[arg-type]  # it only wakes
    return credential, streams


async def woken(streams: list[Stream]) -> None:
    await asyncio.gather(*(stream.woken.wait() for stream in streams))


@on_a_loop
async def test_a_look_that_finds_nothing_new_wakes_nobody() -> None:
    account = Account()
    with ExitStack() as stack:
        credential, streams = await opened(stack, account)
        for _ in range(3):
            before = account.looks
            await account.next_look()
            assert account.looks == before + 1  # for all three
        assert not any(stream.woken.is_set() for stream in streams)
        assert credential.refusal is None


@on_a_loop
async def test_other_rights_wake_every_stream() -> None:
    account = Account()
    with ExitStack() as stack:
        credential, streams = await opened(stack, account)
        account.found = replace(ANNA, groups=frozenset({"sales"}))
        await woken(streams)
        assert credential.principal == account.found


@pytest.mark.parametrize("refusal", [Unauthenticated("gone", "Gone."), Forbidden("no_scope", "No.")])
@on_a_loop
async def test_a_refusal_wakes_every_stream_and_is_taken_back_by_a_look_that_succeeds(refusal: Exception) -> None:
    account = Account()
    with ExitStack() as stack:
        credential, streams = await opened(stack, account)
        account.found = refusal
        await woken(streams)
        assert credential.refusal is refusal
        account.found = ANNA
        await account.next_look()
        assert credential.refusal is None


@pytest.mark.parametrize("trouble", [Unavailable("database_away", "Away."), RuntimeError("a bug")])
@on_a_loop
async def test_a_look_that_fails_says_nothing_and_is_repeated(trouble: Exception) -> None:
    account = Account()
    with ExitStack() as stack:
        credential, streams = await opened(stack, account)
        account.found = trouble
        await account.next_look()
        await account.next_look()
        assert credential.refusal is None
        assert not any(stream.woken.is_set() for stream in streams)
        account.found = replace(ANNA, is_admin=True)
        await woken(streams)


@on_a_loop
async def test_nobody_looks_when_the_last_stream_has_ended() -> None:
    account = Account()
    with ExitStack() as stack:
        credential, _ = await opened(stack, account)
        await account.next_look()
    assert not credential.is_used
    looking = [task for task in asyncio.all_tasks() if task.get_coro().__name__ == "_look_always"]  # type: ignore[union-attr]
    assert [task.cancelling() for task in looking] == [1]
    await asyncio.wait(looking)
