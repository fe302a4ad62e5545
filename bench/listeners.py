"""Clients of event streams: each keeps what arrives with the moment of its arrival, and reads it afterwards."""

import asyncio
import bisect
import itertools
import re
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import httptools
import msgspec

PATH = "/v1/events/stream"
READY = b"event: stream.ready\n"
CHANGE = b"event: task."
BEAT = b": beat\n"
ENVELOPES = re.compile(rb'^data: (\{"specversion".*\})\n\n', re.MULTILINE)
PATIENCE_SECONDS = 30.0
AT_ONCE = 50  # streams that are opened at the same time


class Envelope(msgspec.Struct, frozen=True):
    """What is looked at of an event."""

    id: str
    type: str
    time: datetime
    sequence: str


class Heard(NamedTuple):
    """An event, by its sequence; the moments of its cause and of its arrival, in seconds since 1970."""

    sequence: int
    caused_at: float
    arrived_at: float


class Listener(asyncio.Protocol):
    """One stream. Nothing is read while it runs but what must be counted: all streams share this thread."""

    def __init__(self, request: bytes) -> None:
        self._request, self._answer = request, httptools.HttpResponseParser(self)
        self._pieces: list[tuple[float, bytes]] = []
        self._tail = b""
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.changes = self.beats = 0
        self.is_open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._request)  # type: ignore[union-attr]

    def data_received(self, data: bytes) -> None:
        """Undo the chunks of HTTP."""
        self._answer.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep it."""
        self._pieces.append((time.time(), body))
        before, seen = self._tail, self._tail + body
        self.changes += seen.count(CHANGE) - before.count(CHANGE)
        self.beats += seen.count(BEAT) - before.count(BEAT)
        self._tail = seen[-len(READY) :]
        if not self.ready.done() and READY in seen:
            self.ready.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """It could not begin, or it ended."""
        self.is_open = False
        if not self.ready.done():
            status, said = self._answer.get_status_code(), b"".join(body for _, body in self._pieces)
            self.ready.set_exception(ConnectionError(f"no stream: {status} {said[:500]!r}"))

    def take(self) -> list[Heard]:
        """The events since the last time, in the order of their arrival."""
        moments, whole = [at for at, _ in self._pieces], b"".join(body for _, body in self._pieces)
        ends = list(itertools.accumulate(len(body) for _, body in self._pieces))
        self._pieces, self.changes = [], 0
        return [
            _heard(found.group(1), moments[bisect.bisect_left(ends, found.end())])
            for found in ENVELOPES.finditer(whole)
        ]

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()


def _heard(envelope: bytes, arrived_at: float) -> Heard:
    event = msgspec.json.decode(envelope, type=Envelope)
    return Heard(int(event.sequence), event.time.timestamp(), arrived_at)


async def listen(address: str, tokens: Sequence[str], count: int) -> list[Listener]:
    """So many streams, shared among these tokens, once all are ready. SystemExit when one can't begin."""
    shares = list(itertools.islice(itertools.cycle(tokens), count))
    opened: list[Listener] = []
    try:
        for place in range(0, count, AT_ONCE):
            opened += await asyncio.gather(*(_open(address, token) for token in shares[place : place + AT_ONCE]))
    except (OSError, TimeoutError) as fault:
        raise SystemExit(f"{len(opened)} of {count} streams began: {fault!r}") from fault
    return opened


async def _open(address: str, token: str) -> Listener:
    place = urlsplit(address)
    lines = (
        f"GET {PATH} HTTP/1.1",
        f"Host: {place.netloc}",
        "Accept: text/event-stream",
        f"Authorization: Bearer {token}",
    )
    request = "".join(f"{line}\r\n" for line in (*lines, "")).encode()
    loop = asyncio.get_running_loop()
    _, listener = await loop.create_connection(lambda: Listener(request), place.hostname or "", place.port or 0)
    await asyncio.wait_for(listener.ready, PATIENCE_SECONDS)
    return listener


async def arrived(listeners: Sequence[Listener], count: int) -> None:
    """Wait until each has so many changes. SystemExit when one ends before, or gets no further."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(listener.changes < count for listener in listeners):
        if not all(listener.is_open for listener in listeners) or time.monotonic() > deadline:
            least = min(listener.changes for listener in listeners)
            ended = sum(not listener.is_open for listener in listeners)
            raise SystemExit(f"a stream has {least} of {count} events; {ended} of {len(listeners)} streams ended")
        await asyncio.sleep(0.02)


def same(listeners: Sequence[Listener], count: int) -> list[list[Heard]]:
    """What each heard since the last time. SystemExit unless all heard the same, each event once and in order."""
    heard = [listener.take() for listener in listeners]
    first = [event.sequence for event in heard[0]]
    if len(first) != count or any(one >= other for one, other in itertools.pairwise(first)):
        raise SystemExit(f"a stream has {len(first)} events for {count} changes, or not each once in order")
    if any([event.sequence for event in each] != first for each in heard):
        raise SystemExit("not all streams heard the same")
    return heard
