"""The servers that are compared: how each is started, and how it is asked for the same things."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.load import Work
from bench.processes import DRAGOMAN, RIVALS, running
from bench.world import WORDS, World
from tests.postgres import free_port

PATCH = '{"title":"Call @","description":"@: ' + WORDS + '","properties":{"reference":"R-@"}}'
PAGE = 50


@dataclass
class Side:
    """A server that runs, and what it can be asked."""

    name: str
    address: str
    pid: int
    works: dict[str, Work]


@contextmanager
def dragoman(world: World) -> Iterator[Side]:
    """Our server as it is installed: flushing, and with its log."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [DRAGOMAN, "serve", "--port", str(port), "--database", world.url]
    with running(command, f"{address}/healthz") as process:
        yield Side("dragoman", address, process.pid, _works(address, world, "/v1/tasks/%d", _our_pages))


@contextmanager
def conventional(world: World) -> Iterator[Side]:
    """The rival on the same tables."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    url = world.url.replace("sqlite:", "sqlite+aiosqlite:").replace("+psycopg", "+asyncpg")
    tokens = {world.token: [world.paul, ["task.read", "task.write"], world.tenant]}
    command: list[str | Path] = [
        RIVALS / "uvicorn",
        "bench.conventional.app:app",
        "--port",
        str(port),
        "--no-access-log",
    ]
    environment = {"RIVAL_URL": url, "RIVAL_TOKENS": json.dumps(tokens)}
    with running(command, address, environment) as process:
        yield Side("conventional", address, process.pid, _works(address, world, "/tasks/%d", _their_pages))


def _works(address: str, world: World, path: str, pages: Any) -> dict[str, Work]:
    headers = {"Authorization": f"Bearer {world.token}"}
    read = Work("read", path=path, headers=headers, first=world.first, tasks=world.tasks)
    return {
        "update": replace(read, name="update", method="PATCH", body=PATCH, revision=1),
        "read": read,
        "list": Work("list", paths=tuple(pages(address, world, headers)), headers=headers),
    }


def _our_pages(address: str, world: World, headers: dict[str, str]) -> Iterator[str]:
    path = f"/v1/tasks?assignee={world.paul}&state=claimed&limit={PAGE}"
    while path:
        yield path
        path = _json(address + path, headers).get("next", "").removeprefix(address)


def _their_pages(address: str, world: World, headers: dict[str, str]) -> Iterator[str]:
    first, cursor = f"/tasks?assignee={world.paul}&state=claimed&limit={PAGE}", "&cursor=0"
    while cursor:
        yield first + cursor
        cursor_is = _json(address + first + cursor, headers)["cursor"]
        cursor = f"&cursor={cursor_is}" if cursor_is else ""


def _json(url: str, headers: dict[str, str]) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return json.load(answer)
