"""Streams of open pages: what two hundred of them cost beside updates, and how soon a page has a row that changed.

The time to a row begins with the request that changes its task, and ends when the page has the row: its stream says so,
the script waits for more changes, and asks for the rows.
"""

import asyncio
import http.client
import itertools
import json
import statistics
import time
from collections.abc import Sequence
from urllib.parse import quote, urlencode, urlsplit

import uvloop

from bench import world
from bench.contenders import Side
from bench.gauges import cpu_seconds, memory_mb
from bench.load import Answers, load
from bench.plan import Bench
from bench.servers import answer, dragoman
from bench.streams import BY_POLLING_ALONE, people
from bench.world import World

USERS, STREAMS = 10, 200
ROWS = 50
RATE, CONNECTIONS = 200, 16
GATHERED_SECONDS = 0.25
"""How long script waits for more changes before it asks for rows."""
BEGUN = b"retry:"
PATIENCE_SECONDS = 30.0
FILTER = "is:open sort:-number"


class OpenPage(asyncio.Protocol):
    """The stream of one page. What comes is counted, and no more."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._head = b""
        self._transport: asyncio.Transport | None = None
        self.bytes = 0
        self.is_open = True
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._request)  # type: ignore[union-attr]

    def data_received(self, data: bytes) -> None:
        """Count it."""
        self.bytes += len(data)
        if not self.begun.done():
            self._head += data
            if BEGUN in self._head:
                self.begun.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """It could not begin, or it ended."""
        self.is_open = False
        if not self.begun.done():
            self.begun.set_exception(ConnectionError(f"no stream: {self._head[:500]!r}"))

    def close(self) -> None:
        """Leave the page."""
        if self._transport is not None:
            self._transport.close()


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine; on PostgreSQL also a page at another node, which only polls."""
    place = world.make(bench.databases, engine, bench.plan.few)
    tokens = people(place, USERS)
    with dragoman(place) as side, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ratios, memory = runner.run(_beside_updates(bench, place, side, tokens))
        bench.figures[f"inbox_update_p99_beside_streams_{engine}"] = round(statistics.median(ratios), 2)
        bench.figures[f"inbox_streams_mb_{engine}"] = round(statistics.median(memory), 1)
        bench.figures[f"inbox_commit_to_row_ms_{engine}"] = _to_row(bench, place, side, side, engine)
    if engine == "postgres":
        with (
            dragoman(place, variables=BY_POLLING_ALONE) as writer,
            dragoman(place, variables=BY_POLLING_ALONE) as reader,
        ):
            took = _to_row(bench, place, writer, reader, f"{engine}, other node")
            bench.figures[f"inbox_commit_to_row_other_node_ms_{engine}"] = took


async def _beside_updates(
    bench: Bench, place: World, side: Side, tokens: Sequence[str]
) -> tuple[list[float], list[float]]:
    """For each round the 99th percentile of updates beside streams over that without, and the megabytes more."""
    await _update(side, bench.plan.seconds)
    ratios, more = [], []
    for _ in range(bench.plan.rounds):
        alone, alone_us = await _update(side, bench.plan.seconds)
        before = memory_mb(side.pids())
        pages = await _open_all(place, side, tokens)
        beside, beside_us = await _update(side, bench.plan.seconds)
        more.append(memory_mb(side.pids()) - before)
        if not all(page.is_open for page in pages):
            raise SystemExit("the stream of a page ended")
        for page in pages:
            page.close()
        ratios.append(beside.p99_ms / alone.p99_ms)
        bench.report(
            f"{place.engine:9}inbox: updates p99 {alone.p99_ms:.1f} ms, CPU {alone_us:.0f} µs"
            f"; beside {STREAMS} pages {beside.p99_ms:.1f} ms, {beside_us:.0f} µs, {more[-1]:.1f} MB more"
        )
    return ratios, more


async def _update(side: Side, seconds: float) -> tuple[Answers, float]:
    """The answers, and the server's microseconds of processor time for each."""
    before = cpu_seconds(side.pids())
    answers = await asyncio.to_thread(load, side.address, side.works["update"], CONNECTIONS, seconds, RATE)
    return answers, (cpu_seconds(side.pids()) - before) / answers.count * 1e6


async def _open_all(place: World, side: Side, tokens: Sequence[str]) -> list[OpenPage]:
    """A page for each stream, shared among the users, with rows that are updated."""
    step = max(1, place.tasks // ROWS)
    shown = [f"{number}.1" for number in range(place.first, place.first + place.tasks, step)][:ROWS]
    target = f"/ui/live?{urlencode({'rows': ','.join(shown), 'list': 'all', 'q': FILTER})}"
    shares = itertools.islice(itertools.cycle(tokens), STREAMS)
    return [await _open(side.address, target, token) for token in shares]


async def _open(address: str, target: str, token: str) -> OpenPage:
    place = urlsplit(address)
    lines = (f"GET {target} HTTP/1.1", f"Host: {place.netloc}", f"Authorization: Bearer {token}")
    request = "".join(f"{line}\r\n" for line in (*lines, "")).encode()
    loop = asyncio.get_running_loop()
    _, page = await loop.create_connection(lambda: OpenPage(request), place.hostname or "", place.port or 0)
    await asyncio.wait_for(page.begun, PATIENCE_SECONDS)
    return page


def _to_row(bench: Bench, place: World, writer: Side, reader: Side, name: str) -> float:
    """The median of milliseconds until a page has the row of a task that changed."""
    headers = dict(writer.works["read"].headers)
    took = []
    for turn in range(bench.plan.rounds * 4):
        number = place.first + turn
        task = answer(f"{writer.address}/v1/tasks/{number}", headers)
        stream = http.client.HTTPConnection(urlsplit(reader.address).netloc, timeout=PATIENCE_SECONDS)
        shown = f"rows={number}.{task['revision']}&list=all&q={quote(FILTER)}"
        stream.request("GET", f"/ui/live?{shown}", headers=headers)
        lines = stream.getresponse()
        _wait_for(lines, BEGUN)
        began = time.perf_counter()
        answer(f"{writer.address}/v1/tasks/{number}", headers, "PATCH", {"title": f"Seen {turn}"})
        _wait_for(lines, b"event: task")
        time.sleep(GATHERED_SECONDS)
        _row(reader, headers, number, f"Seen {turn}")
        took.append((time.perf_counter() - began) * 1e3)
        stream.close()
    milliseconds = statistics.median(took)
    bench.report(f"{name:9} inbox: from a change to its row {milliseconds:.0f} ms, at most {max(took):.0f} ms")
    return round(milliseconds, 1)


def _wait_for(lines: http.client.HTTPResponse, beginning: bytes) -> None:
    while line := lines.readline():
        if line.startswith(beginning):
            return
    raise SystemExit(f"the stream of a page ended before {beginning!r}")


def _row(side: Side, headers: dict[str, str], number: int, title: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(side.address).netloc, timeout=PATIENCE_SECONDS)
    connection.request("GET", f"/ui/rows?n={number}&list=all&q={quote(FILTER)}", headers=headers)
    if title not in (text := connection.getresponse().read().decode()):
        raise SystemExit(f"the row of task {number} is not as it was changed: {json.dumps(text[:300])}")
    connection.close()
