"""News in event logs: of this process at once, of others by polling, and nothing is missed in between."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dragoman.domain.errors import Unavailable
from dragoman.runtime.event_watch import EventWatch

SOON = 5.0
"""Seconds that no test waits for."""


class Logs:
    """What the watch looks at: the last sequence of each tenant. It is an executor that only reads."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}
        self.looks: list[tuple[int, ...]] = []

    async def read(self, run: Any, command: Any, principal: Any) -> list[tuple[int, int]]:
        self.looks.append(command.tenants)
        return [(tenant, self.last[tenant]) for tenant in command.tenants if tenant in self.last]


def run(test: Callable[[EventWatch, Logs], Awaitable[None]], poll_seconds: float = 60.0) -> None:
    async def within() -> None:
        logs = Logs()
        watch = EventWatch(logs, poll_seconds)  # type: ignore[arg-type]
        watch.start(asyncio.get_running_loop())
        await test(watch, logs)
        watch.stop()

    asyncio.run(within())


def test_commits_of_this_process_are_heard_from_any_thread() -> None:
    async def test(watch: EventWatch, _: Logs) -> None:
        with watch.listen(1) as listener, watch.listen(2) as other:
            threading.Thread(target=watch.announce, args=(1,)).start()
            assert await listener.wait(SOON)
            assert not await other.wait(0)

    run(test)


def test_a_commit_during_the_look_ends_the_next_wait() -> None:
    async def test(watch: EventWatch, _: Logs) -> None:
        with watch.listen(1) as listener:
            listener.arm()
            watch.announce(1)  # the look may have missed it
            assert await listener.wait(SOON)
            listener.arm()
            assert not await listener.wait(0)

    run(test)


def test_commits_of_others_are_heard_by_polling_alone() -> None:
    async def test(watch: EventWatch, logs: Logs) -> None:
        logs.last = {1: 7, 2: 9, 3: 1}
        with watch.listen(1) as listener, watch.listen(2) as other:
            listener.looked(7)
            other.looked(8)
            assert await other.wait(SOON)
            assert not await listener.wait(0)
            logs.last[1] = 8
            assert await listener.wait(SOON)
        assert {*logs.looks[0]} == {1, 2}  # nobody listens to the third

    run(test, poll_seconds=0.01)


def test_what_one_listener_has_seen_is_news_to_another() -> None:
    async def test(watch: EventWatch, logs: Logs) -> None:
        with watch.listen(1) as listener, watch.listen(1) as other:
            listener.looked(7)
            other.looked(8)  # it looked a moment later
            logs.last = {1: 8}
            assert await listener.wait(SOON)
            assert not await other.wait(0)

    run(test, poll_seconds=0.01)


def test_nothing_is_looked_at_when_nobody_listens() -> None:
    async def test(watch: EventWatch, logs: Logs) -> None:
        with watch.listen(1) as listener:
            logs.last = {1: 1}
            assert await listener.wait(SOON)
        polling = watch._polling
        assert polling is not None
        await polling
        seen = len(logs.looks)
        with watch.listen(1) as listener:  # begins again
            assert await listener.wait(SOON)
        assert len(logs.looks) > seen

    run(test, poll_seconds=0.01)


def test_a_stop_ends_every_wait() -> None:
    async def test(watch: EventWatch, _: Logs) -> None:
        with watch.listen(1) as listener:
            waiting = asyncio.ensure_future(listener.wait(SOON))
            await asyncio.sleep(0)
            watch.stop()
            with pytest.raises(Unavailable):
                await waiting

    run(test)
