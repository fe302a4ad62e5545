"""Running the server: one process, or several on one port; ready is said once it accepts; SIGTERM ends it with 0.

After SIGHUP the same command starts anew on the same sockets (see supervision.py), whatever the number of workers.

With several workers each is a process of its own with its own application; the kernel shares out the connections
(SO_REUSEPORT). When one of them ends by itself, whatever the reason, the others are stopped in good order and the
whole ends non-zero: a service manager starts it anew. Restarting single workers would hide what killed them, and
loops when the cause is lasting.
"""

import asyncio
import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

import uvicorn
from uvicorn.config import Config

from dragoman import logs
from dragoman.http.endpoints.metrics import Metrics, Monitored
from dragoman.http.server.asgi import ASGIApp
from dragoman.http.server.gateway import Gateway, Traced
from dragoman.http.server.protocol import TimedProtocol
from dragoman.http.server.worker_sockets import Siblings, meeting_place
from dragoman.logs import RequestLog
from dragoman.runtime.lifecycle import Lifecycle
from dragoman.runtime.service_manager import Supervisor
from dragoman.settings import Settings

log = logging.getLogger(__name__)

FAILED = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT)
FAILURE_GRACE_SECONDS = 0.5
CLOSING_SECONDS = 1.5  # what is left of the time to stop for the application's own end


class Service(Traced, Monitored, Lifecycle, Protocol):
    """What a process serves."""


Factory = Callable[[Settings], tuple[Service, Mapping[str, ASGIApp]]]


class Server(uvicorn.Server):
    """uvicorn's server, which tells when it is ready, and ends when a lane has died."""

    def __init__(self, config: Config, app: Lifecycle, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.exit_code = 0
        self._application = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the application, then the port."""
        loop = asyncio.get_running_loop()

        def died() -> None:
            loop.call_soon_threadsafe(self.fail)

        self._application.start(died)
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is in hand, and let the application put down its own work meanwhile."""
        if self.exit_code:
            await super().shutdown(sockets)  # a dead lane answers to nothing
            return
        await asyncio.gather(super().shutdown(sockets), self._application.stop())

    def fail(self) -> None:
        """End at once, non-zero: nothing that waits for a dead lane will ever be answered."""
        self.exit_code = FAILED
        self.config.timeout_graceful_shutdown = FAILURE_GRACE_SECONDS  # type: ignore[assignment]
        self.should_exit = True

    def stop(self) -> None:
        """Finish what is in hand, then end."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a stop that went well isn't turned into death by that signal."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(settings: Settings, factory: str, supervisor: Supervisor) -> int:
    """Serve until told to stop; the exit code. `factory`, "module:function", makes the Service and its pages.

    The supervisor's sockets are listened on, if it has any; else it has those that were opened here, afterwards.
    """
    host, port = settings.server.host, settings.server.port
    try:
        supervisor.listeners = supervisor.listeners or _listeners(host, port, settings.server.workers)
    except OSError as error:
        sys.stderr.write(f"dragoman: can't listen on {host}:{port}: {error.strerror}\n")
        return FAILED
    if settings.server.workers > 1:
        return _serve_with_workers(settings, factory, supervisor)

    def ready(url: str) -> None:
        _say_ready(url)
        supervisor.tell("READY=1")

    return _serve_here(settings, factory, supervisor.listeners, ready, supervisor.hears_hangups)


def _listeners(host: str, port: int, workers: int) -> list[socket.socket]:
    """A socket for each worker at the same address. OSError when another has it, or it isn't ours."""
    first = bind(host, port)
    if workers == 1:
        return [first]
    # The first bind found the port free; only these let our workers, and others of ours, share it.
    port = first.getsockname()[1]
    first.close()
    return [bind(host, port, shared=True) for _ in range(workers)]


def _share(listeners: list[socket.socket], workers: int, number: int) -> list[socket.socket]:
    """Those of one worker: each socket has somebody who accepts, and each worker one at least."""
    return listeners[number::workers] or [listeners[number % len(listeners)]]


def config_of(gateway: Gateway) -> Config:
    """uvicorn's settings for one process of ours."""
    return Config(
        gateway,
        loop="uvloop",
        http=TimedProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, int(gateway.timeouts.stop_seconds - CLOSING_SECONDS)),
    )


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket at an address, not listening yet. OSError when another has it, or it isn't ours."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def url_of(listener: socket.socket) -> str:
    """The address at which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say_ready(url: str) -> None:
    sys.stdout.write(f"dragoman ready {url}\n")
    sys.stdout.flush()


def _serve_here(
    settings: Settings,
    factory: str,
    listeners: list[socket.socket],
    on_ready: Callable[[str], None],
    hears_hangups: Callable[[Callable[[], None]], AbstractContextManager[None]],
    parent: Connection | None = None,
    siblings: Siblings | None = None,
) -> int:
    """One process; the sockets stay open. With `parent` it also stops when the other end of that pipe closes."""
    requests = logs.setup(settings.log_level)
    app, pages = _load(factory)(settings)
    metrics = Metrics(app, requests.counted, siblings)
    config = config_of(Gateway(app, requests=requests, mounts={**pages, **metrics.mounts()}))
    server = Server(config, app, lambda: on_ready(url_of(listeners[0])))

    async def run() -> None:
        if parent is not None:
            asyncio.get_running_loop().add_reader(parent.fileno(), server.stop)
        with hears_hangups(server.stop):
            async with metrics.listening():
                await server.serve([listener.dup() for listener in listeners])  # it closes what it is given
        await _end(server, app, requests)

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())
    return 0


async def _end(server: Server, app: Lifecycle, requests: RequestLog) -> None:
    """Let the application end, for a moment. A thread that hangs on a dead disk or lane must not keep the process."""
    if not server.exit_code:
        try:
            await asyncio.wait_for(asyncio.to_thread(app.close), CLOSING_SECONDS)
        except TimeoutError:
            log.error("server.closing_too_slowly")
            server.exit_code = FAILED
    requests.flush()
    if server.exit_code:
        sys.stderr.flush()
        os._exit(server.exit_code)


def _load(factory: str) -> Factory:
    module, _, name = factory.partition(":")
    loaded: Factory = getattr(importlib.import_module(module), name)
    return loaded


# Several processes


def _serve_with_workers(settings: Settings, factory: str, supervisor: Supervisor) -> int:
    """The parent: starts the workers, says ready when all are, passes a signal on, and waits for their end."""
    with meeting_place() as folder:
        return _serve_among(settings, factory, supervisor, folder)


def _serve_among(settings: Settings, factory: str, supervisor: Supervisor, folder: str | None) -> int:
    listeners = supervisor.listeners  # held to the end, so that nobody else gets the port meanwhile
    context = multiprocessing.get_context("spawn")
    workers: list[BaseProcess] = []
    pipes: list[Connection] = []
    for number in range(settings.server.workers):
        ours, theirs = context.Pipe()
        share = _share(listeners, settings.server.workers, number)
        siblings = Siblings(folder, number, settings.server.workers)
        workers.append(context.Process(target=_work, args=(settings, factory, share, theirs, siblings)))
        workers[-1].start()
        theirs.close()
        pipes.append(ours)
    told: list[bool] = []

    def stop() -> None:
        told.append(True)
        for worker in workers:
            worker.terminate()

    for signum in SIGNALS:
        signal.signal(signum, lambda number, frame: stop())
    with supervisor.hears_hangups(stop):
        if _all_ready(pipes):
            _say_ready(url_of(listeners[0]))
            supervisor.tell("READY=1")
        wait([worker.sentinel for worker in workers])
    by_itself = not told
    good = {0, -signal.SIGTERM} if told else {0}  # one that was told before it could listen to us dies of it
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(settings.timeouts.stop_seconds)
        worker.kill()
        worker.join()
    return FAILED if by_itself or any(worker.exitcode not in good for worker in workers) else 0


def _all_ready(pipes: list[Connection]) -> bool:
    """Wait for each worker's word; False when one ended without it."""
    try:
        for pipe in pipes:
            pipe.recv()
    except EOFError:
        return False
    return True


def _work(
    settings: Settings, factory: str, listeners: list[socket.socket], pipe: Connection, siblings: Siblings
) -> None:
    """A worker: its own application on its share of the sockets. Hangups are the parent's affair."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    alone = contextlib.nullcontext()
    sys.exit(_serve_here(settings, factory, listeners, pipe.send, lambda stop: alone, pipe, siblings))
