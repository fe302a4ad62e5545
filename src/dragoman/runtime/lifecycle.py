"""What a process does with an application: start it, stop it, close it."""

from collections.abc import Callable
from typing import Protocol


class Lifecycle(Protocol):
    """Something that runs as long as its process."""

    def start(self, on_death: Callable[[], None] | None = None) -> None:
        """Open for work on the running event loop. `on_death` is called, from any thread, if a lane dies."""
        ...

    async def stop(self) -> None:
        """Begin no more background work; requests are still answered."""
        ...

    def close(self) -> None:
        """Finish queued work, then release everything."""
        ...
