"""The names of event logs: a restored or imported database has new ones, since its sequences may come twice."""

import json

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.ids import new_id
from dragoman.store import migrations, tables

NAMES = ("log_id", "log_from")
"""The settings of a log."""
SETTING = tables.setting.c


def is_of_log(table: sa.Table) -> sa.ColumnElement[bool]:
    """The rows of a table that belong to a log: an export leaves them behind."""
    if table is tables.setting:
        return SETTING.name.in_(NAMES)
    return tables.counter.c.name == "event" if table is tables.counter else sa.false()


def begin(connection: sa.Connection) -> None:
    """Begin a log for each tenant, from now; its webhooks hear of all that follows."""
    for table in (tables.setting, tables.counter):
        connection.execute(sa.delete(table).where(is_of_log(table)))
    migrations.complete(connection, "0008", until="0009")  # that step begins logs
    connection.execute(sa.update(tables.webhook).values(position=0))


def begin_behind(connection: sa.Connection, tenant: int, at: Moment) -> None:
    """Let a tenant's log begin behind this moment: history until then was written without events."""
    named = sa.and_(SETTING.tenant == tenant, SETTING.name == "log_from")
    begun_at = connection.execute(sa.select(SETTING.value).where(named)).scalar()
    if begun_at is not None and json.loads(begun_at) <= at:
        moved = {"value": json.dumps(at + 1), "row_version": SETTING.row_version + 1}
        connection.execute(sa.update(tables.setting).where(named).values(moved))


def rename(connection: sa.Connection) -> None:
    """Give each log another name, so that cursors of before are refused."""
    named = SETTING.name == "log_id"
    for tenant in connection.execute(sa.select(SETTING.tenant).where(named)).scalars().all():
        value = {"value": json.dumps(new_id())}
        connection.execute(sa.update(tables.setting).where(named, SETTING.tenant == tenant).values(value))
