"""Forgetting what was kept for a time only."""

from dragoman.domain.access import system
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops import App, forever
from dragoman.usecases import pruning, tenants

LOOK_SECONDS = 600.0


async def run(app: App) -> None:
    """Look every few minutes, for as long as the server runs."""
    await forever("pruning", lambda: prune(app), LOOK_SECONDS)


async def prune(app: App) -> int:
    """Forget every tenant's old answers, slice by slice; how many there were."""
    forgotten = 0
    for _, tenant in await app.read(tenants.list_all, tenants.ListTenants(), system(DIRECTORY_TENANT)):
        while done := await app.write(pruning.prune_answers, pruning.PruneAnswers(), system(tenant), "core"):
            forgotten += done
    return forgotten
