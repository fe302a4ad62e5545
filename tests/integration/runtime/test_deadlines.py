"""No request waits longer than its deadline."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.dialects.kit import Request
from dragoman.domain.access import system
from dragoman.domain.errors import Unavailable
from dragoman.runtime import deadlines
from tests.support.node import running
from tests.support.world import NOON, ExclusiveCommand, World


def play(url: str, story: Callable[[World, threading.Event], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a story on a node; what waits for its event is let go at the end."""
    monkeypatch.setattr(deadlines, "CHECK_SECONDS", 0.01)

    async def tell() -> None:
        release = threading.Event()
        async with running(url) as node:
            try:
                await story(node, release)
            finally:
                release.set()

    asyncio.run(asyncio.wait_for(tell(), 60))


def test_a_read_that_runs_too_long_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(node: World, release: threading.Event) -> None:
        node.app.executor._request_seconds = 0.05
        with pytest.raises(Unavailable) as refused:
            await node.app.executor.read(lambda uow, _: release.wait(), ExclusiveCommand(), system(node.tenant))
        assert refused.value.code == "timed_out"
        assert not node.app.executor.deadlines.reads

    play(database_url, story, monkeypatch)


def test_a_write_that_runs_is_answered_when_it_is_done(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(node: World, release: threading.Event) -> None:
        node.app.executor._request_seconds = 0.05
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(uow: Any, _: Any) -> str:
            loop.call_soon_threadsafe(began.set)
            release.wait()
            return "done"

        running_write = asyncio.create_task(
            node.app.executor.write(wait, ExclusiveCommand(), system(node.tenant), "test")
        )
        await began.wait()
        with pytest.raises(Unavailable) as refused:  # it waits behind the other
            await node.app.executor.write(lambda uow, _: None, ExclusiveCommand(), system(node.tenant), "test")
        assert refused.value.code == "timed_out"
        release.set()
        assert await running_write == "done"

    play(sqlite_url, story, monkeypatch)


def test_the_deadline_is_that_of_the_request(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(node: World, release: threading.Event) -> None:
        native = next(dialect for dialect in node.app.dialects if dialect.name == "native")
        operation = next(operation for operation in native.operations if operation.name == "list_tasks")
        request = Request("GET", "/v1/tasks", received_at=NOON, dialect=native)
        request.principal = system(node.tenant)
        request.deadline = node.clock.monotonic() + 60
        assert await node.app.executor.execute(operation, request)
        request.deadline = node.clock.monotonic() - 1  # used up by its body
        with pytest.raises(Unavailable) as refused:
            await node.app.executor.execute(operation, request)
        assert refused.value.code == "timed_out"

    play(database_url, story, monkeypatch)
