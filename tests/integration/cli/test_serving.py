"""`serve`: who may serve what, and how it ends."""

import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, add_user
from tests.integration.cli.command import refused, well
from tests.support.postgres import free_port
from tests.support.server import PROGRAM, Server, basic, environment


def test_it_says_when_it_is_ready_and_ends_with_0(database_url: str) -> None:
    with Server(database_url) as server:
        assert server.call("GET", "/readyz").status == 200
    # A clean end is asserted by the server's own `stop`.


def test_port_0_takes_a_free_one(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"],
        env=environment(f"sqlite:///{tmp_path}/d.db"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        ready = said.readline()
        port = int(ready.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port)).close()
        process.terminate()
    assert process.wait() == 0
    assert ready == f"dragoman ready http://127.0.0.1:{port}\n"


def test_workers_share_one_database(database_url: str) -> None:
    add_user(database_url, "anna", admin=True)
    headers = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
    with Server(database_url, options=("--workers", "2")) as server:
        made = [server.call("POST", "/v1/tasks", f'{{"title": "Task {index}"}}', headers) for index in range(40)]
        assert [answer.status for answer in made] == [201] * 40
        assert [answer.json()["number"] for answer in made] == list(range(1, 41))
        assert "dragoman_workers 2" in server.call("GET", "/metrics").text


def test_a_second_server_on_a_sqlite_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dragoman.db"
    with Server(url) as server:
        said = refused(url, "serve", "--port", "0")
        assert "serves" in said
        assert "already" in said
        server.kill()
        server.start()  # the lock went with the process


def test_several_processes_may_serve_one_postgresql(postgres_url: str) -> None:
    with Server(postgres_url, options=("--workers", "2")) as one, Server(postgres_url) as other:
        for server in (one, other):
            assert server.call("GET", "/readyz").status == 200


def test_a_port_in_use_is_said_in_a_line(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert "can't be listened on" in refused(f"sqlite:///{tmp_path}/d.db", "serve", "--port", str(port))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_is_away_is_said_in_a_line(workers: str) -> None:
    url = f"postgresql://dragoman:secret@127.0.0.1:{free_port()}/dragoman"
    said = refused(url, "serve", "--port", "0", "--workers", workers)
    assert "the database says" in said
    assert "secret" not in said


def test_commands_work_beside_a_running_server(server: Server) -> None:
    for call in (["tenant", "add", "north"], ["user", "add", "bert"], ["user", "disable", "bert"], ["verify"]):
        well(server.database_url, *call)
    assert server.call("GET", "/readyz").status == 200
