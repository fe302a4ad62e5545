"""A disk that fails at one call, a process that dies at one: what was acknowledged is there (RELIABILITY 1 and 22).

strace lets the n-th call of a thread on the database's files fail, or kills at it. SQLite only: PostgreSQL has tests of
its own for what it writes.
"""

import signal
from pathlib import Path

import pytest

from tests.conftest import add_user
from tests.resilience.faults.conftest import wholly
from tests.resilience.faults.ledger import Ledger
from tests.resilience.faults.sizes import some
from tests.support.server import Server

ALL = range(1, 201)
FLUSHES, WRITES = "fsync,fdatasync", "pwrite64"
DIED = {-signal.SIGKILL, 1}
STRACE = ("strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", "signal=none")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database on a disk, with somebody to act in it."""
    url = f"sqlite:///{tmp_path / 'dragoman.db'}"
    add_user(url, "anna", admin=True)
    return url


def break_at(url: str, calls: str, how: str) -> tuple[str, ...]:
    """The command that runs a server whose calls on the files of a database meet a fault."""
    file = url.removeprefix("sqlite:///")
    paths = ("-P", file, "-P", f"{file}-wal")
    quick = () if how.startswith("signal") else ("--seccomp-bpf",)  # where no signal can be given
    return (*STRACE, *quick, *paths, "-e", f"trace={calls}", "-e", f"inject={calls}:{how}")


def run_into(url: str, calls: str, how: str) -> int | None:
    """Let clients write until the server ends; its exit code. What they were told must stand after the next start."""
    server = Server(url, within=break_at(url, calls, how))
    with wholly(server):
        with Ledger(server, 2, survives=False) as ledger:
            ledger.wait_for_end()
            status = server.wait()
        server.within = ()
        server.start()
        ledger.check()
    assert set(ledger.statuses) <= {200}  # neither a success nor a refusal can be believed any more
    return status


@pytest.mark.parametrize("n", some([6, 23], ALL))
def test_a_flush_that_fails_ends_the_process_and_loses_nothing(url: str, n: int) -> None:
    # Once alone: a second one may well succeed, and would have lost what the first could not write.
    assert run_into(url, FLUSHES, f"error=EIO:when={n}") == 1


@pytest.mark.parametrize("n", some([31], ALL))
def test_a_write_that_fails_ends_the_process_and_loses_nothing(url: str, n: int) -> None:
    assert run_into(url, WRITES, f"error=EIO:when={n}") == 1


@pytest.mark.parametrize("n", some([14], ALL))
def test_a_kill_at_a_flush_loses_nothing(url: str, n: int) -> None:
    assert run_into(url, FLUSHES, f"signal=KILL:when={n}") in DIED


@pytest.mark.parametrize("n", some([40], ALL))
def test_a_write_that_finds_no_room_is_refused_and_the_next_is_taken(url: str, n: int) -> None:
    how = f"error=ENOSPC:when={n}..{n + 5}"
    with wholly(Server(url, within=break_at(url, WRITES, how))) as server, Ledger(server, 2) as ledger:
        refused = ledger.wait_for_refusal()
        assert (refused.status, refused.json()["code"]) == (507, "storage_full")
        ledger.wait_for_more()
        ledger.stop()
        ledger.check()
