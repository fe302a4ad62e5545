"""Copies of a database, made while a server goes on writing, and put in its place again whole or not at all.

Of SQLite a copy is a database file of its own, page by page through the engine's backup; of PostgreSQL it is an export
(see `portable`) of one moment, which needs no program of a fitting version. Either is taken back into either engine.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict, Invalid, NotFound
from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from dragoman.store.engine.files import alone, database_file, served_by_us
from dragoman.store.engine.sqlite import sqlite
from dragoman.store.maintenance import event_logs
from dragoman.store.maintenance import export as portable

SQLITE_BEGINS = b"SQLite format 3\0"
EXPORT_BEGINS = b'{"dragoman":"export"'
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"  # house: ok, because this is SQLite's own word for it


def save(engine: Engine, file: Path, made_at: Moment, *, overwrite: bool = False) -> None:
    """Write a copy. The file gets its name when it is complete on disk; its SHA-256 is in a file beside it.

    Conflict when there is such a file already.
    """
    if file.exists() and not overwrite:
        raise Conflict("file_exists", f"There is a file {file} already.")
    part = file.with_name(f"{file.name}.part")
    try:
        with _private(part).open("wb") as stream:
            if engine.is_sqlite:
                _copy_pages(engine, part)
            else:
                stream.writelines(portable.lines(engine, made_at))
        _flush(part)
        sums = checksum_file(file)
        sums.unlink(missing_ok=True)
        text = f"{_sha256(part)}  {file.name}\n"
        part.replace(file)
        sums.write_text(text)
        _flush(file.absolute().parent)
    finally:
        part.unlink(missing_ok=True)


def checksum_file(file: Path) -> Path:
    """The file with the SHA-256 of a copy, in the format of `sha256sum -c`."""
    return file.with_name(f"{file.name}.sha256")


def restore(engine: Engine, file: Path, *, force: bool = False) -> None:
    """Put a copy or an export in the place of the database, whole or not at all.

    NotFound without such a file; Invalid when it is damaged or not a Dragoman database; Conflict when the database is
    used already and is not to be replaced, or is being served.
    """
    kind = _kind(file)
    _compare_checksum(file)
    target = database_file(engine)
    with served_by_us(engine), alone(engine) as is_alone:
        if target is not None and not is_alone:
            raise Conflict("served_already", f"A process does background work on {target}. Stop that one first.")
        if target is None:
            migrations.run(engine)
            _load(engine, file, kind, replace=force)
            return
        if target.exists() and not force:
            _must_be_unused(engine)
        with _beside(target) as part:
            for left in _logs(part):
                left.unlink(missing_ok=True)
            if kind == SQLITE_BEGINS:
                _take_copy(file, part)
                _rename_logs(part)
            else:
                _build(part, file)
            _exchange(target, part)


def _kind(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            begin = stream.read(len(EXPORT_BEGINS))
    except FileNotFoundError as error:
        raise NotFound("file_not_found", f"There is no file {file}.") from error
    for kind in (SQLITE_BEGINS, EXPORT_BEGINS):
        if begin.startswith(kind):
            return kind
    raise Invalid("not_a_backup", f"{file} is neither a copy made by `backup` nor an export.")


def _compare_checksum(file: Path) -> None:
    sums = checksum_file(file)
    if sums.exists() and sums.read_bytes().split()[:1] != [_sha256(file).encode()]:
        raise Invalid("backup_damaged", f"{file} is not what it was: its SHA-256 is not the one in {sums.name}.")


def _load(engine: Engine, file: Path, kind: bytes, *, replace: bool) -> None:
    """Fill the database from a file of either kind, in one transaction."""
    if kind == EXPORT_BEGINS:
        with file.open("rb") as stream:
            portable.load(engine, stream, replace=replace)
        return
    with TemporaryDirectory(prefix="dragoman-restore-") as folder:
        copy = Path(folder) / "copy.db"
        _take_copy(file, copy)
        source = _on_file(copy)
        try:
            migrations.run(source)
            portable.load(engine, portable.lines(source, Moment(0)), replace=replace)
        finally:
            source.dispose()


def _must_be_unused(engine: Engine) -> None:
    migrations.run(engine)
    with engine.reader() as connection:
        if not portable.is_unused(connection):
            raise Conflict("database_not_empty", "The database is in use already; --force puts the copy in its place.")


# SQLite files


def _copy_pages(engine: Engine, part: Path) -> None:
    """One step of the engine's backup: it reads one moment, and writers don't wait for it."""
    with engine.reader() as connection, closing(sqlite.connect(part)) as copy:
        connection.connection.dbapi_connection.backup(copy)  # type: ignore[union-attr]
        copy.execute("PRAGMA journal_mode=DELETE")  # a single file, without a WAL


def _take_copy(file: Path, part: Path) -> None:
    """Copy a database file and check it. Invalid when it is damaged, or not a Dragoman database."""
    shutil.copyfile(file, _private(part))
    try:
        with closing(sqlite.connect(part)) as copy:
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except sqlite.Error as error:
        raise Invalid("backup_damaged", f"{file} can't be read: {error}.") from error
    if found != "ok":
        raise Invalid("backup_damaged", f"{file} is damaged: {found}.")
    if revision > migrations.HEAD:
        raise Invalid("backup_too_new", f"{file} was made by a newer Dragoman; restore it with that one.")


def _rename_logs(part: Path) -> None:
    """Give the event logs of a copy new names; one of before there were any gets its logs from its migration."""
    engine = _on_file(part)
    try:
        with engine.raw.begin() as connection:
            event_logs.rename(connection)
        _settle(engine)
    finally:
        engine.dispose()


def _build(part: Path, file: Path) -> None:
    """A database file from an export."""
    engine = _on_file(_private(part))
    try:
        migrations.run(engine)
        _load(engine, file, EXPORT_BEGINS, replace=True)
        _settle(engine)
    finally:
        engine.dispose()


def _on_file(path: Path) -> Engine:
    return Engine(f"sqlite:///{path}")


def _settle(engine: Engine) -> None:
    """Move all of the write-ahead log into the file."""
    with engine.raw.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.execute(EMPTY_LOG)  # type: ignore[union-attr]
        raw.execute("PRAGMA journal_mode=DELETE")  # type: ignore[union-attr]


def _exchange(target: Path, part: Path) -> None:
    """Give the new file the old one's name. The old one's log goes first, or it would be played onto the new one."""
    _flush(part)
    if target.exists():
        _own_like(part, target)
        # A damaged one can't be settled: its log goes with it.
        with suppress(sqlite.Error), closing(sqlite.connect(target)) as old:
            old.execute(EMPTY_LOG)
    for log in _logs(target):
        log.unlink(missing_ok=True)
    part.replace(target)
    _flush(target.parent)


def _logs(database: Path) -> list[Path]:
    return [database.with_name(database.name + ending) for ending in ("-wal", "-shm", "-journal")]


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A name for a file in the making, and nothing left of it afterwards (but by a kill: the next one clears that)."""
    part = target.with_name(f"{target.name}.restoring")
    try:
        yield part
    finally:
        for left in (part, *_logs(part)):
            left.unlink(missing_ok=True)


def _private(part: Path) -> Path:
    """An empty file that only its owner can read: a copy has hashes of passwords."""
    part.unlink(missing_ok=True)
    part.touch(0o600, exist_ok=False)
    return part


def _own_like(part: Path, target: Path) -> None:
    """Give the new file the old one's owner and mode, without rights for others, so that its server can open it."""
    known = target.stat()
    part.chmod(known.st_mode & 0o770)
    with suppress(PermissionError):  # only root may give files away
        os.chown(part, known.st_uid, known.st_gid)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
