"""Verifying history: each chain from its first row to its entity, each digest, each digest's file, the event log.

Rows are read in pages, each in its own transaction, so that a server may go on writing. The first fault is reported. A
deleted entity must match its tombstone. Rows that no digest covers, and moments in the future, are reported as well:
they show that a clock was wrong or that digests were not made.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.domain.clock import Moment, from_datetime, to_datetime
from dragoman.domain.digest import Digest, document, due, read_heads, seal, starts_at
from dragoman.domain.digest import Head as SealedHead
from dragoman.store import tables
from dragoman.store.engine.engines import Engine, Trouble
from dragoman.store.maintenance.event_checks import EventWalk
from dragoman.store.maintenance.faults import Broken
from dragoman.store.repositories.digests import Folder, digest_after, rows_between
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import Stamp, commitment, first_link, link

PAGE = 10_000
LOWEST, HIGHEST = -(2**63), 2**63 - 1
LAST_DATE = from_datetime(datetime(9999, 12, 31, tzinfo=UTC))
SHOWN = 10_000
"""Rows that a warning counts."""
ENTITIES = tuple(sorted(mapping.name for mapping in MAPPINGS.values() if mapping.has_history))
H = tables.history.c
T = tables.tombstone.c


@dataclass
class Report:
    """The numbers of rows, digests, files and events that were checked, the first fault (or None), and warnings."""

    rows: int = 0
    digests: int = 0
    files: int = 0
    events: int = 0
    broken: str | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass
class Head:
    """The last row that was read of one entity's history."""

    number: int
    revision: int = 0
    hash: str = ""


def verify(engine: Engine, folder: Folder | None = None, now: Moment | None = None) -> Report:
    """Check everything; stops at the first fault. Without `now` nothing is compared with the present."""
    with engine.unhurried(engine.reader()) as connection:
        walk = Walk(connection, folder, now)
        try:
            if engine.is_sqlite:
                check_pages(connection)
            walk.run()
        except Broken as fault:
            walk.report.broken = str(fault)
        except sa.exc.DBAPIError as error:
            if not engine.is_sqlite or engine.trouble(error) in (Trouble.RETRY, Trouble.BLOCKED):
                raise
            walk.report.broken = f"the database file is damaged: {error.orig}"
    return walk.report


def check_pages(connection: sa.Connection) -> None:
    """Let SQLite check its file. Broken at the first fault."""
    with connection.begin():
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise Broken(f"the database file is damaged: {found}")


class Walk:
    """One verification. It joins a transaction of the caller if there is one."""

    def __init__(self, connection: sa.Connection, folder: Folder | None = None, now: Moment | None = None) -> None:
        self.report = Report()
        self._now = now
        self._connection = connection
        self._folder = folder

    def run(self) -> None:
        """Tenant by tenant. Broken at the first fault."""
        for tenant in self._tenants():
            self._check_entities(tenant)
            for entity in ENTITIES:
                self._walk(tenant, entity)
            self._check_digests(tenant)
            self._check_members(tenant)
            self._check_events(tenant)

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        if self._connection.in_transaction():
            yield self._connection
        else:
            with self._connection.begin():
                yield self._connection

    def _tenants(self) -> list[int]:
        found = set(self._folder.tenants()) if self._folder is not None else set()
        with self._begin() as connection:
            owners = [MAPPINGS[name].table for name in ENTITIES]
            for table in (tables.history, tables.tombstone, tables.digest, *owners):
                found.update(_distinct(connection, table.c.tenant))
        return sorted(found)

    def _check_entities(self, tenant: int) -> None:
        with self._begin() as connection:
            for entity in _distinct(connection, H.entity, H.tenant == tenant):
                if entity not in ENTITIES:
                    raise Broken(f"tenant {tenant}: there is history of {entity!r}, and nothing is called that")

    # Chains of revisions

    def _walk(self, tenant: int, entity: str) -> None:
        """Check all rows of one kind of entity; compare each entity with its last row."""
        head: Head | None = None
        position: tuple[int, int] | None = None
        low = LOWEST
        while True:
            with self._begin() as connection:
                rows = connection.execute(_page(tenant, entity, position)).all()
                ended: dict[int, Head] = {}
                for row in rows:
                    if head is None or head.number != row.number:
                        if head is not None:
                            ended[head.number] = head
                        head = Head(row.number)
                    follow(head, row)
                at_end = len(rows) < PAGE
                if at_end and head is not None:
                    ended[head.number] = head
                high = HIGHEST if at_end or head is None else head.number - 1
                self._check_owners(connection, tenant, entity, low, high, ended)
            self.report.rows += len(rows)
            if at_end or head is None:
                return
            low, position = head.number, (head.number, head.revision)

    def _check_owners(
        self, connection: sa.Connection, tenant: int, entity: str, low: int, high: int, ended: dict[int, Head]
    ) -> None:
        """Compare the entities and tombstones of a range of numbers with the last rows of their histories."""
        # One more than there are histories is enough to find the first entity that has none.
        enough = len(ended) + 1
        owner = MAPPINGS[entity].table.c
        key = owner.number if "number" in owner else owner.tenant
        has_begun = sa.and_(owner.tenant == tenant, owner.revision > 0)
        present = _ends(connection, enough, key, owner.revision, owner.head_hash, has_begun, low, high)
        deleted = _ends(
            connection,
            enough,
            T.number,
            T.revision,
            T.head_hash,
            sa.and_(T.tenant == tenant, T.entity == entity),
            low,
            high,
        )
        for number in sorted(ended.keys() | present.keys() | deleted.keys()):
            where = f"tenant {tenant}, {entity} {number}"
            head = ended.get(number)
            stands = present.get(number) or deleted.get(number)
            if head is None:
                raise Broken(f"{where}: it has no history")
            if stands is None:
                raise Broken(f"{where}: revision {head.revision} is its last, but neither it nor a tombstone is there")
            if stands[0] != head.revision:
                raise Broken(f"{where}: its history ends at revision {head.revision}, its row has revision {stands[0]}")
            if stands[1] != head.hash:
                raise Broken(f"{where}, revision {head.revision}: the last row of its history is not the one it had")

    # Memberships

    def _check_members(self, tenant: int) -> None:
        """Compare the copy of the memberships that each user has with the rows, of which it is made."""
        member, user = tables.group_member.c, tables.user.c
        with self._begin() as connection:
            known: dict[str, set[str]] = {}
            for uid, group in connection.execute(sa.select(member.user, member.group).where(member.tenant == tenant)):
                known.setdefault(uid, set()).add(group)
            copies = sa.select(user.uid, user.number, user.groups).where(user.tenant == tenant).order_by(user.number)
            for uid, number, groups in connection.execute(copies):
                if set(msgspec.json.decode(groups)) != known.pop(uid, set()):
                    raise Broken(f"tenant {tenant}, user {number}: the groups of the user aren't those of group_member")
        if known:
            raise Broken(f"tenant {tenant}: group_member holds {min(known)}, and no user has that id")

    # The event log

    def _check_events(self, tenant: int) -> None:
        walk = EventWalk(self._begin, tenant)
        try:
            walk.run()
        finally:
            self.report.events += walk.count

    # Digests

    def _check_digests(self, tenant: int) -> None:
        files = self._folder.sequences(tenant) if self._folder is not None else []
        last: Digest | None = None
        coverage = Coverage()
        while True:
            with self._begin() as connection:
                digest = digest_after(connection, tenant, last.sequence if last is not None else 0)
                if digest is None:
                    break
                self._check_digest(connection, last, digest, coverage)
            if self._folder is not None and digest.sequence in files:
                self._check_file(self._folder, digest)
            self.report.digests += 1
            last = digest
        beyond = [sequence for sequence in files if last is None or sequence > last.sequence]
        if beyond:
            raise Broken(f"tenant {tenant}, digest {beyond[0]}: its file is there, the database has lost it")
        self._warn_of_uncovered(tenant, coverage)
        self._warn_of_the_future(tenant, coverage)

    def _check_digest(
        self, connection: sa.Connection, last: Digest | None, digest: Digest, coverage: "Coverage"
    ) -> None:
        where = f"tenant {digest.tenant}, digest {digest.sequence}"
        expected = last.sequence + 1 if last is not None else 1
        if digest.sequence != expected:
            raise Broken(f"tenant {digest.tenant}, digest {expected}: it is missing")
        if not isinstance(digest.heads, str) or seal(last, digest.tenant, digest.until_at, digest.heads) != digest:
            raise Broken(f"{where}: it doesn't fit its hash, or the digest before")
        try:
            heads = read_heads(digest.heads)
        except msgspec.DecodeError as error:
            raise Broken(f"{where}: it can't be read") from error
        rows = rows_between(connection, digest.tenant, coverage.next_start(digest.until_at), digest.until_at)
        missing = coverage.add(digest.until_at, heads, rows)
        if missing is not None:
            entity, number, revision = missing
            raise Broken(
                f"tenant {digest.tenant}, {entity} {number}, revision {revision}: "
                f"the row is not the one that digest {digest.sequence} sealed"
            )

    def _warn_of_uncovered(self, tenant: int, coverage: "Coverage") -> None:
        """Rows that no digest covers: written too late for theirs, or long enough ago to be in one."""
        if self._now is None:
            return
        late = sorted(coverage.late.items())
        with self._begin() as connection:
            rows = _first_rows(connection, tenant, coverage.ends_at, due(self._now))
        if late:
            self._warn(tenant, len(late), "entities have rows that no digest covers", *late[0][0], late[0][1])
        if rows:
            self._warn(tenant, len(rows), "rows are covered by no digest", *rows[0])

    def _warn_of_the_future(self, tenant: int, coverage: "Coverage") -> None:
        if self._now is None:
            return
        with self._begin() as connection:
            rows = _first_rows(connection, tenant, self._now, Moment(HIGHEST))
        if rows:
            self._warn(tenant, len(rows), "rows are in the future", *rows[0])
        if coverage.ends_at > self._now:
            ends = (
                f"{to_datetime(coverage.ends_at):%Y-%m-%dT%H:%M:%SZ}" if coverage.ends_at < LAST_DATE else "after 9999"
            )
            self.report.warnings.append(f"tenant {tenant}: a digest ends in the future, {ends}")

    def _warn(self, tenant: int, count: int, what: str, entity: str, number: int, revision: int) -> None:
        many = f"more than {SHOWN}" if count > SHOWN else str(count)
        self.report.warnings.append(
            f"tenant {tenant}: {many} {what}, the first: {entity} {number}, revision {revision}"
        )

    def _check_file(self, folder: Folder, digest: Digest) -> None:
        if folder.read(digest.tenant, digest.sequence) != document(digest):
            raise Broken(f"tenant {digest.tenant}, digest {digest.sequence}: the database has another than its file")
        self.report.files += 1


class Coverage:
    """Which rows a tenant's digests cover, digest by digest."""

    def __init__(self) -> None:
        self._ends: list[Moment] = []
        self.late: dict[tuple[str, int], int] = {}
        """Entities with rows in the time of a digest that it does not cover: the highest such revision."""

    @property
    def ends_at(self) -> Moment:
        """The latest end of a digest."""
        return max(self._ends, default=Moment(0))

    def next_start(self, until_at: Moment) -> Moment:
        """Where the next digest starts if it ends at `until_at`."""
        return starts_at(self._ends, until_at)

    def add(self, until_at: Moment, heads: list[SealedHead], rows: Iterable[SealedHead]) -> tuple[str, int, int] | None:
        """Add a digest and the rows of its time; returns a head whose row is not there, or None."""
        missing = {(entity, number, revision): hash_ for entity, number, revision, hash_ in heads}
        covered = {(entity, number): revision for entity, number, revision, _ in heads}
        self.late = {key: revision for key, revision in self.late.items() if covered.get(key, 0) < revision}
        for entity, number, revision, hash_ in rows:
            if missing.get((entity, number, revision)) == hash_:
                del missing[entity, number, revision]
            elif revision > covered.get((entity, number), 0):
                self.late[entity, number] = max(revision, self.late.get((entity, number), 0))
        self._ends.append(until_at)
        return min(missing, default=None)


def follow(head: Head, row: Any) -> None:
    """Go on to the next row of an entity's history. Broken unless it is the one that follows."""
    (
        tenant,
        entity,
        number,
        revision,
        at,
        principal,
        dialect,
        operation,
        changes,
        hash_,
        cause,
        actor,
        salt,
        commit,
        redacted,
        request,
    ) = row
    where = f"tenant {tenant}, {entity} {number}, revision {revision}"
    if (
        not (type(number) is type(revision) is type(at) is int)
        or not all(type(text) is str for text in (principal, dialect, operation, changes, hash_))
        or type(cause) not in (int, type(None))
        or not all(type(text) in (str, type(None)) for text in (actor, salt, commit, request))
        or actor == ""
    ):
        raise Broken(f"{where}: it holds a value of another kind")
    if revision != head.revision + 1:
        raise Broken(f"tenant {tenant}, {entity} {number}, revision {head.revision + 1}: it is missing")
    # The sealed text is made of lines: a line's end in one of these could hide that text was moved to the next.
    if any("\n" in text for text in (principal, dialect, operation, actor or "")):
        raise Broken(f"{where}: it holds a line's end where there can be none")
    if commit is not None or redacted is not None:
        raise Broken(f"{where}: values were taken out, and nothing tells why")
    stamp = Stamp(principal, dialect, operation, cause, actor)
    place = (head.hash, tenant, entity, number, revision, Moment(at), stamp)
    if (first_link(*place, changes) if salt is None else link(*place, commitment(salt, changes))) != hash_:
        raise Broken(f"{where}: the row doesn't fit its hash, or the row before")
    head.revision, head.hash = revision, hash_


def _page(tenant: int, entity: str, position: tuple[int, int] | None) -> sa.Select[Any]:
    statement = sa.select(*tables.history.columns).where(H.tenant == tenant, H.entity == entity)
    if position is not None:
        statement = statement.where(sa.tuple_(H.number, H.revision) > position)
    return statement.order_by(H.number, H.revision).limit(PAGE)


def _ends(
    connection: sa.Connection,
    enough: int,
    number: sa.Column[Any],
    revision: sa.Column[Any],
    head_hash: sa.Column[Any],
    whose: sa.ColumnElement[bool],
    low: int,
    high: int,
) -> dict[int, tuple[int, str]]:
    statement = sa.select(number, revision, head_hash).where(whose, number >= low, number <= high)
    return {row[0]: (row[1], row[2]) for row in connection.execute(statement.order_by(number).limit(enough))}


def _first_rows(connection: sa.Connection, tenant: int, after: Moment, until: Moment) -> list[tuple[str, int, int]]:
    """Entity, number and revision of the first rows of that time, one more than are counted."""
    statement = sa.select(H.entity, H.number, H.revision).where(H.tenant == tenant, H.at > after, H.at <= until)
    rows = connection.execute(statement.order_by(H.at, H.entity, H.number, H.revision).limit(SHOWN + 1))
    return [(entity, number, revision) for entity, number, revision in rows]


def _distinct(connection: sa.Connection, column: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> Iterable[Any]:
    """The values of a column that leads an index: one step of the index a value."""
    value = connection.execute(sa.select(sa.func.min(column)).where(*conditions)).scalar()
    while value is not None:
        yield value
        statement = sa.select(sa.func.min(column)).where(column > value, *conditions)
        value = connection.execute(statement).scalar()
