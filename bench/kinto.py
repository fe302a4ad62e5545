"""Kinto on PostgreSQL: a record of three fields, a user with a password, permissions, and a version.

It refuses one of two changes of a collection that fall into the same moment (409), with its history plugin more often
still; so each record has a collection of its own here, and there is no history.
"""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.contenders import Side
from bench.load import Work
from bench.processes import RIVALS, running
from bench.servers import PATCH, answer
from bench.world import WORDS
from tests.support.postgres import free_port

COLLECTIONS = "/v1/buckets/work/collections"
CHUNK = 100
SETTINGS = """\
[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.accounts
kinto.bucket_create_principals = system.Authenticated
kinto.account_create_principals = system.Everyone
kinto.batch_max_requests = {chunk}
kinto.userid_hmac_secret = 5f1d6b8a
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.storage_pool_size = 20
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
kinto.permission_pool_size = 20
kinto.cache_backend = kinto.core.cache.memory
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy

[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
threads = 20
connection_limit = 1000
"""


@contextmanager
def kinto(folder: Path, url: str, count: int) -> Iterator[Side]:
    """It runs on an empty database, with so many records of one user."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = folder / "kinto.ini"
    settings.write_text(SETTINGS.format(chunk=CHUNK, port=port, url=url.replace("+psycopg", "")))
    subprocess.run([RIVALS / "kinto", "migrate", "--ini", settings], check=True, capture_output=True)
    headers = {"Authorization": "Basic " + base64.b64encode(b"paul:a long enough password").decode()}
    command: list[str | Path] = [RIVALS / "kinto", "start", "--ini", settings, "--port", str(port)]
    with running(command, f"{address}/v1/") as process:
        _fill(address, headers, count)
        read = Work(path="%s", names=[_path(number) for number in range(count)], headers=headers)
        update = replace(read, method="PATCH", body=f'{{"data":{PATCH}}}')
        yield Side("Kinto", address, process.pid, {"update": update, "read": read})


def _fill(address: str, headers: dict[str, str], count: int) -> None:
    account = {"data": {"password": "a long enough password"}}
    answer(f"{address}/v1/accounts/paul", {}, "PUT", account)
    answer(f"{address}/v1/buckets/work", headers, "PUT", {})
    for first in range(0, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        for requests in (
            [{"method": "PUT", "path": f"{COLLECTIONS}/c{number}"} for number in numbers],
            [{"method": "PUT", "path": _path(number), "body": _record(number)} for number in numbers],
        ):
            answer(f"{address}/v1/batch", headers, "POST", {"requests": requests})


def _path(number: int) -> str:
    return f"{COLLECTIONS}/c{number}/records/t{number}"


def _record(number: int) -> dict[str, object]:
    return {"data": {"title": f"Call number {number}", "description": WORDS, "properties": {}}}
