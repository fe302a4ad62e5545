"""Running the server: one process, or several on one port. Each signal that stops it lets it end with 0.

With several workers each is a process with its own application; the kernel distributes the connections (SO_REUSEPORT).
When one of them ends by itself, the log says so and another takes its place, while the others go on. When several in a
row end before they were ready, the cause is lasting: the others are stopped in good order and the server ends non-zero.
"""

import logging
import multiprocessing
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from dragoman import logs
from dragoman.http.server import process
from dragoman.http.server.listeners import open_listeners, share_of, url_of
from dragoman.http.server.process import FAILED
from dragoman.http.server.worker_sockets import WorkerSockets, sockets_folder
from dragoman.runtime import service_manager, signals
from dragoman.settings import Settings

log = logging.getLogger(__name__)

MOST_FAILED_STARTS = 3
"""Consecutive starts of a worker that fail before it is ready; then the server stops."""


def serve(settings: Settings, factory: str, inherited: Sequence[socket.socket] = (), hint: str = "") -> int:
    """Serve until a signal stops it; the exit code. `factory`, "module:function", makes the Service and its pages.

    Listens on the inherited sockets, or else at the address of the settings. `hint` is printed when it is ready, with
    the server's address in place of `{url}`.
    """
    host, port, workers = settings.server.host, settings.server.port, settings.server.workers
    try:
        listeners = inherited or open_listeners(host, port, workers)
    except OSError as error:
        sys.stderr.write(f"dragoman: can't listen on {host}:{port}: {error.strerror}\n")
        return FAILED
    if workers == 1:
        return process.run(settings, factory, listeners, partial(_report_ready, hint))
    with sockets_folder() as folder:
        return _run_workers(settings, factory, listeners, folder, hint)


def _report_ready(hint: str, url: str) -> None:
    lines = [f"dragoman ready {url}", *([hint.format(url=url)] if hint else [])]
    sys.stdout.write("\n".join(lines) + "\n")  # at once: who reads the first line may not wait for another
    sys.stdout.flush()
    service_manager.notify("READY=1")


# Several processes


def _run_workers(
    settings: Settings, factory: str, listeners: Sequence[socket.socket], folder: str | None, hint: str
) -> int:
    """The parent: starts the workers, reports when all are ready, replaces those that end, and passes signals on."""
    logs.setup(settings.log_level)
    team = Team(settings, factory, listeners, folder)
    for number in signals.stopping():
        signal.signal(number, lambda _number, _frame: team.stop())
    if team.are_ready():
        _report_ready(hint, url_of(listeners[0]))
        team.keep()
    return team.end(settings.timeouts.stop_seconds)


class Worker:
    """A worker, and whether it has reported on its pipe that it is ready. `failed_starts`: how many of its predecessors
    in a row ended before they were ready."""

    def __init__(self, number: int, process: BaseProcess, pipe: Connection, failed_starts: int) -> None:
        self.number = number
        self.process = process
        self.failed_starts = failed_starts
        self._pipe = pipe
        self._is_ready = False

    def is_ready(self, seconds: float | None = 0.0) -> bool:
        """Whether it has reported, or does so within these seconds (None: or ends)."""
        try:
            self._is_ready = self._is_ready or (self._pipe.poll(seconds) and bool(self._pipe.recv()))
        except (EOFError, OSError):
            return False
        return self._is_ready


class Team:
    """The workers of one server, each with its share of the listeners. They are started at once."""

    def __init__(
        self, settings: Settings, factory: str, listeners: Sequence[socket.socket], folder: str | None
    ) -> None:
        self._settings, self._factory, self._listeners, self._folder = settings, factory, listeners, folder
        self._context = multiprocessing.get_context("spawn")
        self._is_told = False  # by a signal
        self._workers: list[Worker] = []
        for number in range(settings.server.workers):
            self._workers.append(self._start(number))

    def stop(self) -> None:
        """Let all end in good order."""
        self._is_told = True
        for worker in self._workers:
            worker.process.terminate()

    def are_ready(self) -> bool:
        """Wait until each worker is ready; False when one ended before."""
        return all(worker.is_ready(None) for worker in self._workers)

    def keep(self) -> None:
        """Replace each worker that ends. Returns when the server is stopped, or after MOST_FAILED_STARTS."""
        while not self._is_told:
            ended = wait([worker.process.sentinel for worker in self._workers])
            for worker in list(self._workers):
                if worker.process.sentinel not in ended or self._is_told:
                    continue
                worker.process.join()
                facts = {"pid": worker.process.pid, "status": worker.process.exitcode}
                log.critical("server.worker_ended", extra=facts)
                failed_starts = 0 if worker.is_ready() else worker.failed_starts + 1
                if failed_starts == MOST_FAILED_STARTS:
                    return
                self._workers[worker.number] = self._start(worker.number, failed_starts)

    def end(self, seconds: float) -> int:
        """Stop those that still run, and kill those that don't end in time; the exit code."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(seconds)
            worker.process.kill()
            worker.process.join()
        good = {0, -signal.SIGTERM}  # a worker that isn't ready for the signal yet dies of it
        is_good = self._is_told and all(worker.process.exitcode in good for worker in self._workers)
        return 0 if is_good else FAILED

    def _start(self, number: int, failed_starts: int = 0) -> Worker:
        count = self._settings.server.workers
        own, other = self._context.Pipe()
        sockets = WorkerSockets(self._folder, number, count)
        share = share_of(self._listeners, count, number)
        arguments = (self._settings, self._factory, share, other, sockets)
        process = self._context.Process(target=_work, args=arguments)
        process.start()
        other.close()
        return Worker(number, process, own, failed_starts)


def _work(
    settings: Settings, factory: str, listeners: Sequence[socket.socket], pipe: Connection, sockets: WorkerSockets
) -> None:
    """A worker: its own application on its share of the listeners. SIGHUP is for the parent."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.exit(process.run(settings, factory, listeners, pipe.send, pipe, sockets))
