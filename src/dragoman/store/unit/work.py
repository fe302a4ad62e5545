"""Work: a command on its way through a lane, and what became of it."""

from collections.abc import Callable
from typing import Any

from dragoman.command import Exclusive, Keys
from dragoman.store.unit.overlay import Overlay, Stamp


class Work:
    """One command. `execute` runs it over an overlay, and may run several times. `future` is the submitter's own: the
    lane hands it back with the work after the commit."""

    __slots__ = (
        *("deadline", "error", "execute", "future", "is_bulk", "is_settled", "keys"),
        *("queued_at", "result", "span", "stamp", "tenant"),
    )

    def __init__(
        self,
        tenant: int,
        keys: Keys | Exclusive,
        execute: Callable[[Overlay], Any],
        stamp: Stamp,
        deadline: float = float("inf"),
    ) -> None:
        self.tenant = tenant
        self.keys = keys
        self.execute = execute
        self.stamp = stamp
        self.deadline = deadline  # on the monotonic clock; it isn't begun after that
        self.queued_at = 0.0  # on the same clock
        self.future: Any = None
        self.span: Any = None  # the submitter's own, too: what it is part of where requests are traced
        self.is_bulk = False  # a slice of long work, for which nobody waits
        self.is_settled = False  # its transaction has ended for certain
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def is_exclusive(self) -> bool:
        """Whether it shares its transaction with nobody."""
        return isinstance(self.keys, Exclusive)

    def unwrap(self) -> Any:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.result
