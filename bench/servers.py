"""Our server and the conventional one: how each is started, and its requests for the same work."""

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.contenders import Side
from bench.load import Work
from bench.processes import DRAGOMAN, RIVALS, running
from bench.world import WORDS, World
from tests.support.postgres import free_port

PATCH = '{"title":"Call @","description":"@: ' + WORDS + '","properties":{"reference":"R-@"}}'
IBM_UPDATE = '{"displayName":"Call @","description":"@; ' + WORDS + '","customProperties":{"reference":"R-@"}}'
PAGE = 50


@contextmanager
def dragoman(
    world: World,
    name: str = "Dragoman",
    variables: Mapping[str, str] = MappingProxyType({}),
    program: Sequence[str | Path] = (DRAGOMAN,),
) -> Iterator[Side]:
    """Our server as it is installed: flushing, and with its log. `variables` are settings."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [*program, "serve", "--port", str(port), "--database", world.url]
    with running(command, f"{address}/healthz", variables) as process:
        works = _works(world, "/v1/tasks/%d")
        list_ = f"/v1/tasks?assignee={world.paul}&state=claimed&limit={PAGE}"
        works["list"] = replace(works["read"], paths=tuple(_our_pages(address, list_, works["read"].headers)))
        yield Side(name, address, process.pid, works | _of_own_tasks(world, works["read"]))


def _of_own_tasks(world: World, read: Work) -> dict[str, Work]:
    """The same change of what the caller owns, in our own API and in a vendor's."""
    tkiids = tuple(f"_TKI:{words(uid)}" for uid in world.own)
    ibm = "/rest/bpm/htm/v1/task/%s?action=update"
    return {
        "native": replace(read, method="PATCH", path="/v1/tasks/%s", names=world.own, body=PATCH),
        "ibm": replace(read, method="PUT", path=ibm, names=tkiids, body=IBM_UPDATE),
    }


@contextmanager
def conventional(world: World) -> Iterator[Side]:
    """The rival on the same tables."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    url = world.url.replace("sqlite:", "sqlite+aiosqlite:").replace("+psycopg", "+asyncpg")
    tokens = {world.token: [world.paul, ["task.read", "task.write"], world.tenant]}
    command: list[str | Path] = [RIVALS / "uvicorn", "bench.conventional.app:app"]
    command += ["--port", str(port), "--no-access-log"]
    with running(command, address, {"RIVAL_URL": url, "RIVAL_TOKENS": json.dumps(tokens)}) as process:
        works = _works(world, "/tasks/%d")
        list_ = f"/tasks?assignee={world.paul}&state=claimed&limit={PAGE}"
        works["list"] = replace(works["read"], paths=tuple(_their_pages(address, list_, works["read"].headers)))
        yield Side("conventional", address, process.pid, works)


def _works(world: World, path: str) -> dict[str, Work]:
    headers = {"Authorization": f"Bearer {world.token}"}
    read = Work(path=path, headers=headers, first=world.first, tasks=world.tasks)
    return {"update": replace(read, method="PATCH", body=PATCH, revision=1), "read": read}


def words(uid: str) -> str:
    """A uid as IBM spells ids: four hexadecimal words."""
    digits = uid.replace("-", "")
    return ".".join(f"{int(digits[place : place + 8], 16):x}" for place in range(0, 32, 8))


def _our_pages(address: str, path: str, headers: Any) -> Iterator[str]:
    while path:
        yield path
        path = answer(address + path, headers).get("next", "").removeprefix(address)


def _their_pages(address: str, path: str, headers: Any) -> Iterator[str]:
    cursor: int | None = 0
    while cursor is not None:
        yield f"{path}&cursor={cursor}"
        page = answer(f"{address}{path}&cursor={cursor}", headers)
        cursor = page["cursor"] if page["items"] else None


def answer(url: str, headers: Any, method: str = "GET", body: Any = None) -> Any:
    """What a server answers to one request, read as JSON. HTTPError when it refuses."""
    data = None if body is None else json.dumps(body).encode()
    asked = {**headers, **({} if data is None else {"Content-Type": "application/json"})}
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=asked, method=method)) as got:
        return json.loads(got.read() or b"null")
