"""What a vendor's face costs over HTTP: one change of three fields by a task's owner, in two dialects.

    python bench/over_http.py sqlite:////tmp/bench.db postgresql://…

The real server runs beside this process on an empty database. A round asks our own API (`PATCH`) and the IBM dialect
(`action=update`), each for the same time over the same connections. Every answer must be 2xx, and history must hold
as many rows as there were updates. The last line is JSON with the median of the rounds' ratios for each engine; the
goal is 0.8.
"""

import argparse
import asyncio
import base64
import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
import uvloop
from lane import make_room

from dragoman.app import App
from dragoman.cli.tokens import create_token
from dragoman.cli.users import add_user
from dragoman.settings import load
from dragoman.store import tables
from dragoman.store.keys import Keys
from dragoman.usecases import tasks
from dragoman.usecases.uow import UnitOfWork

PROGRAM = str(Path(sys.executable).with_name("dragoman"))
READY = re.compile(rb"dragoman ready http://([^:]+):(\d+)")
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
TASKS = 2_000
CHUNK = 500
WORDS = (
    "What is to be done, by when and for whom, in a sentence or two of the length that people write into such a box."
)

Ask = Callable[[int], bytes]


class Fill(msgspec.Struct, frozen=True):
    """Make some tasks that somebody owns."""

    count: int
    owner: str

    def keys(self) -> Keys:
        return Keys(numbers={"task"})


def fill(uow: UnitOfWork, command: Fill) -> list[str]:
    """Tasks of the size that people write; their uids."""
    return [
        tasks.add(uow, title=f"Call number {index}", description=WORDS, assignee=command.owner).uid
        for index in range(command.count)
    ]


class Subject:
    """A database with an owner, his token and his tasks, and the two ways to change one of them."""

    def __init__(self, url: str) -> None:
        self.url = url
        app = App(load(overrides={"database": url})).open()
        tenant = app.ensure_tenant("main")
        owner = add_user(app, tenant, "paul", "a long enough password", email="", name="Paul", admin=False)
        token = create_token(app, tenant, owner, ("task.read", "task.write"))
        chunks = (app.call(fill, Fill(CHUNK, owner.uid), tenant) for _ in range(TASKS // CHUNK))
        self._uids = [uid for chunk in chunks for uid in chunk]
        app.close()
        basic = base64.b64encode(f"paul:{token}".encode()).decode()
        self._head = f"Host: bench\r\nAuthorization: Basic {basic}\r\nContent-Type: application/json\r\n"
        self._tkiids = [f"_TKI:{words(uid)}" for uid in self._uids]

    def native(self, turn: int) -> bytes:
        """Title, description and a property through our own API."""
        body = f'{{"title":"Call {turn}","description":"{turn}: {WORDS}","properties":{{"reference":"R-{turn}"}}}}'
        return self._request(f"PATCH /v1/tasks/{self._uids[turn % TASKS]}", body)

    def ibm(self, turn: int) -> bytes:
        """The same in the IBM dialect."""
        body = (
            f'{{"displayName":"Call {turn}","description":"{turn}: {WORDS}",'
            f'"customProperties":{{"reference":"R-{turn}"}}}}'
        )
        return self._request(f"PUT /rest/bpm/htm/v1/task/{self._tkiids[turn % TASKS]}?action=update", body)

    def _request(self, line: str, body: str) -> bytes:
        return f"{line} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def history_rows(self) -> int:
        """How many changes of tasks left their history."""
        app = App(load(overrides={"database": self.url}))
        with app.store.engine.raw.connect() as connection:
            changed = (tables.history.c.entity == "task") & (tables.history.c.revision > 1)
            rows = int(connection.execute(sa.select(sa.func.count()).where(changed)).scalar_one())
        app.close()
        return rows


def words(uid: str) -> str:
    """A uid as IBM spells ids: four hexadecimal words."""
    digits = uid.replace("-", "")
    return ".".join(f"{int(digits[place : place + 8], 16):x}" for place in range(0, 32, 8))


class Connection(asyncio.Protocol):
    """One connection that is kept alive: asks, waits for the whole answer, asks again until the time is over."""

    def __init__(self, ask: Ask, turns: Iterator[int], end: float) -> None:
        self._next = lambda: ask(next(turns))
        self._end_at = end
        self._received = b""
        self._transport: Any = None
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._next())

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head, found, body = received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        if not head.startswith(b"HTTP/1.1 2"):
            self._end(RuntimeError(received.decode(errors="replace")))
            return
        self.answers += 1
        if time.perf_counter() < self._end_at:
            self._transport.write(self._next())
        else:
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or ConnectionError("the server closed a connection"))

    def _end(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()


async def load_for(address: tuple[str, int], ask: Ask, turns: Iterator[int], callers: int, seconds: float) -> int:
    """How many answers so many connections got in this time."""
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    made = [await loop.create_connection(lambda: Connection(ask, turns, end), *address) for _ in range(callers)]
    await asyncio.gather(*(connection.done for _, connection in made))
    return sum(connection.answers for _, connection in made)


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """The address of a server on the database, as it is installed: flushing, and with its log."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    command = [PROGRAM, "serve", "--port", "0", "--database", url]
    with subprocess.Popen(command, env=known, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            said = b"" if server.stdout is None else server.stdout.readline()
            ready = READY.match(said)
            if ready is None:
                raise SystemExit(f"the server did not get ready: {said!r}")
            yield ready[1].decode(), int(ready[2])
        finally:
            server.send_signal(signal.SIGTERM)


async def compare(subject: Subject, callers: int, rounds: int, seconds: float) -> float:
    """The median of the rounds' ratios: answers of the IBM dialect to answers of our own API."""
    engine = subject.url.split(":")[0].split("+")[0]
    turns = itertools.count()
    ratios, accepted = [], 0
    with served(subject.url) as address:
        await load_for(address, subject.native, turns, 1, 0.0)  # the first look-up of the token is nobody's
        for _ in range(rounds):
            ours = await load_for(address, subject.native, turns, callers, seconds)
            theirs = await load_for(address, subject.ibm, turns, callers, seconds)
            ratios.append(theirs / ours)
            accepted += ours + theirs
            print(
                f"{engine:12} connections {callers:3}  native PATCH {ours / seconds:8.0f}/s"
                f"  IBM update {theirs / seconds:8.0f}/s  ratio {ratios[-1]:.2f}",
                flush=True,
            )
    rows = subject.history_rows()
    if rows != accepted + 1:
        raise SystemExit(f"{rows} history rows for {accepted + 1} accepted updates")
    return round(statistics.median(ratios), 3)


def main() -> None:
    """Compare on every database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    results = {}
    for url in options.urls:
        make_room(url)
        engine = "sqlite" if url.startswith("sqlite") else "postgres"
        comparing = compare(Subject(url), options.connections, options.rounds, options.seconds)
        results[f"ibm_update_vs_native_patch_{engine}"] = uvloop.run(comparing)
    print(msgspec.json.encode(results).decode())


if __name__ == "__main__":
    main()
