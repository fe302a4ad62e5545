"""A process that does background work and serves nothing: jobs, timers, upkeep. Ends as a server does."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable

from dragoman import logs
from dragoman.runtime.lifecycle import Lifecycle
from dragoman.runtime.service_manager import Supervisor
from dragoman.settings import Settings

log = logging.getLogger(__name__)

READY = "dragoman ready to work"
FAILED = 1
CLOSING_SECONDS = 3.0


def work(settings: Settings, open_application: Callable[[], Lifecycle], supervisor: Supervisor) -> int:
    """Work until told to stop; the exit code. The process ends by itself, non-zero, when a lane has died."""
    logs.setup(settings.log_level)
    application = open_application()
    code = asyncio.run(_work(application, supervisor))
    if code:
        sys.stderr.flush()
        os._exit(code)  # a thread that hangs on a dead database must not keep the process
    return code


async def _work(application: Lifecycle, supervisor: Supervisor) -> int:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not told.done():
            told.set_result(code)

    def died() -> None:
        loop.call_soon_threadsafe(end, FAILED)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, 0)
    application.start(died)
    with supervisor.hears_hangups(lambda: end(0)):
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        supervisor.tell("READY=1")
        code = await told
    return code or await _close(application)


async def _close(application: Lifecycle) -> int:
    await application.stop()
    try:
        await asyncio.wait_for(asyncio.to_thread(application.close), CLOSING_SECONDS)
    except TimeoutError:
        log.error("worker.closing_too_slowly")
        return FAILED
    return 0
