"""Stores a body while it arrives, step by step: the next piece is read when the one before it is committed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from dragoman.dialects.kit.receiving import Receiving, Step
from dragoman.domain.errors import Expected

Write = Callable[[Step], Awaitable[object]]


async def receive(receiving: Receiving, pieces: AsyncIterator[bytes], write: Write) -> Any:
    """The command of a body that has arrived whole and is stored. Nothing of it is visible yet."""
    await _do(receiving.begin, write)
    async for piece in pieces:
        await _do(lambda piece=piece: receiving.take(piece), write)  # type: ignore[misc]
    await _do(receiving.finish, write)
    return receiving.order()


async def abandon(receiving: Receiving, write: Write) -> None:
    """Take back what was stored of a body. What can't be taken back now stays invisible, and is deleted by a job."""
    with suppress(Expected):
        await _do(receiving.abandon, write)


async def _do(make: Callable[[], Iterable[Step]], write: Write) -> None:
    for step in await asyncio.to_thread(lambda: list(make())):
        await write(step)
