"""Deadlines are checked for as long as the process lives, whatever a check meets."""

import asyncio
from typing import Any

import pytest

from dragoman.runtime import deadlines
from dragoman.runtime.deadlines import Deadlines


class Store:
    """Its first look fails."""

    def __init__(self) -> None:
        self.looks = 0
        self.looked_twice = asyncio.Event()

    def withdraw_due(self, now: float) -> list[Any]:
        self.looks += 1
        if self.looks == 1:
            raise LookupError("a bug")
        self.looked_twice.set()
        return []


def test_a_check_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "CHECK_SECONDS", 0.001)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        store = Store()
        checks = Deadlines(store)  # type: ignore[arg-type]  # it is only looked at
        loop.call_soon(checks.start, loop)
        await asyncio.wait_for(store.looked_twice.wait(), 60)

    asyncio.run(run())
