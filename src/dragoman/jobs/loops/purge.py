"""The loop that deletes what was marked for removal, in short slices.

What is marked lies in the database, so it goes on after a restart, and on whatever node looks first: a slice that two
take is done once.
"""

import logging

from dragoman.domain.access import system
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.usecases import purge as removal
from dragoman.usecases.admin import tenants

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
SLICE_SECONDS = 0.05  # maximum time in which a slice occupies the lane
SMALLEST = 20


async def run(runner: Runner) -> None:
    """Look every few seconds, as long as the server runs."""
    await forever("removal", lambda: sweep(runner), LOOK_SECONDS)


async def sweep(runner: Runner) -> int:
    """Delete everything that is marked, in every tenant; returns the number of rows."""
    removed = 0
    for _, tenant in await runner.read(tenants.list_all, tenants.ListTenants(), system(DIRECTORY_TENANT)):
        removed += await _sweep_tenant(runner, tenant)
    return removed


async def _sweep_tenant(runner: Runner, tenant: int) -> int:
    principal, removed, size = system(tenant), 0, SMALLEST
    while await runner.read(removal.waits, removal.Waits(), principal):
        began = runner.clock.monotonic()
        done = await runner.write(removal.sweep, removal.Sweep(size), principal, "core")
        if not done:  # another node was quicker
            break
        removed += done
        size = _next_size(size, runner.clock.monotonic() - began)
    if removed:
        log.info("removal.swept", extra={"tenant": tenant, "rows": removed})
    return removed


def _next_size(size: int, seconds: float) -> int:
    """Twice as many rows next time after a short slice, half as many after a long one."""
    wanted = size * 2 if seconds < SLICE_SECONDS / 2 else size // 2 if seconds > SLICE_SECONDS else size
    return min(max(wanted, SMALLEST), removal.DIRECT)
