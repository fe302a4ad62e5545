"""Work: a command on its way through a lane, and its result."""

from collections.abc import Callable, Hashable
from typing import Any

from dragoman.command import Exclusive, Keys
from dragoman.store.unit.awaiting import Awaited
from dragoman.store.unit.overlay import Overlay, Stamp


class Work:
    """One command. `execute` runs it over an overlay, and may run several times. `future` belongs to the submitter: the
    lane returns it with the work after the commit."""

    __slots__ = (
        *("awaited", "deadline", "error", "execute", "future", "is_bulk", "is_settled", "keys", "learned", "lessons"),
        *("not_before", "queued_at", "result", "span", "stamp", "tenant"),
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
        self.deadline = deadline  # on the monotonic clock; it isn't started after that
        self.queued_at = 0.0  # on the same clock
        self.not_before = 0.0  # likewise: it waits for rows that another transaction holds
        self.learned: Keys | None = None  # of an exclusive command: rows that it turned out to lock, for their order
        self.lessons = 0  # how often that happened
        self.awaited: Awaited | None = None  # of a list: the transactions under way that it waits for
        self.future: Any = None
        self.span: Any = None  # belongs to the submitter, too: the span of its request
        self.is_bulk = False  # a slice of long work: no request waits for it
        self.is_settled = False  # its transaction has ended for certain
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def is_exclusive(self) -> bool:
        """Whether it finds rows by a condition: it shares its transaction only with those that share its look."""
        return isinstance(self.keys, Exclusive)

    @property
    def look(self) -> Hashable:
        """By what it picks rows, and for whom; None for a work that doesn't."""
        look = self.keys.look if isinstance(self.keys, Exclusive) else None
        return None if look is None else (self.tenant, self.stamp.actor, look)

    @property
    def draws_numbers(self) -> bool:
        """Whether it locks a counter."""
        return isinstance(self.keys, Keys) and self.keys.draws_numbers

    def unwrap(self) -> Any:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.result
