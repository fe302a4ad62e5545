"""Aliases in the order in which they were given; references that match nothing as text; letters composed in keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from dragoman.domain import json_numbers
from dragoman.domain.text import composed, folded

revision = "0005"
down_revision = "0004"

TASK = sa.table("task", *map(sa.column, ("tenant", "number", "contact", "entity", "entity_kind", "extras")))
OTHERS = {
    "contact": sa.table("contact", sa.column("tenant"), sa.column("number")),
    "entity": sa.table("case", sa.column("tenant"), sa.column("number")),
}
WORD = sa.table("task_word", *map(sa.column, ("tenant", "word", "task")))
CRM = "onlyoffice_crm"


def upgrade() -> None:
    """The program before this one works with the tables as well: it reads what it knows, and adds aliases without a
    moment."""
    op.add_column("alias", sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False))
    connection = op.get_bind()
    _keep_as_text(connection)
    _compose_words(connection)
    for table, key in (("extension", ("owner_kind", "owner")), ("extension_schema", ("owner",))):
        _compose_names(connection, table, key)


def _keep_as_text(connection: sa.Connection) -> None:
    """Contacts and cases of the CRM that never existed: kept as they were sent, so that none made later is meant."""
    for column, other in OTHERS.items():
        named = TASK.c[column]
        there = sa.exists().where(other.c.tenant == TASK.c.tenant, other.c.number == named)
        columns = (TASK.c.tenant, TASK.c.number, named, TASK.c.entity_kind, TASK.c.extras)
        for tenant, number, value, kind, extras in connection.execute(
            sa.select(*columns).where(named.is_not(None), ~there)
        ).all():
            known: dict[str, Any] = json_numbers.decode(extras)
            fact = {"contact": str(value)} if column == "contact" else {"entity": {"kind": kind, "id": str(value)}}
            known[CRM] = {**known.get(CRM, {}), **fact}
            cleared = {"contact": None} if column == "contact" else {"entity": None, "entity_kind": None}
            connection.execute(
                sa.update(TASK)
                .where(TASK.c.tenant == tenant, TASK.c.number == number)
                .values(extras=json_numbers.encode(known).decode(), **cleared)
            )


def _is_not_ascii(connection: sa.Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return sa.func.length(column) != sa.func.length(sa.cast(column, sa.LargeBinary))
    return sa.func.octet_length(column) != sa.func.char_length(column)


def _compose_words(connection: sa.Connection) -> None:
    """Words of tasks with letters that were stored decomposed."""
    words = sa.select(WORD.c.tenant, WORD.c.task, WORD.c.word).where(_is_not_ascii(connection, WORD.c.word))
    changed = [row for row in connection.execute(words) if composed(row.word) != row.word]
    for tenant, task, word in changed:
        where = (WORD.c.tenant == tenant, WORD.c.task == task)
        connection.execute(sa.delete(WORD).where(*where, WORD.c.word == word))
        new = composed(word)
        if connection.execute(sa.select(WORD.c.word).where(*where, WORD.c.word == new)).first() is None:
            connection.execute(sa.insert(WORD).values(tenant=tenant, task=task, word=new))


def _compose_names(connection: sa.Connection, table: str, key: tuple[str, ...]) -> None:
    """Names of extensions and schemas as they are compared. Of two that are the same by now the first stays."""
    columns = ("tenant", *key, "folded")
    named = sa.table(table, *map(sa.column, columns))
    rows = sa.select(*(named.c[column] for column in columns)).where(_is_not_ascii(connection, named.c.folded))
    for row in connection.execute(rows).all():
        *place, name = row
        new = folded(name)
        where = [named.c[column] == value for column, value in zip(columns[:-1], place, strict=True)]
        if new == name or connection.execute(sa.select(named.c.folded).where(*where, named.c.folded == new)).first():
            continue
        connection.execute(sa.update(named).where(*where, named.c.folded == name).values(folded=new))
