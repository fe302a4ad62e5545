"""Waiting for a change: one look for all who wait, and what becomes of them when a look fails or the server stops."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dragoman.dialects.kit import watching
from dragoman.dialects.kit.watching import Watches
from dragoman.domain.errors import Conflict, Unavailable

PATIENCE_SECONDS = 30.0


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 0.0)


def counting() -> tuple[list[int], Callable[[], Coroutine[Any, Any, int]]]:
    """A look that sees the number of looks so far."""
    looks: list[int] = []

    async def look() -> int:
        looks.append(len(looks))
        await asyncio.sleep(0)
        return len(looks)

    return looks, look


def at_least(count: int) -> Callable[[Any], bool]:
    return lambda seen: seen >= count


def test_all_who_wait_share_their_looks() -> None:
    async def wait() -> tuple[list[int | None], int]:
        watches, (looks, look) = Watches(), counting()
        waiting = [watches.until("a", look, at_least(5), PATIENCE_SECONDS) for _ in range(50)]
        return await asyncio.gather(*waiting), len(looks)

    found, looks = asyncio.run(wait())
    assert set(found) == {5}
    assert looks < 10


def test_looks_end_with_those_who_wait() -> None:
    async def wait() -> bool:
        watches, (looks, look) = Watches(), counting()
        assert await watches.until("a", look, lambda seen: True, PATIENCE_SECONDS) is not None
        seen = len(looks)
        for _ in range(10):
            await asyncio.sleep(0)
        return len(looks) <= seen + 1

    assert asyncio.run(wait())


def test_nothing_is_found_when_the_time_is_over() -> None:
    async def wait() -> int | None:
        return await Watches().until("a", counting()[1], lambda seen: False, 0.01)

    assert asyncio.run(wait()) is None


def test_an_error_of_a_look_reaches_those_who_wait() -> None:
    async def wait() -> None:
        async def look() -> int:
            raise Conflict("gone", "It is gone.")

        with pytest.raises(Conflict):
            await Watches().until("a", look, lambda seen: True, PATIENCE_SECONDS)

    asyncio.run(wait())


def test_others_go_on_when_one_leaves() -> None:
    async def wait() -> int | None:
        watches, (_, look) = Watches(), counting()
        staying = asyncio.ensure_future(watches.until("a", look, at_least(21), PATIENCE_SECONDS))
        leaving = asyncio.ensure_future(watches.until("a", look, lambda seen: False, PATIENCE_SECONDS))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(wait()) == 21


def test_a_server_that_stops_lets_nobody_wait() -> None:
    async def wait() -> None:
        watches = Watches()
        waiting = asyncio.ensure_future(watches.until("a", counting()[1], lambda seen: False, PATIENCE_SECONDS))
        await asyncio.sleep(0)
        watches.stop()
        for each in (waiting, watches.until("a", counting()[1], lambda seen: True, PATIENCE_SECONDS)):
            with pytest.raises(Unavailable):
                await each

    asyncio.run(wait())
