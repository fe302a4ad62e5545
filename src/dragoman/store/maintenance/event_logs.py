"""The names of event logs: a restored or imported database has new ones, since its sequences may come twice."""

import json

import sqlalchemy as sa

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
    migrations.complete(connection, "0008")
    connection.execute(sa.update(tables.webhook).values(position=0))


def rename(connection: sa.Connection) -> None:
    """Give each log another name, so that cursors of before are refused."""
    named = SETTING.name == "log_id"
    for tenant in connection.execute(sa.select(SETTING.tenant).where(named)).scalars().all():
        value = {"value": json.dumps(new_id())}
        connection.execute(sa.update(tables.setting).where(named, SETTING.tenant == tenant).values(value))
