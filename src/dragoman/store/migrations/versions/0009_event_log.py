"""The event log: one event for each row of history from here on, and for each fact without one."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from dragoman.domain.clock import SystemClock
from dragoman.domain.ids import new_id

revision = "0009"
down_revision = "0008"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds. What the program before this one changes from here on, while nodes are exchanged, has no event."""
    _create_table()
    complete(op.get_bind())


def complete(connection: sa.Connection) -> None:
    """Begin a log for each tenant that has none. History of before has no events, also where its clock was ahead."""
    setting = sa.table("setting", *map(sa.column, ("tenant", "name", "value", "row_version")))
    tenant = sa.table("tenant", sa.column("tenant"))
    history = sa.table("history", sa.column("tenant"), sa.column("at"))
    known = {row[0] for row in connection.execute(sa.select(setting.c.tenant).where(setting.c.name == "log_id"))}
    now = SystemClock().now()
    for (number,) in connection.execute(sa.select(tenant.c.tenant)).all():
        if number not in known:
            newest = connection.execute(sa.select(sa.func.max(history.c.at)).where(history.c.tenant == number)).scalar()
            begins_at = now if newest is None else max(now, newest + 1)
            for name, value in (("log_id", json.dumps(new_id())), ("log_from", json.dumps(begins_at))):
                values: dict[str, Any] = {"tenant": number, "name": name, "value": value, "row_version": 1}
                connection.execute(setting.insert().values(values))


def _needed(name: str) -> sa.Column[Any]:
    return sa.Column(name, STRING, nullable=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, STRING)


def _create_table() -> None:
    op.create_table(
        "event",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        *map(_needed, ("uid", "type")),
        sa.Column("at", sa.BigInteger(), server_default="0", nullable=False),
        _needed("entity"),
        sa.Column("number", sa.BigInteger()),
        _needed("subject"),
        _text("title"),
        sa.Column("revision", sa.BigInteger()),
        _text("actor"),
        _needed("actor_login"),
        _text("on_behalf_of"),
        *map(_needed, ("dialect", "operation", "audience")),
        *map(_text, ("audience_before", "data")),
        sa.PrimaryKeyConstraint("tenant", "sequence"),
        sqlite_with_rowid=False,
    )
    op.create_index("event_by_uid", "event", ["tenant", "uid"], unique=True)
