"""Rows as they were drawn before, each for the same task in the same version, until a time in it is written otherwise.

All else that a row shows is in its key: the names of what the task links, and what the reader may do. A task that is
read again in the same version may be another object, and is then drawn again.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from typing import NamedTuple

from dragoman.domain.clock import Moment
from dragoman.domain.task import Task

MOST_BYTES = 8 * 1024 * 1024
BYTES_A_ROW = 600
"""What a row takes beside its text: the key, the entry, and a task that nothing else refers to."""
BYTES_A_CHARACTER = 2


class Kept(NamedTuple):
    """A row as it was drawn at `since`, right until `until`."""

    task: Task
    since: Moment
    until: Moment
    text: str

    @property
    def bytes(self) -> int:
        """What it takes, by estimate."""
        return BYTES_A_ROW + BYTES_A_CHARACTER * len(self.text)


class KeptRows:
    """Those of one process; the ones that were not asked for the longest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, key: Hashable, task: Task, now: Moment) -> str | None:
        """The row of just this task, if it was drawn and is right now."""
        kept = self._kept.get(key)
        if kept is None or kept.task is not task or not kept.since <= now < kept.until:
            return None
        with suppress(KeyError):  # it has just gone
            self._kept.move_to_end(key)
        return kept.text

    def keep(self, key: Hashable, kept: Kept) -> None:
        """Keep it in place of what was kept for this key."""
        with self._guard:
            before = self._kept.pop(key, None)
            self._kept[key] = kept
            self._bytes += kept.bytes - (0 if before is None else before.bytes)
            while self._bytes > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.bytes

    def forget(self) -> None:
        """Draw every row again."""
        with self._guard:
            self._kept.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """What they take, by estimate."""
        return self._bytes


KEPT = KeptRows()
