"""The look at the start for users who decided batches lately and have no role for it."""

import logging

from dragoman.domain.access import system
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.usecases.admin import tenants
from dragoman.usecases.batches.review import deciders

log = logging.getLogger(__name__)

LOOK_SECONDS = 30 * 86_400.0
SHOWN = 20


async def run(runner: Runner) -> None:
    """Look now, and once a month while the server runs."""
    await forever("deciders", lambda: tell(runner), LOOK_SECONDS)


async def tell(runner: Runner) -> int:
    """Log them, a line for each tenant that has any; how many there are."""
    count = 0
    for _, tenant in await runner.read(tenants.list_all, tenants.ListTenants(), system(DIRECTORY_TENANT)):
        logins = await runner.read(deciders.without_role, deciders.WithoutRole(), system(tenant))
        if logins:
            facts = {"tenant": tenant, "logins": logins[:SHOWN], "users": len(logins)}
            log.info("batch.deciders_without_role", extra=facts)
        count += len(logins)
    return count
