"""Clients of npm, as their users install them: EventSource on the stream of events, Standard Webhooks on deliveries."""

import json
import queue
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.conftest import add_user
from tests.support.receiver import receiving
from tests.support.server import Server, command

NODE = Path(__file__).with_name("node")
PATIENCE_SECONDS = 60.0
TYPES = "stream.ready,stream.position,stream.end,task.created"
CONFIG = """
[events]
streams_per_user = 1

[webhooks]
allow_http = true
ports = []
allow_networks = ["127.0.0.0/8"]
"""
CLOSED = 2
"""The state of an EventSource that will not come back."""
SCRIPT = re.compile(r"^```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and the packages that they import."""
    folder = tmp_path_factory.mktemp("npm") / "node"
    shutil.copytree(NODE, folder)
    install = ["npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    return folder


class Listening:
    """Node with an EventSource, and what it has seen so far."""

    def __init__(self, packages: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            ["node", "listen.mjs", *arguments], cwd=packages, stdout=subprocess.PIPE, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.seen: list[dict[str, Any]] = []

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next thing of which that holds."""
        while True:
            last: dict[str, Any] = json.loads(self._lines.get(timeout=PATIENCE_SECONDS))
            self.seen.append(last)
            if holds(last):
                return last

    def until_seen(self, seen: str) -> dict[str, Any]:
        return self.until(lambda each: each["seen"] == seen)

    def until_created(self, title: str) -> dict[str, Any]:
        return self.until(lambda each: each["seen"] == "task.created" and each["data"]["data"]["title"] == title)

    def ended(self) -> int:
        """The exit code, once it has nothing more to do."""
        code = self._process.wait(PATIENCE_SECONDS)
        self._reader.join()
        while not self._lines.empty():
            self.seen.append(json.loads(self._lines.get()))
        return code

    def send(self, how: signal.Signals) -> None:
        self._process.send_signal(how)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def of(self, seen: str) -> list[dict[str, Any]]:
        return [each for each in self.seen if each["seen"] == seen]


class Served:
    """A server where each user may have one stream, and its administrator anna."""

    def __init__(self, server: Server, packages: Path) -> None:
        self.server = server
        self.packages = packages
        self.token = command(server.database_url, "token", "create", "--user", "anna", "--scope", "*").strip()
        self.stream = f"{server.base_url}/v1/events/stream"

    @contextmanager
    def listening(self, *more: str, token: str = "") -> Iterator[Listening]:
        listening = Listening(self.packages, self.stream, token or self.token, TYPES, *more)
        try:
            yield listening
        finally:
            listening.close()

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """Anna's only stream is open."""
        with closing(HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)) as connection:
            connection.request("GET", "/v1/events/stream", headers={"Authorization": f"Bearer {self.token}"})
            with connection.getresponse() as response:
                assert response.status == 200
                yield

    def create(self, title: str) -> None:
        self.post("/v1/tasks", {"title": title})

    def post(self, target: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = self.server.call("POST", target, json.dumps(body), headers)
        assert answer.status == 201, answer
        return answer.json()


@pytest.fixture
def script(tmp_path: Path) -> str:
    """A file with the script that the guide shows."""
    found = SCRIPT.search((ROOT / "docs" / "guide" / "hear-of-changes.md").read_text())
    assert found is not None
    file = tmp_path / "follow.js"
    file.write_text(found[1])
    return str(file)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path_factory.mktemp('node')}/dragoman.db"
    add_user(url, "anna", admin=True)
    with Server(url, config=CONFIG) as server:
        yield Served(server, packages)


def test_event_source_sees_each_event_once_over_kills_and_stops(served: Served) -> None:
    with served.listening() as listening:
        listening.until_seen("stream.ready")
        served.create("before")
        listening.until_created("before")
        for title, end in (("killed", served.server.kill), ("stopped", served.server.stop)):
            end()
            served.server.start()
            served.create(title)
            listening.until_created(title)
    assert [each["data"]["data"]["title"] for each in listening.of("task.created")] == ["before", "killed", "stopped"]
    assert [each["data"]["reason"] for each in listening.of("stream.end")] == ["shutdown"]
    asked = [each["last"] for each in listening.of("request")]
    assert asked[0] is None
    came = {each["id"] for each in listening.seen if each["seen"] in ("stream.ready", "task.created")}
    assert set(asked[1:]) <= came
    assert None not in asked[1:]


def test_event_source_gives_up_after_a_refusal(served: Served) -> None:
    with served.listening() as first:
        first.until_seen("stream.ready")
        with served.listening() as second:
            assert second.ended() == 0  # there is no timer left, although the answer had Retry-After
    assert second.of("error") == [{"seen": "error", "code": 429, "state": CLOSED}]
    assert len(second.of("request")) == 1


def test_the_script_of_the_guide_comes_back_after_a_refusal(served: Served, script: str) -> None:
    with ExitStack() as lent:
        with served.listening() as first:
            first.until_seen("stream.ready")
            second = lent.enter_context(served.listening(script))
            second.until_seen("asked")
        second.until_seen("stream.ready")
        served.create("free")
        second.until_created("free")
        second.send(signal.SIGSTOP)  # so that it can't come back before its place is taken
        served.server.kill()
        served.server.start()
        with served.occupied():
            served.create("meanwhile")
            second.send(signal.SIGCONT)
            second.until_seen("asked")
        second.until_created("meanwhile")
    assert [each["data"]["data"]["title"] for each in second.of("task.created")] == ["free", "meanwhile"]


def test_the_script_of_the_guide_ends_with_its_credentials(served: Served, script: str) -> None:
    token = command(served.server.database_url, "token", "create", "--user", "anna", "--scope", "event.read").strip()
    with served.listening(script, token=token) as listening:
        listening.until_seen("stream.ready")
        command(served.server.database_url, "token", "revoke", token)
        assert listening.ended() == 0
    assert listening.of("lost") == [{"seen": "lost", "code": 401}]


def test_standard_webhooks_verifies_a_delivery_and_refuses_another(served: Served) -> None:
    with receiving() as receiver:
        made = served.post("/v1/webhooks", {"url": receiver.url(), "types": ["task.created"]})
        served.create("Büro ✓")
        (sent,) = receiver.wait_for_requests(1)
    whole = {"secret": made["secret"], "headers": sent.headers, "body": sent.body.decode()}
    tried = [
        whole,
        whole | {"body": sent.body.decode().replace("Büro", "Buro")},
        whole | {"secret": "whsec_" + "A" * 32},
    ]
    lines = "".join(json.dumps(each) + "\n" for each in tried)
    verified = subprocess.run(
        ["node", "verify.mjs"], cwd=served.packages, input=lines, capture_output=True, text=True, check=True
    )
    assert verified.stdout.splitlines() == [sent.id, *["No matching signature found"] * 2]
