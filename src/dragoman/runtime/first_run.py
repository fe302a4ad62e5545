"""Whether the first user is still to be made: asked of the database until one is there, and never again."""

from dragoman.domain.access import system
from dragoman.runtime.executor import Executor
from dragoman.usecases.identity import first_run


class FirstRun:
    """The first run of a server. `is_offered`: its page can be used at all, since users sign in by passwords."""

    def __init__(self, executor: Executor, *, is_offered: bool) -> None:
        self._executor = executor
        self._may_be_open = is_offered

    async def is_open(self, tenant: int) -> bool:
        """Whether there is no user, of any tenant."""
        if self._may_be_open:
            self._may_be_open = await self._executor.read(first_run.is_open, first_run.Look(), system(tenant))
        return self._may_be_open

    def code(self, tenant: int) -> str | None:
        """The code that opens the page from other machines; None when it is closed. For a server that isn't started."""
        if not self._may_be_open:
            return None
        found: str | None = self._executor.call(first_run.draw_code, first_run.DrawCode(), tenant)
        return found
