"""The process: it says when it is ready, ends well when told to, and badly when a part of it has died."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dragoman.http.server.processes import MOST_FAILED_STARTS
from tests.integration.http.live import AUTH, connect, read_all, statuses

ROOT = Path(__file__).parents[3]


@contextmanager
def process(**settings: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The plain server in a process of its own group, and the port that it said it is ready at."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "DRAGOMAN_SERVER_PORT": "0", **settings}
    command = [sys.executable, "-m", "tests.support.plain_dialect"]
    started = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert started.stdout is not None
        line = started.stdout.readline()
        assert line.startswith("dragoman ready http://127.0.0.1:"), line or started.communicate()
        yield started, int(line.rsplit(":", 1)[1])
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate()


def get(port: int, path: str = "/healthz") -> list[int]:
    with connect(port) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{AUTH}Connection: close\r\n\r\n".encode())
        return statuses(read_all(connection))


def test_sigterm_finishes_running_requests_and_exits_with_0() -> None:
    with process() as (server, port), connect(port) as busy, connect(port) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.recv(1000)
        busy.sendall(f"GET /plain/nap HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
        time.sleep(0.1)
        server.send_signal(signal.SIGTERM)
        assert statuses(read_all(busy)) == [200]
        assert read_all(idle) == b""
        said, errors = server.communicate(timeout=10)
        assert server.returncode == 0
        assert said == ""
        assert '"event":"app.closed"' in errors
        assert '"path":"/plain/nap"' in errors


def test_a_dead_lane_ends_the_process_at_once_and_non_zero() -> None:
    with process() as (server, port), connect(port) as busy:
        busy.sendall(f"GET /plain/nap HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
        began = time.monotonic()
        server.send_signal(signal.SIGUSR1)
        assert server.wait(5) == 1
        assert time.monotonic() - began < 2


def test_a_port_in_use_is_reported_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "DRAGOMAN_SERVER_PORT": port}
        command = [sys.executable, "-m", "tests.support.plain_dialect"]
        for workers in ("1", "2"):
            environ["DRAGOMAN_SERVER_WORKERS"] = workers
            ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
            assert ended.returncode == 1
            assert ended.stderr == f"dragoman: can't listen on 127.0.0.1:{port}: Address already in use\n"


def children(pid: int) -> list[int]:
    """The worker processes, not the helper that Python's own library starts beside them."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if (line := command_line(child)) and b"resource_tracker" not in line]


def command_line(pid: str) -> bytes:
    """Empty when the process has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_workers_share_one_port_and_stop_together() -> None:
    with process(DRAGOMAN_SERVER_WORKERS="2") as (server, port):
        assert len(children(server.pid)) == 2
        assert [get(port) for _ in range(20)] == [[200]] * 20
        with connect(port) as busy:
            busy.sendall(f"GET /plain/nap HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
            time.sleep(0.1)
            server.send_signal(signal.SIGTERM)
            assert statuses(read_all(busy)) == [200]
        assert server.wait(10) == 0


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_ends_by_itself_is_replaced_while_the_others_go_on(end: signal.Signals) -> None:
    with process(DRAGOMAN_SERVER_WORKERS="2") as (server, port):
        first, second = children(server.pid)
        os.kill(first, end)
        deadline = time.monotonic() + 10
        while len(now := children(server.pid)) < 2 or first in now:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert second in now
        assert [get(port) for _ in range(20)] == [[200]] * 20
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
        assert '"event":"server.worker_ended"' in server.communicate()[1]


@pytest.mark.parametrize("times", [MOST_FAILED_STARTS - 1, MOST_FAILED_STARTS])
def test_workers_that_end_before_they_are_ready_end_the_whole_only_if_several_do(times: int) -> None:
    with process(DRAGOMAN_SERVER_WORKERS="2") as (server, port):
        ended = set(children(server.pid))
        first, second = ended
        os.kill(first, signal.SIGKILL)
        for _ in range(times):
            new = replaced(server.pid, ended)
            ended.add(new)
            os.kill(new, signal.SIGKILL)  # it takes longer than this to import what it serves
        if times == MOST_FAILED_STARTS:
            assert server.wait(10) == 1
            return
        replaced(server.pid, ended)
        assert second in children(server.pid)
        assert [get(port) for _ in range(20)] == [[200]] * 20
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


def replaced(pid: int, before: set[int]) -> int:
    """The worker that takes the place of one of these."""
    deadline = time.monotonic() + 10
    while not (new := set(children(pid)) - before):
        assert time.monotonic() < deadline
    return new.pop()


def test_workers_do_not_outlive_their_parent() -> None:
    with process(DRAGOMAN_SERVER_WORKERS="2") as (server, _):
        workers = children(server.pid)
        server.kill()
        server.wait(5)
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{pid}/cmdline").exists() and alive(pid) for pid in workers):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def alive(pid: int) -> bool:
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
