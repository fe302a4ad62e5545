"""What a service manager may ask and is told: SIGHUP, sockets handed over, readiness."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.postgres import PostgreSQL, free_port
from tests.support.server import PROGRAM, environment

WITHOUT_GENESYS = "[dialects.genesys]\nenabled = false\n"


@contextmanager
def started(database_url: str, config: Path, *arguments: str, notify: str = "") -> Iterator[subprocess.Popen[str]]:
    """A command that has said that it is ready; what it says is on its `stdout`. It must end with 0."""
    with config.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAM, *arguments],
            env=environment(database_url, config) | {"NOTIFY_SOCKET": notify},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    with process.stdout:
        try:
            assert process.stdout.readline().startswith("dragoman ready")
            yield process
        finally:
            process.terminate()
            code = process.wait()
    assert code == 0


def said_ready_again(process: subprocess.Popen[str]) -> bool:
    """Hang up, and wait for the new start's word."""
    process.send_signal(signal.SIGHUP)
    assert process.stdout is not None
    return process.stdout.readline().startswith("dragoman ready")


def status(port: int, target: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", target)
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def asked_all_the_time(port: int) -> Iterator[list[int]]:
    """Somebody who asks on one connection after the other; the list fills with statuses, 0 for none."""
    statuses: list[int] = []
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            try:
                statuses.append(status(port, "/healthz"))
            except OSError:
                statuses.append(0)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        enough.set()
        thread.join()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "dragoman.toml"
    file.write_text("")
    return file


def serves_on(database_url: str, config: Path, *options: str) -> None:
    port = free_port()
    with (
        started(database_url, config, "serve", "--port", str(port), *options) as server,
        asked_all_the_time(port) as statuses,
    ):
        assert status(port, "/genesys/1/cs/server/version") != 404
        config.write_text(WITHOUT_GENESYS)
        assert said_ready_again(server)
        assert status(port, "/genesys/1/cs/server/version") == 404
        assert statuses
    assert set(statuses) == {200}


def test_new_settings_count_and_no_connection_is_refused(tmp_path: Path, config: Path) -> None:
    serves_on(f"sqlite:///{tmp_path}/d.db", config)


def test_several_workers_start_anew_on_the_same_sockets(postgres: PostgreSQL, config: Path) -> None:
    serves_on(postgres.url(postgres.create_database()), config, "--workers", "2")


def test_settings_that_cannot_be_taken_leave_the_old_ones(tmp_path: Path, config: Path) -> None:
    port = free_port()
    with started(f"sqlite:///{tmp_path}/d.db", config, "serve", "--port", str(port)) as server:
        config.write_text("[server]\nprot = 8080\n")
        server.send_signal(signal.SIGHUP)
        lines = config.with_suffix(".log")
        while "settings.refused" not in lines.read_text():
            assert status(port, "/healthz") == 200
    refused = next(line for line in lines.read_text().splitlines() if "settings.refused" in line)
    assert "server.prot is no setting" in json.loads(refused)["reason"]


def test_a_worker_starts_anew(postgres: PostgreSQL, config: Path) -> None:
    with started(postgres.url(postgres.create_database()), config, "work") as worker:
        assert said_ready_again(worker)


def test_a_terminal_that_goes_takes_the_server_with_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"],
        env=environment(f"sqlite:///{tmp_path}/d.db"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline().startswith(b"dragoman ready")
        process.send_signal(signal.SIGHUP)
        assert process.wait() == 0
        assert said.read() == b""
    os.close(ours)


def test_the_manager_is_told_when_the_server_is_ready(tmp_path: Path, config: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        with started(f"sqlite:///{tmp_path}/d.db", config, "serve", "--port", "0", notify=address) as server:
            assert manager.recv(100) == b"READY=1"
            assert said_ready_again(server)
            assert manager.recv(100) == b"RELOADING=1"
            assert manager.recv(100) == b"READY=1"


HAND_OVER = """
import os, sys
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_socket_of_the_manager_is_listened_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        process = subprocess.Popen(
            [sys.executable, "-c", HAND_OVER, str(ours.fileno()), PROGRAM, "serve"],
            env=environment(f"sqlite:///{tmp_path}/d.db"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[ours.fileno()],
            text=True,
        )
        assert process.stdout is not None
        with process.stdout as said:
            port = ours.getsockname()[1]
            assert said.readline() == f"dragoman ready http://127.0.0.1:{port}\n"
            assert status(port, "/readyz") == 200
            process.terminate()
            assert process.wait() == 0
