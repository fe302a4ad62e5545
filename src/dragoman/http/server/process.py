"""One serving process: uvicorn with our protocol, an application, and its pages."""

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Protocol

import uvicorn
from uvicorn.config import Config

from dragoman import __version__, logs
from dragoman.http.endpoints.metrics import Metrics, Monitored
from dragoman.http.server.admission import Admission
from dragoman.http.server.asgi import ASGIApp
from dragoman.http.server.gateway import Gateway, Traced
from dragoman.http.server.listeners import url_of
from dragoman.http.server.protocol import TimedProtocol
from dragoman.http.server.worker_sockets import WorkerSockets
from dragoman.logs import RequestLog
from dragoman.runtime import signals
from dragoman.runtime.lifecycle import Lifecycle
from dragoman.settings import Settings

log = logging.getLogger(__name__)

FAILED = 1
FAILURE_GRACE_SECONDS = 0.5
CLOSING_SECONDS = 1.5  # of `timeouts.stop_seconds`, for closing the application


class Service(Traced, Monitored, Lifecycle, Protocol):
    """What a process serves."""


Factory = Callable[[Settings], tuple[Service, Mapping[str, ASGIApp]]]


class Server(uvicorn.Server):
    """uvicorn's server, which reports when it is ready, and ends when a lane has died."""

    def __init__(self, config: Config, application: Lifecycle, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.exit_code = 0
        self._application = application
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
        """Answer the requests that are being served, while the application stops its background work."""
        if self.exit_code:
            await super().shutdown(sockets)  # nothing stops in order after a lane has died
            return
        await asyncio.gather(super().shutdown(sockets), self._application.stop())

    def fail(self) -> None:
        """End at once, non-zero: requests that wait for a dead lane can't be answered."""
        self.exit_code = FAILED
        self.config.timeout_graceful_shutdown = FAILURE_GRACE_SECONDS  # type: ignore[assignment]
        self.should_exit = True

    def stop(self) -> None:
        """Answer the requests that are being served, then end."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but without raising the signal again after a stop in good order."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in signals.stopping()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def config_of(gateway: Gateway) -> Config:
    """uvicorn's configuration of one process."""
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


def run(
    settings: Settings,
    factory: str,
    listeners: Sequence[socket.socket],
    on_ready: Callable[[str], None],
    parent: Connection | None = None,
    sockets: WorkerSockets | None = None,
) -> int:
    """Serve until a signal; the listeners stay open. With `parent` also until the other end of that pipe closes."""
    requests = logs.setup(settings.log_level)
    service, pages = _load(factory)(settings)
    admission = Admission(settings.limits.in_hand, settings.timeouts.turn_seconds)
    metrics = Metrics(service, requests.counted, sockets, admission)
    mounts = {**pages, **metrics.mounts()}
    config = config_of(Gateway(service, requests=requests, mounts=mounts, admission=admission))
    address = url_of(listeners[0])

    def ready() -> None:
        log.info("server.started", extra={"version": __version__, "address": address})
        for dialect in service.dialects:
            if dialect.is_open:
                log.warning("dialect.open", extra={"dialect": dialect.name})
        on_ready(address)

    server = Server(config, service, ready)

    async def serve() -> None:
        if parent is not None:
            asyncio.get_running_loop().add_reader(parent.fileno(), server.stop)
        async with metrics.listening():
            await server.serve([listener.dup() for listener in listeners])  # it closes those that it is given
        await _close(server, service, requests)

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())
    return 0


async def _close(server: Server, service: Lifecycle, requests: RequestLog) -> None:
    """Close the application. A thread that waits for a dead disk or lane must not keep the process."""
    if not server.exit_code:
        try:
            await asyncio.wait_for(asyncio.to_thread(service.close), CLOSING_SECONDS)
        except TimeoutError:
            log.error("server.close_timed_out")
            server.exit_code = FAILED
    log.info("server.stopped", extra={"status": server.exit_code})
    requests.flush()
    if server.exit_code:
        sys.stderr.flush()
        os._exit(server.exit_code)


def _load(factory: str) -> Factory:
    module, _, name = factory.partition(":")
    loaded: Factory = getattr(importlib.import_module(module), name)
    return loaded
