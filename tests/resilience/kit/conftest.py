"""A database with somebody to act in it, an adapter for each dialect, and how a command of the kit is run."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import pytest

from tests.conftest import PASSWORD, add_user
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.postgres import PostgreSQL, free_port
from tests.support.server import PROGRAM, Server, basic, command, environment

HERE = Path(__file__).parent
ANNA = basic("anna", PASSWORD)
JSON = {"Content-Type": "application/json"}
PATIENCE_SECONDS = 10.0
SERVE = f"{PROGRAM} serve --port $PORT"
Known = dict[str, dict[str, object]]
"""For each dialect what its adapter may speak of, by name."""


class Ran(NamedTuple):
    """A command of the kit that has ended, and the end of its server's log."""

    name: str
    done: "subprocess.CompletedProcess[str]"
    log: str

    def held(self) -> str:
        """What it printed. AssertionError unless every property held."""
        assert self.done.returncode == 0, f"{self.name} ended with {self.done.returncode}\n{self.said}\n{self.log}"
        print(self.done.stdout.splitlines()[-1])  # noqa: T201  # the line of figures, for `pytest -s` and the report
        return self.done.stdout

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.done.stdout + self.done.stderr


CallKit = Callable[..., Ran]
"""(command, adapter's dialect or several, options) -> how it ended."""
RunKit = Callable[..., str]
"""(command, adapter's dialect or several, options) -> what it printed. Fails unless every property held."""


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database as an installation has it, flushing to disk: these tests kill."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'dragoman.db'}"
        return
    postgres: PostgreSQL = request.getfixturevalue("durable_postgres")
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def call_kit(database_url: str, tmp_path: Path) -> CallKit:
    """Runs a command of the kit against a server of its own on this test's database."""
    add_user(database_url, "anna", admin=True)

    def run(name: str, dialects: str | Sequence[str], *options: str, serve: str = SERVE) -> Ran:
        log = tmp_path / "server.log"
        known = prepared(database_url, names(dialects))
        start = ["--port", str(free_port()), "--start", serve, "--server-log", str(log)]
        command = [*kit(name, tmp_path, known, options), *start]
        done = subprocess.run(command, env=environment(database_url), capture_output=True, text=True, cwd=HERE)
        return Ran(name, done, log.read_text(errors="replace")[-10_000:])

    return run


@pytest.fixture
def run_kit(call_kit: CallKit) -> RunKit:
    """The same, and every property must hold."""
    return lambda *call, **more: call_kit(*call, **more).held()


class Standing(NamedTuple):
    """A server that many runs ask, one after the other, and what they may speak of in each dialect."""

    server: Server
    folder: Path
    known: Known


@pytest.fixture(scope="session")
def standing(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Standing]]:
    """(engine) -> a server prepared for all dialects, started when it is first asked for."""
    servers: dict[str, Standing] = {}

    def stand(backend: str) -> Standing:
        if backend not in servers:
            url = databases.new(backend)
            add_user(url, "anna", admin=True)
            server = stack.enter_context(Server(url))
            known = {name: prepare(server) for name, prepare in PREPARATIONS.items()}
            servers[backend] = Standing(server, tmp_path_factory.mktemp("kit"), known)
        return servers[backend]

    with ExitStack() as stack:
        yield stand


@pytest.fixture
def ask_kit(backend: str, standing: Callable[[str], Standing]) -> RunKit:
    """Runs a command of the kit against the server that stands for this engine."""

    def run(name: str, dialect: str, *options: str) -> str:
        server, folder, known = standing(backend)
        if not server.is_running():
            server.start()
        command = [*kit(name, folder, {dialect: known[dialect]}, options), "--base-url", server.base_url]
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
        return Ran(name, done, server.log()[-10_000:]).held()

    return run


def kit(name: str, folder: Path, known: Known, options: Sequence[str]) -> list[str]:
    """A command of the kit with adapters for these dialects, in which the names that are known are filled in."""
    command = [sys.executable, str(HERE / name)]
    for dialect, values in known.items():
        adapter = folder / f"{dialect}.json"
        adapter.write_text(filled((HERE / "adapters" / f"{dialect}.json").read_text(), values))
        command += ["--adapter", str(adapter)]
        options = [filled(option, values) for option in options]
    if name == "bad_paths.py":  # beside another worker's tests; what hangs, hangs longer
        command += ["--max-seconds", "30"]
    return [*command, *options, "--header", f"Authorization: {ANNA['Authorization']}"]


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with the names that are known filled in."""
    return Template(text).safe_substitute(values)


def names(dialects: str | Sequence[str]) -> Sequence[str]:
    """One name or several, as several."""
    return [dialects] if isinstance(dialects, str) else dialects


def prepared(database_url: str, dialects: Sequence[str]) -> Known:
    """What the calls of each adapter need beforehand, made through the dialect itself: by the name in its text."""
    with InProcessServer(database_url) as server:  # which starts sooner than a process
        return {name: PREPARATIONS[name](server) if name in PREPARATIONS else {} for name in dialects}


def prepare_genesys(server: Server) -> dict[str, object]:
    """A service to hold the tasks, one task, and a customer with a record."""
    service = made(server, "/genesys/1/cs/services/start", {"service_type": "Kit", "contact_key": "kit"})["service_id"]
    task = made(server, f"/genesys/1/cs/services/{service}/tasks/start", {"task_type": "Kit"})["task_id"]
    attributes = [{"name": "frame", "type": "string"}, {"name": "note", "type": "string"}]
    bike = {"name": "Bike", "type": "multi-valued", "unique": "frame", "attributes": attributes}
    made(server, "/genesys/1/cs/metadata/profiles/extensions", bike)
    customer = made(server, "/genesys/1/cs/profiles", {"Bike": [{"frame": "F-1"}]})["customer_id"]
    return {"SERVICE": service, "TASK": task, "CUSTOMER": customer}


def prepare_onlyoffice_crm(server: Server) -> dict[str, object]:
    """One task."""
    content = {"title": "Call the printer", "deadline": "2031-04-10", "categoryId": 1}
    return {"TASK": made(server, "/api/2.0/crm/task.json", content)["response"]["id"]}


def prepare_native(server: Server) -> dict[str, object]:
    """One task, of the number 1."""
    return {"TASK": made(server, "/v1/tasks", {"title": "Call the printer"})["number"]}


TEMPLATE = """
[[template]]
tktid = "_TKT:801a0001.1.1.9"
name = "Kit"
faults = ["Late"]
"""


def prepare_ibm_htm(server: Server) -> dict[str, object]:
    """A template whose tasks everybody may claim, one task that anna has claimed, and one that nobody started."""
    command(server.database_url, "template", "load", "-", typed=TEMPLATE)
    template = "_TKT:801a0001.1.1.9"
    task = made(server, f"/rest/bpm/htm/v1/task?taskTemplateID={template}&mode=async", {"document": "D-1"})["tkiid"]
    claimed = server.call("PUT", f"/rest/bpm/htm/v1/task/{task}?action=claim", headers=ANNA)
    assert claimed.status == 200, claimed.text
    draft = made(server, f"/rest/bpm/htm/v1/task?taskTemplateID={template}", {"document": "D-2"})["tkiid"]
    return {"TEMPLATE": template, "TASK": task, "DRAFT": draft}


def prepare_carrierx_batch(server: Server) -> dict[str, object]:
    """A phone number, and a batch on it that waits for its review; `$REST` are all its members but one."""
    number = posted(server, "/core/v2/phonenumber/dids", {"phonenumber": "12025550101"})
    order = {"method": "PATCH", "type": "phonenumber", "field": "phonenumber"}
    batch = posted(server, "/core/v2/batch/tasks", order | {"entries": ["12025550101"], "data": {"name": "desk"}})
    until = time.monotonic() + PATIENCE_SECONDS
    while batch["status"] != "pending_review":
        assert time.monotonic() < until, batch
        batch = server.call("GET", f"/core/v2/batch/tasks/{batch['task_sid']}", headers=ANNA).json()
    rest = json.dumps({name: value for name, value in batch.items() if name != "error_details"})
    return {"TASK": batch["task_sid"], "NUMBER": number["did_sid"], "REST": rest[1:-1]}


PREPARATIONS: dict[str, Callable[[Server], dict[str, object]]] = {
    "native": prepare_native,
    "genesys": prepare_genesys,
    "onlyoffice_crm": prepare_onlyoffice_crm,
    "ibm_htm": prepare_ibm_htm,
    "carrierx_batch": prepare_carrierx_batch,
}


def made(server: Server, path: str, content: object) -> dict[str, Any]:
    """The answer to a POST that must succeed."""
    return posted(server, path, content, status=201)


def posted(server: Server, path: str, content: object, *, status: int = 200) -> dict[str, Any]:
    """The same where success is another status."""
    answer = server.call("POST", path, json.dumps(content), ANNA | JSON)
    assert answer.status == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def figure(output: str, pattern: str) -> int:
    """A number out of the last line."""
    found = re.search(pattern, output.splitlines()[-1])
    assert found is not None, output
    return int(found[1])
