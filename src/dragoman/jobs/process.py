"""A process that does background work and serves nothing: jobs, timers, upkeep. It stops as a server does."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable

from dragoman import __version__, logs
from dragoman.runtime import service_manager, signals
from dragoman.runtime.lifecycle import Lifecycle
from dragoman.settings import Settings

log = logging.getLogger(__name__)

READY = "dragoman ready to work"
FAILED = 1
CLOSING_SECONDS = 3.0


def work(settings: Settings, open_application: Callable[[], Lifecycle]) -> int:
    """Work until a signal stops it; the exit code. The process ends by itself, non-zero, when a lane has died."""
    logs.setup(settings.log_level)
    application = open_application()
    code = asyncio.run(_work(application))
    if code:
        sys.stderr.flush()
        os._exit(code)  # a thread that waits for a dead database must not keep the process
    return code


async def _work(application: Lifecycle) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def died() -> None:
        loop.call_soon_threadsafe(end, FAILED)

    for number in signals.stopping():
        loop.add_signal_handler(number, end, 0)
    application.start(died)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    service_manager.notify("READY=1")
    log.info("worker.started", extra={"version": __version__})
    code = await ended or await _close(application)
    log.info("worker.stopped", extra={"status": code})
    return code


async def _close(application: Lifecycle) -> int:
    await application.stop()
    try:
        await asyncio.wait_for(asyncio.to_thread(application.close), CLOSING_SECONDS)
    except TimeoutError:
        log.error("worker.close_timed_out")
        return FAILED
    return 0
