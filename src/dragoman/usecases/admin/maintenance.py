"""Maintenance of the database for the command line: its file, verification, copies. Outside any unit of work."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from dragoman.domain.clock import Moment
from dragoman.store.engine import files
from dragoman.store.maintenance import backup, overview, verification
from dragoman.store.maintenance import export as portable
from dragoman.store.maintenance.overview import Overview
from dragoman.store.maintenance.verification import Report
from dragoman.store.repositories.digests import Folder
from dragoman.store.store import Store


def form(store: Store) -> tuple[str | None, bool]:
    """The revision of the tables, None before there are any; and whether it is this program's."""
    return overview.form(store.engine)


def size(store: Store) -> int:
    """The bytes that the database takes on disk."""
    return overview.size(store.engine)


def look(store: Store, now: Moment) -> Overview:
    """What there is and waits over all tenants; the tables must be of this program's form."""
    return overview.look(store.engine, now)


def database_file(store: Store) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for PostgreSQL."""
    return files.database_file(store.engine)


def must_be_unused(store: Store) -> None:
    """Conflict unless the database holds only tenants in their initial state."""
    portable.must_be_unused(store.engine)


def served_by_us(store: Store) -> AbstractContextManager[None]:
    """Hold the lock of a SQLite file's server. Conflict when another one holds it."""
    return files.served_by_us(store.engine)


def worked_on_by_us(store: Store) -> AbstractContextManager[None]:
    """Be one of the processes that do background work beside the server of a SQLite file."""
    return files.worked_on_by_us(store.engine)


def alone(store: Store) -> AbstractContextManager[bool]:
    """Keep other processes off a SQLite file, together with `served_by_us`. False when one does background work."""
    return files.alone(store.engine)


def verify(store: Store, digests: Folder | None, now: Moment) -> Report:
    """Check all history, its digests and their files."""
    return verification.verify(store.engine, digests, now)


def back_up(store: Store, file: Path, at: Moment, *, overwrite: bool) -> None:
    """Write a copy to a file while servers may run. Conflict when the file exists."""
    backup.save(store.engine, file, at, overwrite=overwrite)


def restore(store: Store, file: Path, digests: Folder | None, at: Moment, *, force: bool) -> Path | None:
    """Replace the database by a copy or an export, entirely or not at all.

    Digests in the folder belong to the former history: the folder is renamed. Returns its new name, None without
    digests.
    """
    backup.restore(store.engine, file, force=force)
    return digests.set_aside(at) if digests is not None else None


def export(store: Store, at: Moment, tenant: int | None) -> Iterator[bytes]:
    """A tenant (None: all tenants) as lines of JSON."""
    return portable.lines(store.engine, at, tenant)


def import_(store: Store, lines: Iterable[bytes], digests: Folder | None, at: Moment) -> int:
    """Load an export into an empty database, entirely or not at all; returns the number of rows."""
    store.migrate()
    rows = portable.load(store.engine, lines)
    if digests is not None:
        digests.set_aside(at)
    return rows
