"""Waiting for news in the event log, for dialects: a waiting request holds neither a thread nor a connection."""

from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self


class Listener(Protocol):
    """Hears of news in one tenant's log. A context: the tenant's log is looked at for it until the end of the block."""

    def arm(self) -> None:
        """Begin a look at the log: what is committed from here on ends the next wait."""
        ...

    def looked(self, sequence: int) -> None:
        """All up to this sequence is known."""
        ...

    def wake(self) -> None:
        """End the present wait, as if there was news."""
        ...

    async def wait(self, seconds: float) -> bool:
        """Wait for news since `arm`. False when there were none within so many seconds.

        A hint: there may be nothing. Unavailable once the server stops.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What the settings say of streams of events."""

    heartbeat_seconds: float = 15.0
    per_user: int = 10
    most: int = 1_000
    seconds: float = 3_600.0


class Watch(Protocol):
    """The event logs, for all in a process who wait for them."""

    rules: StreamRules
    streams: Counter[str]  # that are open, by user
    shared: dict[int, Any]  # by tenant: what its streams share; dropped with its last listener

    def listen(self, tenant: int) -> Listener:
        """A listener to the tenant's log."""
        ...
