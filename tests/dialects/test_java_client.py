"""Cases of all dialects, sent by Java's own HttpClient: it offers an upgrade to h2c with each request, whose body must
be read all the same."""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from tests.dialects.cases import Found, find_cases
from tests.dialects.conftest import Serving
from tests.dialects.exchange import Exchange
from tests.support.server import Answer, Asked, Server
from tests.support.tenant import Tenant

CLIENT = Path(__file__).with_name("java") / "Client.java"
CASES = (
    "native/verbs",
    "native/task-patch",
    "genesys/task-end",
    "genesys/states",
    "genesys/worked-profile",
    "genesys/identify",
    "genesys/export",
    "ibm_htm/complete",
    "ibm_htm/messages",
    "ibm_htm/task-filter",
    "ibm_htm/federated",
    "ibm_htm/claim-next",
    "ibm_htm/binary-properties",
    "onlyoffice_crm/task-create",
    "onlyoffice_crm/task-update",
    "onlyoffice_crm/public-clients",
    "carrierx_batch/create-forms",
    "carrierx_batch/review",
)
JAVA_SETS_IT = frozenset({"host", "content-length", "connection", "expect", "upgrade"})


class Java:
    """A Java process that sends requests, one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", str(CLIENT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        parts = [method, url, "-" if body is None else base64.b64encode(body).decode()]
        for name, value in headers.items():
            if name.lower() not in JAVA_SETS_IT:
                parts += [name, value]
        self._process.stdin.write("\t".join(parts) + "\n")
        self._process.stdin.flush()
        status, text, *rest = self._process.stdout.readline().rstrip("\n").split("\t")
        names = {name.lower(): value for name, value in zip(rest[::2], rest[1::2], strict=True)}
        return Answer(int(status), names, base64.b64decode(text))

    def close(self) -> None:
        self._process.communicate()


class ThroughJava:
    """A server whose requests are sent by Java."""

    def __init__(self, server: Server, java: Java) -> None:
        self._server = server
        self._java = java

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def call(
        self,
        method: str,
        target: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        *,
        block: bool = False,
    ) -> Answer:
        assert not block, "Java reads whole replies."
        raw = body.encode() if isinstance(body, str) else body
        return self._java.send(method, self._server.base_url + target, raw, headers or {})


@pytest.fixture(scope="module")
def java() -> Iterator[Java]:
    with ExitStack() as stack:
        client = Java()
        stack.callback(client.close)
        yield client


@pytest.mark.parametrize("found", [each for each in find_cases() if each.id in CASES], ids=lambda found: found.id)
def test_java_sends_bodies(found: Found, serving: Serving, java: Java) -> None:
    server: Asked = ThroughJava(serving("sqlite", found.config), java)
    Exchange(Tenant(cast(Server, server)), found.case).play()


def test_every_case_named_here_exists() -> None:
    assert {each.id for each in find_cases()} >= set(CASES)
