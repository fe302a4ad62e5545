"""Integration with the service manager: inherited sockets, readiness, and SIGHUP of a closed terminal."""

import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.postgres import PostgreSQL
from tests.support.server import PROGRAM, environment


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


def status(port: int, target: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", target)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "dragoman.toml"
    file.write_text("")
    return file


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_hangup_stops_in_good_order(postgres: PostgreSQL, config: Path, command: str) -> None:
    options = ["--port", "0"] if command == "serve" else []
    with started(postgres.url(postgres.create_database()), config, command, *options) as process:
        process.send_signal(signal.SIGHUP)
        assert process.wait() == 0


def test_a_hangup_stops_all_workers(postgres: PostgreSQL, config: Path) -> None:
    database = postgres.url(postgres.create_database())
    with started(database, config, "serve", "--port", "0", "--workers", "2") as process:
        process.send_signal(signal.SIGHUP)
        assert process.wait() == 0


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
        assert said.read().splitlines()[1:] == []  # behind the line that says how the first user is made
    os.close(ours)


def test_the_service_manager_is_notified_of_readiness(tmp_path: Path, config: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        with started(f"sqlite:///{tmp_path}/d.db", config, "serve", "--port", "0", notify=address) as server:
            assert manager.recv(100) == b"READY=1"
            assert server.poll() is None


HAND_OVER = """
import os, sys
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def activated(tmp_path: Path, listener: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """A server that was given a listening socket."""
    process = subprocess.Popen(
        [sys.executable, "-c", HAND_OVER, str(listener.fileno()), PROGRAM, "serve"],
        env=environment(f"sqlite:///{tmp_path}/d.db"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=[listener.fileno()],
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == f"dragoman ready http://127.0.0.1:{listener.getsockname()[1]}\n"
        yield process


def test_a_socket_of_the_manager_is_listened_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours, activated(tmp_path, ours) as process:
        assert status(ours.getsockname()[1], "/readyz") == 200
        process.terminate()
        assert process.wait() == 0


def test_connections_wait_while_the_server_is_restarted(tmp_path: Path) -> None:
    """With a socket of the manager: it stays open, so that no connection is refused between two processes."""
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]
        for _ in range(2):
            with ThreadPoolExecutor() as asking:
                waiting = asking.submit(status, port, "/healthz")
                with activated(tmp_path, ours) as process:
                    assert waiting.result() == 200
                    process.terminate()
                    assert process.wait() == 0
