"""The loop that deletes what is stored for a limited time."""

from collections.abc import Callable

from dragoman.command import Command
from dragoman.domain.access import system
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.usecases.admin import tenants
from dragoman.usecases.background import event_pruning, jobs, pruning
from dragoman.usecases.webhooks import retention

LOOK_SECONDS = 600.0
SLICES: tuple[tuple[Callable[..., int], Command], ...] = (
    (pruning.prune_answers, pruning.PruneAnswers()),
    (pruning.prune_tokens, pruning.PruneTokens()),
    (pruning.prune_sessions, pruning.PruneSessions()),
    (jobs.prune, jobs.Prune()),
    (retention.prune_deliveries, retention.PruneDeliveries()),
)


async def run(runner: Runner) -> None:
    """Run every few minutes, as long as the server runs."""
    await forever("pruning", lambda: prune(runner), LOOK_SECONDS)


async def prune(runner: Runner) -> int:
    """Delete what is old, tenant by tenant in slices; how many rows that were. Old events are left to a job."""
    forgotten = 0
    for _, tenant in await runner.read(tenants.list_all, tenants.ListTenants(), system(DIRECTORY_TENANT)):
        for run, command in SLICES:
            while done := await runner.write(run, command, system(tenant), "core", bulk=True):
                forgotten += done
        if await runner.read(pruning.has_messages, pruning.LookForMessages(), system(tenant)):
            forgotten += await runner.write(pruning.prune_messages, pruning.PruneMessages(), system(tenant), "core")
        if await runner.read(event_pruning.has_old, event_pruning.Look(), system(tenant)):
            await runner.write(event_pruning.queue, event_pruning.Look(), system(tenant), "core")
    return forgotten
