"""Keeping what is stored: where it lies, whether it is whole, copies of it. For commands, beside any unit of work."""

from contextlib import AbstractContextManager
from pathlib import Path

from dragoman.store import files
from dragoman.store.store import Store


def database_file(store: Store) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for PostgreSQL."""
    return files.database_file(store.engine)


def served_by_us(store: Store) -> AbstractContextManager[None]:
    """Be the one process that serves this database, where it can have only one. Conflict when another is."""
    return files.served_by_us(store.engine)
