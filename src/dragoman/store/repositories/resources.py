"""Resources in the store: by number or uid, by natural key, type by type."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.resource import Resource
from dragoman.store import tables
from dragoman.store.engine.key_lists import among_values
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

R = tables.resource.c
AT_ONCE = 1_000


class Resources(Repository[Resource]):
    """The plain objects of one tenant."""

    mapping = MAPPINGS["resource"]

    def by_natural(self, type_: str, naturals: Sequence[str], lock: Lock = Lock.NONE) -> dict[str, list[Resource]]:
        """Those of a type with these natural keys, by number. The command must be exclusive."""
        self._overlay.must_be_exclusive()
        found: dict[str, list[Resource]] = {}
        wanted, dialect = sorted(set(naturals)), self._overlay.group.connection.dialect
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            listed = among_values(dialect, R.natural, some)
            statement = sa.select(R.number).where(R.tenant == self.tenant, R.type == type_, listed)
            for each in self.numbered(statement.order_by(R.number), lock):
                found.setdefault(each.natural, []).append(each)
        return found

    def by_uid(self, type_: str, uids: Sequence[str], lock: Lock = Lock.NONE) -> dict[str, Resource]:
        """Those of a type with these uids. The command must be exclusive."""
        self.load(sorted(set(uids)), lock)
        found = (self.find(uid, lock) for uid in sorted(set(uids)))
        return {each.uid: each for each in found if each is not None and each.type == type_}

    def page_numbers(self, type_: str, *, limit: int, offset: int = 0) -> list[int]:
        """The numbers of one page of a type, the newest first."""
        statement = sa.select(R.number).where(R.tenant == self.tenant, R.type == type_)
        rows = self.by_condition(statement.order_by(R.number.desc()).limit(limit).offset(offset))
        return [int(row[0]) for row in rows]

    def sizes(self, numbers: Sequence[int]) -> dict[int, int]:
        """The characters of their JSON, by number, for one page of them."""
        statement = sa.select(R.number, sa.func.length(sa.cast(R.body, sa.Text)))
        rows = self.by_condition(statement.where(R.tenant == self.tenant, R.number.in_(numbers)))
        return {int(number): int(size) for number, size in rows}

    def count(self, type_: str) -> int:
        """How many of a type there are."""
        statement = sa.select(sa.func.count()).select_from(tables.resource)
        return int(self.by_condition(statement.where(R.tenant == self.tenant, R.type == type_)).scalar_one())

    def all(self, type_: str) -> Iterator[Resource]:
        """Every one of a type, the newest first, a thousand at a time."""
        before = None
        while True:
            statement = sa.select(R.number).where(R.tenant == self.tenant, R.type == type_)
            if before is not None:
                statement = statement.where(R.number < before)
            some = self.numbered(statement.order_by(R.number.desc()).limit(AT_ONCE))
            if not some:
                return
            yield from some
            before = some[-1].number

    def behind(self, type_: str, after: int, *, limit: int) -> list[tuple[int, str, str]]:
        """Number, uid and JSON of those of a type behind a number, in order."""
        statement = sa.select(R.number, R.uid, R.body).where(R.tenant == self.tenant, R.type == type_, R.number > after)
        rows = self.by_condition(statement.order_by(R.number).limit(limit))
        return [(int(number), uid, body) for number, uid, body in rows]

    def bodies(self, type_: str) -> Iterator[tuple[int, str, str]]:
        """Number, uid and JSON of every one, the newest first; nothing of them stays in memory."""
        statement = sa.select(R.number, R.uid, R.body).where(R.tenant == self.tenant, R.type == type_)
        before: int | None = None
        while True:
            further = statement if before is None else statement.where(R.number < before)
            rows = self.by_condition(further.order_by(R.number.desc()).limit(AT_ONCE)).all()
            for number, uid, body in rows:
                yield int(number), uid, body
            if len(rows) < AT_ONCE:
                return
            before = int(rows[-1][0])
