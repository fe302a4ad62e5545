"""Streams that share the looks at the end of a log."""

import asyncio
from typing import Any, NamedTuple

import pytest

from dragoman.dialects.kit import event_tail
from dragoman.usecases.events.tailing import SLICE


class Found(NamedTuple):
    after: int
    until: int
    last: int


class Log:
    """A log of so many events, which counts how often it is looked at."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.looks = 0

    async def look(self, command: Any) -> Any:
        self.looks += 1
        await asyncio.sleep(0)
        return Found(command.after, min(command.after + SLICE, self.last), self.last)


async def read(tail: event_tail.Tail, log: Log, place: int) -> list[tuple[int, int]]:
    """What one stream reads up to the end: from where to where each time."""
    ways = []
    while place < log.last:
        found: Any = await tail.look(place, log.look, for_all=False)
        assert found.after <= place < found.until
        ways.append((place, found.until))
        place = found.until
    return ways


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_tail, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(event_tail, "PAUSE_PER_STREAM", 0.0)


def test_streams_that_are_as_far_behind_read_the_log_once_for_all() -> None:
    async def run() -> None:
        log, tail = Log(5 * SLICE), event_tail.Tail("log")
        ways = await asyncio.gather(*(read(tail, log, 0) for _ in range(100)))
        assert {len(way) for way in ways} == {5}
        assert log.looks == 5

    asyncio.run(run())


def test_a_stream_far_behind_holds_nobody_up() -> None:
    async def run() -> None:
        log, tail = Log(20 * SLICE), event_tail.Tail("log")
        ways = await asyncio.gather(*(read(tail, log, place) for place in (0, 19 * SLICE, 19 * SLICE + 10)))
        assert [len(way) for way in ways] == [20, 1, 1]
        assert log.looks <= 22

    asyncio.run(run())
