"""Waiting for a batch to rest, and streams of its events: what dialects share of both (REVIEWED-BULK 3.4 and 6)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

from dragoman.dialects.kit.request import Request
from dragoman.dialects.kit.streams import Stream
from dragoman.dialects.kit.watching import WATCHES
from dragoman.domain.bulk import RESTING, Batch
from dragoman.domain.errors import NotFound, TooMany, Unavailable
from dragoman.usecases.batches.documents import Get, Shown
from dragoman.usecases.batches.watching import GONE, Mark, Peek, is_news

EVENT_STREAM = "text/event-stream"
MOST_STREAMS = 100
"""Of one credential, in one process."""
APART_SECONDS = 0.5
SILENCE_SECONDS = 15.0
SILENCE = b": \n\n"

_streams: Counter[str] = Counter()

Encode = Callable[[Shown], bytes]


async def until_it_rests(request: Request, shown: Shown, seconds: float, is_named: Callable[[Batch], bool]) -> Shown:
    """The batch once it rests, or as it is after so many seconds. A rest in a version that `is_named` doesn't count."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        batch = shown.batch
        if batch.status in RESTING and not is_named(batch):
            return shown
        mark = await _change(request, batch, end - loop.time())
        shown = await request.run(Get(batch.number))
        if mark is None:
            return shown


def events(request: Request, shown: Shown, encode: Encode) -> Stream:
    """The stream of a batch's progress, until it ends or is deleted. `encode` makes the data of an event."""
    headers = [("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
    pieces = _counted(request, _events(request, shown, encode))
    return Stream(200, pieces, EVENT_STREAM, headers, waits=True)


async def _counted(request: Request, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    credential = "" if request.principal is None else f"{request.principal.tenant} {request.principal.credential}"
    if _streams[credential] >= MOST_STREAMS:
        raise TooMany("too_many_streams", f"At most {MOST_STREAMS} streams of events are open at once.")
    _streams[credential] += 1
    try:
        async for piece in pieces:
            yield piece
    finally:
        _streams[credential] -= 1
        if not _streams[credential]:
            del _streams[credential]


async def _events(request: Request, shown: Shown, encode: Encode) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    number = 1
    while True:
        content = encode(shown)
        sent_at = loop.time()
        yield _event("progress", number, content)
        if shown.batch.has_ended:
            yield _event("end", number + 1, content)
            return
        try:
            while (mark := await _change(request, shown.batch, SILENCE_SECONDS)) is None:
                yield SILENCE
            await asyncio.sleep(max(0.0, sent_at + APART_SECONDS - loop.time()))
            shown = await request.run(Get(shown.batch.number))
        except NotFound:
            mark = GONE
        except Unavailable:
            return
        number += 1
        if mark == GONE:
            yield _event("gone", number, b"{}")
            return


def _event(name: str, number: int, content: bytes) -> bytes:
    return b"event: %b\nid: %d\ndata: %b\n\n" % (name.encode(), number, content)


async def _change(request: Request, known: Batch, seconds: float) -> Mark | None:
    """The mark of a later state; None when the time is over."""

    async def look() -> Mark:
        mark: Mark = await request.run(Peek(known.uid))
        return mark

    return await WATCHES.until(known.uid, look, lambda mark: is_news(mark, known), max(0.0, seconds))
