"""A world whose lanes run in this process while a test calls its loops itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dragoman.domain.clock import FixedClock
from tests.support.world import World


@asynccontextmanager
async def running(url: str, clock: FixedClock | None = None) -> AsyncIterator[World]:
    """A node whose own loops are stopped."""
    node = World(url, clock)
    node.app.start()
    await node.app.stop()
    try:
        yield node
    finally:
        node.close()
