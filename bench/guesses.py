"""Reads beside somebody who guesses a password: fifty wrong logins a second for one user, from many addresses."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from urllib.parse import urlsplit

from bench.plan import Bench
from bench.servers import dragoman
from bench.world import OWN, make

CONNECTIONS = 16
A_SECOND = 50
ADDRESSES = 200
PATIENCE_SECONDS = 1.0
"""How long a guesser waits for an answer that is held back."""
LOGIN = "paul"
FROM_ANYWHERE = {"DRAGOMAN_SERVER_TRUSTED_PROXIES": "127.0.0.1"}


def run(bench: Bench, engine: str = "sqlite") -> None:
    """Rounds of reads alone and beside the guesser. The figure is the median of the ratios of the 99th percentile."""
    world = make(bench.databases, engine, 2 * OWN)
    with dragoman(world, variables=FROM_ANYWHERE) as side:
        beside = f"{side.name}, beside guesses"
        side.ask("read", CONNECTIONS, 0.3)
        for _ in range(bench.plan.rounds):
            bench.table.measure(engine, side, "read", CONNECTIONS, bench.plan.seconds)
            with guessing(side.address):
                bench.table.measure(engine, side, "read", CONNECTIONS, bench.plan.seconds, name=beside)
        slower = bench.table.ratio(engine, "read", CONNECTIONS, beside, side.name, figure="p99_ms")
        bench.figures["p99_beside_guesses"] = slower


@contextmanager
def guessing(address: str) -> Iterator[None]:
    """Guess from the first second of the block to its end. SystemExit if no guess arrived."""
    over, arrived = threading.Event(), [0]
    thread = threading.Thread(target=lambda: asyncio.run(_guess(address, over, arrived)))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if not arrived[0]:
        raise SystemExit("no guess arrived")


async def _guess(address: str, over: threading.Event, arrived: list[int]) -> None:
    running: set[asyncio.Task[None]] = set()
    for number in count():
        if over.is_set():
            break
        task = asyncio.create_task(_one(address, number, arrived))
        running.add(task)
        task.add_done_callback(running.discard)
        await asyncio.sleep(1 / A_SECOND)
    await asyncio.gather(*running)


async def _one(address: str, number: int, arrived: list[int]) -> None:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    reader, writer = await asyncio.open_connection(host, port)
    credentials = base64.b64encode(f"{LOGIN}:guess {number}".encode()).decode()
    lines = ("GET /v1/users/me HTTP/1.1", f"Host: {host}:{port}", f"Authorization: Basic {credentials}")
    from_ = f"X-Forwarded-For: 10.0.{number % ADDRESSES // 100}.{number % 100}"
    writer.write("\r\n".join((*lines, from_, "Connection: close", "", "")).encode())
    await writer.drain()
    arrived[0] += 1
    with suppress(TimeoutError):
        await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
