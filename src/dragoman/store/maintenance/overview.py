"""How a database is, for operators: its size and form, and what waits in it, over all tenants. It changes nothing."""

import msgspec
import sqlalchemy as sa

from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.job import WAITING, JobState
from dragoman.store import migrations, tables
from dragoman.store.engine.engines import Engine
from dragoman.store.engine.files import database_file
from dragoman.store.repositories.task_filters import ended_is

J = tables.job.c
D = tables.digest.c
H = tables.history.c


OPEN_TASKS = sa.select(sa.func.count()).select_from(tables.task).where(ended_is(False))


class Overview(msgspec.Struct, frozen=True):
    """`sealed_until`: until when the history of every tenant that has digests is sealed. `unsealed_seconds`: how old
    the oldest row of history without a digest is; 0 for none."""

    open_tasks: int
    waiting: int
    oldest_seconds: float
    discarded: int
    sealed_until: Moment | None
    unsealed_seconds: float


def form(engine: Engine) -> tuple[str | None, bool]:
    """The revision of the tables, and whether it is this program's. None: there are none yet."""
    with engine.reader() as connection:
        found = migrations.revision(connection)
    return found, found == migrations.HEAD


def size(engine: Engine) -> int:
    """The bytes that the database takes on disk."""
    file = database_file(engine)
    if file is not None:
        beside = (file.with_name(f"{file.name}{end}") for end in ("", "-wal"))
        return sum(each.stat().st_size for each in beside if each.exists())
    if engine.is_sqlite:
        return 0
    with engine.reader() as connection:
        return int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())


def look(engine: Engine, now: Moment) -> Overview:
    """The figures of one moment. The tables must be of this program's form."""
    with engine.reader() as connection, connection.begin():
        due = sa.and_(J.state.in_(sorted(WAITING)), J.run_at <= now)
        waiting, oldest = connection.execute(sa.select(sa.func.count(), sa.func.min(J.run_at)).where(due)).one()
        discarded = sa.select(sa.func.count()).where(J.state == str(JobState.DISCARDED))
        ends = connection.execute(sa.select(D.tenant, sa.func.max(D.until_at)).group_by(D.tenant)).all()
        sealed = {row[0]: row[1] for row in ends}
        unsealed = [
            connection.execute(sa.select(sa.func.min(H.at)).where(H.tenant == tenant, H.at > sealed.get(tenant, 0)))
            for tenant in connection.execute(sa.select(tables.tenant.c.tenant)).scalars().all()
        ]
        firsts = [at for found in unsealed if (at := found.scalar()) is not None]
        return Overview(
            open_tasks=int(connection.execute(OPEN_TASKS).scalar_one()),
            waiting=int(waiting),
            oldest_seconds=_seconds(oldest, now),
            discarded=int(connection.execute(discarded).scalar_one()),
            sealed_until=Moment(min(sealed.values())) if sealed else None,
            unsealed_seconds=_seconds(min(firsts, default=None), now),
        )


def _seconds(since: int | None, now: Moment) -> float:
    return 0.0 if since is None else max(now - since, 0) / TICKS_PER_SECOND
