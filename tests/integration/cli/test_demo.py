"""`demo`: what it prints works as printed, and nothing is left of it."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.cli import samples
from dragoman.cli.demo_world import WAITING
from dragoman.dialects import discover
from dragoman.runtime.application import Application
from dragoman.settings import load
from tests.integration.cli.command import refused, rows, well
from tests.support.demonstration import Demonstration, demonstration
from tests.support.postgres import free_port
from tests.support.server import PROGRAM, environment


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def curls(demo: Demonstration) -> dict[str, str]:
    """The printed line of each dialect."""
    return dict(re.findall(r"^(\w+): .*\n  (curl .*)$", demo.said, re.MULTILINE))


def test_there_is_a_line_for_every_dialect(demo: Demonstration) -> None:
    assert set(curls(demo)) == {dialect.name for dialect in discover()}


def test_every_line_works_as_printed_and_again(demo: Demonstration) -> None:
    for dialect, line in curls(demo).items():
        for _ in range(2):
            done = subprocess.run(
                ["sh", "-c", f"{line} -sS -o /dev/null -w '%{{http_code}}'"], capture_output=True, text=True
            )
            assert (done.returncode, done.stderr, done.stdout) == (0, "", "200"), dialect


def test_every_line_shows_something(demo: Demonstration) -> None:
    for dialect, line in curls(demo).items():
        done = subprocess.run(["sh", "-c", f"{line} -sS"], capture_output=True, text=True)
        assert json.loads(done.stdout), dialect


def test_the_lines_show_the_same_task(demo: Demonstration) -> None:
    answers = {
        name: json.loads(subprocess.run(["sh", "-c", f"{line} -sS"], capture_output=True).stdout)
        for name, line in curls(demo).items()
    }
    native = answers["native"]
    assert native["title"] == WAITING
    assert native["number"] == answers["onlyoffice_crm"]["response"]["id"] == answers["genesys"]["task_id"]
    assert native["id"] == answers["carrierx_batch"]["task_sid"]
    assert answers["ibm_htm"]["displayName"] == WAITING


def test_the_batch_that_waits_has_unusual_entries_and_the_other_one_runs(demo: Demonstration) -> None:
    deadline = time.monotonic() + 20
    while (running := asked(demo, "/v1/batches")["items"][0])["status"] != "running":
        assert time.monotonic() < deadline, running
        time.sleep(0.05)
    waiting = next(each for each in asked(demo, "/v1/batches")["items"] if each["title"] == WAITING)
    assert waiting["status"] == "pending_review"
    summary = waiting["summary"]
    assert min(summary[name] for name in ("will_change", "no_op", "missing", "forbidden")) > 0
    assert summary["will_change"] > summary["total"] / 2


def test_the_printed_link_signs_in_once(demo: Demonstration) -> None:
    call = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", demo.entry]
    assert subprocess.run([*call, "-c", demo.folder / "jar"], capture_output=True).stdout == b"303"
    assert subprocess.run(call, capture_output=True).stdout == b"410"
    page = f"{demo.base_url}/ui/inbox/mine"
    shown = subprocess.run(["curl", "-sS", "-b", demo.folder / "jar", page], capture_output=True, text=True)
    (demo.folder / "jar").unlink()
    assert "Anna Berg" in shown.stdout


def test_each_dialect_made_tasks_that_the_native_one_sees(demo: Demonstration) -> None:
    tasks = asked(demo, "/v1/tasks?sort=-number&limit=20")["items"]
    histories = [asked(demo, f"/v1/tasks/{task['number']}/history")["items"] for task in tasks]
    assert {history[0]["dialect"] for history in histories} == {dialect.name for dialect in discover()}


def asked(demo: Demonstration, target: str) -> Any:
    """What our own API tells anna."""
    call = ["curl", "-fsS", "-u", "anna:dragoman", demo.base_url + target]
    return json.loads(subprocess.run(call, capture_output=True, check=True).stdout)


def test_the_printed_token_and_logins_count(demo: Demonstration) -> None:
    token = re.search(r"token +(dgm_\S+)", demo.said)
    assert token is not None
    logins = [["-H", f"Authorization: Bearer {token[1]}"]]
    logins += [["-u", f"{login}:{word}"] for login, word in re.findall(r"Log in as +(\w+), password (\w+)", demo.said)]
    assert len(logins) == 4
    for login in logins:
        subprocess.run(["curl", "-fsS", *login, f"{demo.base_url}/v1/users/me"], check=True, capture_output=True)


def test_nothing_is_left_of_it(demo: Demonstration) -> None:
    assert list(demo.folder.iterdir())
    demo.process.terminate()
    assert demo.process.wait() == 0
    assert not list(demo.folder.iterdir())


def test_a_database_that_is_used_already_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/d.db"
    well(url, "user", "add", "paul")
    assert "in use already" in refused(url, "demo", "--port", str(free_port()), "--database", url)


def test_one_that_is_named_is_filled_and_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/d.db"
    arguments = ["demo", "--port", str(free_port()), "--database", url, "--tasks", "6000"]
    with subprocess.Popen([PROGRAM, *arguments], env=environment(""), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while "dragoman ready" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        process.terminate()

    assert process.returncode == 0
    assert "stays when you stop it" in said
    histories = [row for row in rows(url) if row["table"] == "history" and row["entity"] == "task"]
    assert len({row["number"] for row in histories}) > 6_000
    assert "all fits" in well(url, "verify").out


def test_a_dialect_without_samples_is_shown_by_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert samples.read("kit") == samples.Demo()
    monkeypatch.setattr(samples, "read", lambda dialect: samples.Demo())
    monkeypatch.setattr(samples, "templates_of", lambda dialect: [])
    app = Application(load(overrides={"database": f"sqlite:///{tmp_path}/d.db"})).open()
    lines = {shown.dialect: shown.curl for shown in samples.play(app, 1, {}, "http://here", "word")}
    app.close()
    assert lines["native"] == "curl -u anna:word http://here/v1/tasks"
