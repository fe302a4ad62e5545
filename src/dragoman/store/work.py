"""Work: a command on its way through a lane, and what became of it."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from dragoman.store.keys import Alone, Keys
from dragoman.store.overlay import Overlay, Stamp


class Stage(Enum):
    """Where a work is. It is withdrawn only while it waits, so nothing applied is ever called refused."""

    WAITING = 1
    TAKEN = 2
    WITHDRAWN = 3


class Work:
    """One command. `execute` runs it over an overlay, and may run several times. `future` is the submitter's own: the
    lane hands it back with the work after the commit."""

    __slots__ = ("error", "execute", "future", "is_settled", "keys", "result", "stage", "stamp", "tenant")

    def __init__(
        self,
        tenant: int,
        keys: Keys | Alone,
        execute: Callable[[Overlay], Any],
        stamp: Stamp,
    ) -> None:
        self.tenant = tenant
        self.keys = keys
        self.execute = execute
        self.stamp = stamp
        self.future: Any = None
        self.stage = Stage.WAITING
        self.is_settled = False  # its transaction has ended for certain
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def is_alone(self) -> bool:
        """Whether it shares its transaction with nobody."""
        return isinstance(self.keys, Alone)

    def unwrap(self) -> Any:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.result
