"""The loop that ends batches which nobody decided in time, once a second: every node looks, and each ends once."""

import logging

from dragoman.domain.access import system
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.usecases.batches.execution import expiry

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SLICE = 50
OPERATION = "batch.expire"


async def run(runner: Runner) -> None:
    """Look once a second, as long as the server runs."""
    await forever("reviews", lambda: end_what_is_over(runner), LOOK_SECONDS)


async def end_what_is_over(runner: Runner) -> int:
    """End the batches of every tenant whose review is over; how many there were."""
    ended = 0
    for tenant in await runner.read(expiry.tenants_with_due, expiry.FindTenants(), system(DIRECTORY_TENANT)):
        while done := await _end(runner, tenant):
            ended += done
            log.info("batch.expired", extra={"tenant": tenant, "batches": done})
    return ended


async def _end(runner: Runner, tenant: int) -> int:
    command = expiry.End(SLICE)
    return await runner.write(expiry.end, command, system(tenant), "core", operation=OPERATION, bulk=True)
