"""Running the server: one process, or several on one port. Each signal that stops it lets it end with 0.

With several workers each is a process with its own application; the kernel distributes the connections (SO_REUSEPORT).
When one of them ends by itself, the others are stopped in good order and the server ends non-zero: the service manager
starts it again. Restarting single workers would hide the cause, and loop when it is lasting.
"""

import multiprocessing
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from dragoman.http.server import process
from dragoman.http.server.listeners import open_listeners, share_of, url_of
from dragoman.http.server.process import FAILED
from dragoman.http.server.worker_sockets import WorkerSockets, sockets_folder
from dragoman.runtime import service_manager, signals
from dragoman.settings import Settings


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
    """The parent: starts the workers, reports when all are ready, passes signals on, and waits for their end."""
    workers, pipes = _start(settings, factory, listeners, folder)
    stopped: list[int] = []

    def stop(number: int, _frame: object) -> None:
        stopped.append(number)
        for worker in workers:
            worker.terminate()

    for number in signals.stopping():
        signal.signal(number, stop)
    if _are_ready(pipes):
        _report_ready(hint, url_of(listeners[0]))
    wait([worker.sentinel for worker in workers])
    by_itself = not stopped
    _end(workers, settings.timeouts.stop_seconds)
    good = {0} if by_itself else {0, -signal.SIGTERM}  # a worker that isn't ready for the signal yet dies of it
    return FAILED if by_itself or any(worker.exitcode not in good for worker in workers) else 0


def _start(
    settings: Settings, factory: str, listeners: Sequence[socket.socket], folder: str | None
) -> tuple[list[BaseProcess], list[Connection]]:
    """The workers, and for each the pipe on which it reports that it is ready."""
    context = multiprocessing.get_context("spawn")
    workers: list[BaseProcess] = []
    pipes: list[Connection] = []
    count = settings.server.workers
    for number in range(count):
        own, other = context.Pipe()
        sockets = WorkerSockets(folder, number, count)
        arguments = (settings, factory, share_of(listeners, count, number), other, sockets)
        workers.append(context.Process(target=_work, args=arguments))
        workers[-1].start()
        other.close()
        pipes.append(own)
    return workers, pipes


def _are_ready(pipes: Sequence[Connection]) -> bool:
    """Wait until each worker is ready; False when one ended before."""
    try:
        for pipe in pipes:
            pipe.recv()
    except EOFError:
        return False
    return True


def _end(workers: Sequence[BaseProcess], seconds: float) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(seconds)
        worker.kill()
        worker.join()


def _work(
    settings: Settings, factory: str, listeners: Sequence[socket.socket], pipe: Connection, sockets: WorkerSockets
) -> None:
    """A worker: its own application on its share of the listeners. SIGHUP is for the parent."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.exit(process.run(settings, factory, listeners, pipe.send, pipe, sockets))
