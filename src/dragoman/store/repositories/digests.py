"""Digests in the store, and the folder into which they are written for safekeeping elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.digest import Digest, Head, document
from dragoman.store import tables
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

D = tables.digest.c
H = tables.history.c
LARGEST = 50_000  # history rows that one digest covers, but for those of the last moment
FOLDER = "digests"


class Digests:
    """The digests of one tenant. For readers and exclusive commands."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group

    @property
    def _connection(self) -> sa.Connection:
        if self._group.connection is None:
            raise MustBeExclusive
        connection: sa.Connection = self._group.connection
        return connection

    def last(self) -> Digest | None:
        """The newest digest, or None."""
        statement = _select(self._group.tenant).order_by(D.sequence.desc()).limit(1)
        return _digest(self._connection.execute(statement).first())

    def behind(self, sequence: int) -> Digest | None:
        """The first digest behind a sequence number, or None."""
        return digest_after(self._connection, self._group.tenant, sequence)

    def covered_until(self, until_at: Moment) -> Moment:
        """The last end of a digest that is not after `until_at`."""
        statement = sa.select(sa.func.max(D.until_at)).where(D.tenant == self._group.tenant, D.until_at <= until_at)
        return Moment(self._connection.execute(statement).scalar() or 0)

    def moved(self, from_at: Moment, until_at: Moment) -> tuple[list[Head], Moment]:
        """Heads of entities that changed in that time, and the moment of the last change that is covered."""
        connection, tenant = self._connection, self._group.tenant
        within = (H.tenant == tenant, H.at > from_at, H.at <= until_at)
        enough = connection.execute(sa.select(H.at).where(*within).order_by(H.at).offset(LARGEST).limit(1)).scalar()
        if enough is not None:
            until_at = Moment(enough)
        heads: dict[tuple[str, int], Head] = {}
        for head in rows_between(connection, tenant, from_at, until_at):
            known = heads.setdefault(head[:2], head)
            if known[2] < head[2]:
                heads[head[:2]] = head
        newest = connection.execute(sa.select(sa.func.max(H.at)).where(*within[:2], H.at <= until_at)).scalar()
        return list(heads.values()), Moment(newest or until_at)

    def add(self, digest: Digest) -> None:
        """Keep a digest; its number can be taken once only."""
        values = {name: getattr(digest, name) for name in Digest.__struct_fields__}
        self._connection.execute(sa.insert(tables.digest).values(values))


def rows_between(connection: sa.Connection, tenant: int, from_at: Moment, until_at: Moment) -> Iterator[Head]:
    """Entity, number, revision and hash of the history rows of that time, in no order."""
    statement = sa.select(H.entity, H.number, H.revision, H.hash)
    rows = connection.execute(statement.where(H.tenant == tenant, H.at > from_at, H.at <= until_at))
    return ((entity, number, revision, digest) for entity, number, revision, digest in map(tuple, rows))


def _select(tenant: int) -> sa.Select[Any]:
    return sa.select(*(tables.digest.c[name] for name in Digest.__struct_fields__)).where(D.tenant == tenant)


def _digest(row: sa.Row[Any] | None) -> Digest | None:
    return None if row is None else Digest(*tuple(row))


def digest_after(connection: sa.Connection, tenant: int, sequence: int) -> Digest | None:
    """The first digest behind a sequence number, or None."""
    statement = _select(tenant).where(D.sequence > sequence).order_by(D.sequence).limit(1)
    return _digest(connection.execute(statement).first())


class Folder:
    """Digests as files: `digests/TENANT/SEQUENCE.json`, each written once and whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def tenants(self) -> list[int]:
        """Numbers of the tenants of which there are digests."""
        return sorted(int(folder.name) for folder in self._entries(self.path) if folder.name.isdecimal())

    def sequences(self, tenant: int) -> list[int]:
        """Numbers of a tenant's digests, in order."""
        files = self._entries(self.path / str(tenant))
        return sorted(int(file.stem) for file in files if file.suffix == ".json" and file.stem.isdecimal())

    def read(self, tenant: int, sequence: int) -> bytes:
        """The file of a digest as it is."""
        return self._file(tenant, sequence).read_bytes()

    def write(self, digest: Digest) -> None:
        """Write a digest out, flushed before it has its name."""
        file = self._file(digest.tenant, digest.sequence)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            stream.write(document(digest))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)

    def set_aside(self, at: Moment) -> Path | None:
        """Rename the folder, since another history takes the place of the one that it witnesses; its new name."""
        if not self._entries(self.path):
            return None
        aside = self.path.with_name(f"{self.path.name}-until-{to_datetime(at):%Y%m%dT%H%M%SZ}")
        self.path.rename(aside)
        return aside

    def _file(self, tenant: int, sequence: int) -> Path:
        return self.path / str(tenant) / f"{sequence:08d}.json"

    @staticmethod
    def _entries(folder: Path) -> list[Path]:
        return list(folder.iterdir()) if folder.is_dir() else []
