"""Turns of the processes that write to one SQLite file.

SQLite lets one write at a time, and makes the others ask again after pauses that grow: under load a process then waits
half a second for what takes two milliseconds. Here they stand in line. Two locks of the kernel make the line: who holds
the first is the next to get the second, which is the turn. Both go with a process, however that ends.
"""

import fcntl
import os
import time
from pathlib import Path

from dragoman.domain.clock import uptime

PAUSE_SECONDS = 0.001


class Turn:
    """The turn of one writer, for as long as a block lasts. Every writer has its own object.

    With `patience_seconds` it waits for no longer, and then goes on without a turn: SQLite itself still keeps two from
    writing at once. Without, it waits for as long as others write.
    """

    def __init__(self, database: Path, patience_seconds: float | None = None) -> None:
        self._next, self._turn = (
            os.open(database.with_name(f"{database.name}-{name}"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            for name in ("next", "turn")
        )
        self._patience = patience_seconds

    def __enter__(self) -> None:
        if self._lock(self._next):
            self._lock(self._turn)
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up the files."""
        os.close(self._next)
        os.close(self._turn)

    def _lock(self, file: int) -> bool:
        """Whether the lock was got in time."""
        if self._patience is None:
            fcntl.flock(file, fcntl.LOCK_EX)
            return True
        until = uptime() + self._patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if uptime() > until:
                    return False
                time.sleep(PAUSE_SECONDS)  # house: ok, because a command has no other works to do
            else:
                return True
