"""The files of a SQLite database: where they are, and the lock that keeps a second server off them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.domain.errors import Conflict
from dragoman.store.engines import Engine


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for PostgreSQL."""
    name = engine.url.database
    if not engine.is_sqlite or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).absolute()


@contextmanager
def served_by_us(engine: Engine) -> Iterator[None]:
    """Be the one process that serves this SQLite file, as long as the block lasts. Conflict when another is.

    The lock is the kernel's on a file beside the database, so it goes with the process, however that ends.
    """
    database = database_file(engine)
    if database is None:
        yield
        return
    path = database.with_name(f"{database.name}-serving")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise Conflict(
                "served_already",
                f"Process {other} serves {database} already; a SQLite file has one serving process. "
                "Stop that one first, or take PostgreSQL for more.",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
