"""The loop that stores which tokens were used, and which users were here."""

from dragoman.domain.access import system
from dragoman.domain.errors import Expected
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.runtime.token_uses import TokenUses
from dragoman.usecases.identity.token_uses import MarkUsed, mark_used

LOOK_SECONDS = 1.0


async def run(runner: Runner, uses: TokenUses) -> None:
    """Run every second, as long as the server runs."""
    await forever("token_uses", lambda: store(runner, uses), LOOK_SECONDS)


async def store(runner: Runner, uses: TokenUses) -> None:
    """Store the uses so far, those of a tenant in one transaction; what can't be stored waits for the next time."""
    for tenant, seen in uses.take().items():
        try:
            command = MarkUsed(seen.tokens, uses.seen_seconds, tuple(seen.users))
            await runner.write(mark_used, command, system(tenant), "core", bulk=True)
        except Expected:
            uses.give_back(tenant, seen)
