"""The files of a SQLite database: where they are, the room beside them, and the lock that keeps a second server off."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.domain.errors import Conflict, Unavailable
from dragoman.store.engine.engines import Engine


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for PostgreSQL."""
    name = engine.url.database
    if not engine.is_sqlite or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).absolute()


def storage_full() -> Unavailable:
    """The error when there is no room for a change. Room is checked for each group, so a retry helps soon."""
    return Unavailable("storage_full", "There is no room left to store this.", retry_after_seconds=5)


def readable_by_others(engine: Engine) -> list[Path]:
    """The files of a SQLite database that users other than the owner can read or write."""
    database = database_file(engine)
    if database is None:
        return []
    files = [database, *(database.with_name(database.name + ending) for ending in ("-wal", "-shm"))]
    return [file for file in files if file.exists() and file.stat().st_mode & 0o077]


class Room:
    """The room beside a database, of which the last bytes are kept for what a server must do after it refuses changes:
    move the log into the database, be stopped and started, let an administrator in."""

    def __init__(self, database: Path, least_bytes: int) -> None:
        self._folder = database.parent
        self._least_bytes = least_bytes

    def refusal(self) -> Unavailable | None:
        """Why nothing can be changed now; None as long as there is room."""
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return None  # the database reports the error itself
        return storage_full() if found.f_bavail * found.f_frsize < self._least_bytes else None


@contextmanager
def served_by_us(engine: Engine) -> Iterator[None]:
    """Be the one server of this SQLite file, as long as the block lasts. Conflict when another is.

    The lock is the kernel's on a file beside the database, so it goes with the process, however that ends.
    """
    handle = _open_lock(engine, "serving")
    if handle is None:
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise Conflict(
                "served_already",
                f"Process {other} serves {engine.url.database} already. Stop that one first; one server can have "
                "several workers.",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def worked_on_by_us(engine: Engine) -> Iterator[None]:
    """Be one of the processes that do background work beside the server of a SQLite file, as long as the block lasts.

    Waits while a server starts, or a copy is put in the place of the file.
    """
    handle = _open_lock(engine, "working")
    if handle is None:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def alone(engine: Engine) -> Iterator[bool]:
    """Keep processes that do background work off a SQLite file, as long as the block lasts. False when there is one."""
    handle = _open_lock(engine, "working")
    if handle is None:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _open_lock(engine: Engine, name: str) -> int | None:
    database = database_file(engine)
    if database is None:
        return None
    return os.open(database.with_name(f"{database.name}-{name}"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
