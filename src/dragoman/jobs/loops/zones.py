"""The look at the start whether the rules of time zones are those by which local times were computed."""

import logging

from dragoman.domain.access import system
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.domain.zones import RELEASE
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.usecases.admin import tenants
from dragoman.usecases.background import zones

log = logging.getLogger(__name__)

LOOK_SECONDS = 86_400.0


async def run(runner: Runner) -> None:
    """Look now, and once a day while the server runs."""
    await forever("zones", lambda: queue_what_differs(runner), LOOK_SECONDS)


async def queue_what_differs(runner: Runner) -> int:
    """Queue the job of each tenant whose local times were computed by other rules; how many."""
    queued = 0
    for _, tenant in await runner.read(tenants.list_all, tenants.ListTenants(), system(DIRECTORY_TENANT)):
        if not await runner.read(zones.differs, zones.Compare(), system(tenant)):
            continue
        if await runner.write(zones.queue, zones.Queue(), system(tenant), "core"):
            log.info("zones.changed", extra={"tenant": tenant, "release": RELEASE})
            queued += 1
    return queued
