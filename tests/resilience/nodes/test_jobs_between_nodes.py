"""Workers on one PostgreSQL: what one of them leaves, the others finish, and what it wakes up to is theirs."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dragoman.domain.clock import SystemClock
from dragoman.domain.job import LEASE_SECONDS, Job, JobState
from tests.resilience.nodes import slow_node
from tests.resilience.nodes.slow_node import KIND
from tests.support.server import environment
from tests.support.sizes import sized
from tests.support.world import World

ROOT = Path(__file__).parents[3]
TAKEN_OVER_SECONDS = 60.0
WORK, SERVE = ("work",), ("serve", "--port", "0")


class Nodes(World):
    """A database, and processes that work on it."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, SystemClock())
        self.url = url
        self.goes_on = folder / "goes-on"
        self.log = folder / "log"
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, *command: str, lease_seconds: float = LEASE_SECONDS) -> None:
        """One more node, that only works unless a command says otherwise; it is at work when this returns."""
        variables = {"DRAGOMAN_JOBS_LEASE_SECONDS": str(lease_seconds), "SLOW_GOES_ON": str(self.goes_on)}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", slow_node.__name__, *(command or WORK)],
                env=environment(self.url) | variables,
                cwd=ROOT,  # `-m` finds `tests` there
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.processes[process.pid] = process
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"dragoman ready "), self.log.read_text()

    def job(self, uid: str) -> Job:
        job: Job = self.core(lambda uow: uow.jobs.get(uid))
        return job

    def notes(self, uid: str) -> list[tuple[int, int]]:
        """Process and attempt of every note that was written in a job's name."""
        found = self.core(lambda uow: [uow.tasks.find(number) for number in range(1, 20)])
        return [(int(task.title), task.priority) for task in found if task is not None and task.description == uid]

    def wait_for(self, enough: Callable[[], bool], seconds: float = TAKEN_OVER_SECONDS) -> None:
        """Ask again and again, for so long at most."""
        pause = threading.Event()
        for _ in range(int(seconds / 0.1)):
            if enough():
                return
            pause.wait(0.1)
        raise AssertionError(f"it did not come to pass in {seconds} s")

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        super().close()


@pytest.fixture
def nodes(postgres_url: str, tmp_path: Path) -> Iterator[Nodes]:
    nodes = Nodes(postgres_url, tmp_path)
    yield nodes
    nodes.close()


def begin(nodes: Nodes) -> tuple[str, int]:
    """A job in the hands of one of two nodes: its uid, and that node's process."""
    uid = nodes.core(lambda uow: uow.enqueue(KIND).uid)
    nodes.wait_for(lambda: bool(nodes.notes(uid)))
    [(holder, attempt)] = nodes.notes(uid)
    assert attempt == 1
    return uid, holder


def test_what_a_killed_node_held_is_finished_by_the_other_within_a_minute(nodes: Nodes) -> None:
    for _ in range(2):
        nodes.start(lease_seconds=sized(4.0, LEASE_SECONDS))
    uid, holder = begin(nodes)
    os.kill(holder, signal.SIGKILL)
    nodes.wait_for(lambda: nodes.job(uid).state is JobState.COMPLETED)
    [_, (other, attempt)] = nodes.notes(uid)
    assert (other != holder, attempt) == (True, 2)


def test_a_node_that_was_asleep_writes_nothing_when_it_wakes(nodes: Nodes) -> None:
    for _ in range(2):
        nodes.start(lease_seconds=2.0)
    uid, holder = begin(nodes)
    os.kill(holder, signal.SIGSTOP)
    nodes.wait_for(lambda: nodes.job(uid).state is JobState.COMPLETED)
    nodes.goes_on.touch()  # from now on its handler would write again and again
    os.kill(holder, signal.SIGCONT)
    [(other, _)] = nodes.notes(uid)[1:]
    os.kill(other, signal.SIGKILL)
    again = nodes.core(lambda uow: uow.enqueue(KIND).uid)
    nodes.wait_for(lambda: len(nodes.notes(again)) > 1)  # so it is awake, and writes whatever it may
    assert nodes.notes(again)[0] == (holder, 1)
    assert nodes.notes(uid) == [(holder, 1), (other, 2)]


@pytest.mark.parametrize("command", [WORK, SERVE], ids=["work", "serve"])
def test_a_node_told_to_stop_hands_its_job_to_the_other(nodes: Nodes, command: tuple[str, ...]) -> None:
    for _ in range(2):
        nodes.start(*command)
    uid, holder = begin(nodes)
    os.kill(holder, signal.SIGTERM)
    assert nodes.processes[holder].wait(10) == 0
    nodes.wait_for(lambda: len(nodes.notes(uid)) == 2, LEASE_SECONDS / 2)  # it waits for no lease
    [_, (other, attempt)] = nodes.notes(uid)
    assert (other != holder, attempt) == (True, 1)  # and the attempt was not counted
    assert nodes.job(uid).state is JobState.RUNNING
