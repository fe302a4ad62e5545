"""How far the batches are that an open page shows: one look at a batch for all pages that show it, while it moves."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Self

from dragoman.dialects.kit.watching import WATCHES
from dragoman.domain.bulk import Batch, Status
from dragoman.domain.errors import Expected
from dragoman.usecases.batches.watching import GONE, Mark, is_news

MOVING = frozenset({Status.CREATED, Status.APPROVED, Status.QUEUED, Status.RUNNING})
MOST = 20
"""Batches of one page."""
APART_SECONDS = 0.5
"""Between two events of one batch."""
SILENCE_SECONDS = 15.0

Get = Callable[[int], Awaitable[Batch]]
Peek = Callable[[str], Awaitable[Mark]]


class Progress:
    """Of one page, until the end of the block. `get` gives a batch as the reader sees it, `peek` its mark alone, and
    `wake` is called when there is something to say."""

    def __init__(self, get: Get, peek: Peek, wake: Callable[[], None]) -> None:
        self._get = get
        self._peek = peek
        self._wake = wake
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._moved: dict[int, int] = {}

    def follow(self, number: int, shown: int) -> None:
        """Look at this batch from now on, until it rests; the page shows this revision of it."""
        task = self._tasks.get(number)
        if (task is None and len(self._tasks) < MOST) or (task is not None and task.done()):
            self._tasks[number] = asyncio.get_running_loop().create_task(self._watch(number, shown))

    def taken(self) -> dict[int, int]:
        """The batches that moved since the last call, and their revisions."""
        moved, self._moved = self._moved, {}
        return moved

    async def _watch(self, number: int, shown: int) -> None:
        try:
            batch = await self._get(number)
            if batch.revision > shown:
                self._note(batch)
            while batch.status in MOVING:
                mark = await WATCHES.until(
                    batch.uid, partial(self._peek, batch.uid), partial(is_news, known=batch), SILENCE_SECONDS
                )
                if mark == GONE:
                    return
                if mark is not None:
                    batch = await self._get(number)
                    self._note(batch)
                    await asyncio.sleep(APART_SECONDS)
        except Expected:  # hidden or deleted by now, or unknown at the moment: its next event tells
            return

    def _note(self, batch: Batch) -> None:
        self._moved[batch.number] = batch.revision
        self._wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks.values():
            task.cancel()
