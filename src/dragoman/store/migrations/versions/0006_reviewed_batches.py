"""Options, decisions, previews and results of batches; their entries in chunks; what caused a change of history."""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
CHUNK = 1_000

OLD = sa.table("batch", *map(sa.column, ("tenant", "number", "uid", "method", "type", "field", "size", "title")))
PAYLOAD = sa.table("batch_payload", *map(sa.column, ("tenant", "batch", "entries", "data")))
CHUNKS = sa.table("batch_chunk", *map(sa.column, ("tenant", "batch", "first", "count", "entries", "data")))


def upgrade() -> None:
    """The program before this one works with the tables as well, but for batches that this one makes: it has no
    handler for their jobs."""
    for column in _of_batches():
        op.add_column("batch", column)
    for column in _of_outcomes():
        op.add_column("batch_outcome", column)
    op.add_column("history", sa.Column("cause", sa.BigInteger()))
    op.add_column("job", sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False))
    _where_set("batch_by_origin", "batch", ["tenant", "origin_batch", "number"], "origin_batch")
    op.create_table(
        "batch_chunk",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", STRING, autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("entries", STRING),
        sa.Column("data", STRING),
        sa.Column("sources", STRING),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "batch", "first"),
    )
    op.create_table(
        "batch_preview",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effect", STRING, nullable=False),
        sa.Column("object", STRING),
        sa.Column("number", sa.BigInteger()),
        sa.Column("version", STRING),
        sa.Column("before", STRING),
        sa.Column("after", STRING),
        sa.Column("changed", STRING),
        sa.Column("error", STRING),
        sa.Column("warning", STRING),
        sa.PrimaryKeyConstraint("tenant", "batch", "index"),
    )
    _where_set("batch_preview_by_object", "batch_preview", ["tenant", "batch", "number", "index"], "number")
    op.create_table(
        "batch_detail",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", STRING, autoincrement=False, nullable=False),
        sa.Column("groups", STRING, server_default="[]", nullable=False),
        sa.Column("failures", STRING, server_default="[]", nullable=False),
        sa.Column("other_failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "batch"),
    )
    complete(op.get_bind())


def _of_batches() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("title", STRING),
        sa.Column("purpose", STRING),
        sa.Column("selection", STRING),
        sa.Column("on_change", STRING, server_default="fail", nullable=False),
        sa.Column("max_failures", STRING),
        sa.Column("canary", sa.BigInteger()),
        sa.Column("canary_passed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("rate", STRING),
        sa.Column("concurrency", sa.BigInteger()),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("review_expires_at", sa.BigInteger()),
        sa.Column("policy_asked", STRING, server_default="{}", nullable=False),
        sa.Column("policy", STRING),
        sa.Column("unchanged", sa.BigInteger()),
        sa.Column("skipped", sa.BigInteger()),
        sa.Column("summary", STRING),
        sa.Column("previewed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("decisions", STRING, server_default="[]", nullable=False),
        sa.Column("ended_because", STRING),
        sa.Column("origin", STRING),
        sa.Column("origin_batch", STRING),
        sa.Column("undone_by", STRING),
        sa.Column("on_conflict", STRING),
        sa.Column("dialect", STRING),
        sa.Column("sent_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pace", STRING, server_default="[]", nullable=False),
        sa.Column("bucket_full_at", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("activity", sa.BigInteger(), server_default="0", nullable=False),
    )


def _of_outcomes() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("code", STRING),
        sa.Column("unchanged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("object", STRING),
        sa.Column("number", sa.BigInteger()),
        sa.Column("revision", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("image", STRING),
    )


def _where_set(name: str, table: str, columns: list[str], when: str) -> None:
    condition = sa.text(f"{when} IS NOT NULL")
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def complete(connection: sa.Connection) -> None:
    """Give batches that are there their new counts, their titles, and their entries in chunks."""
    connection.execute(sa.text("UPDATE batch SET unchanged = 0, skipped = 0 WHERE processed IS NOT NULL"))
    connection.execute(sa.text("UPDATE batch SET ended_at = modified_at WHERE status IN ('completed', 'cancelled')"))
    connection.execute(
        sa.text(
            "UPDATE batch_outcome SET at = (SELECT modified_at FROM batch"
            " WHERE batch.tenant = batch_outcome.tenant AND batch.number = batch_outcome.batch)"
            " WHERE EXISTS (SELECT 1 FROM batch"
            " WHERE batch.tenant = batch_outcome.tenant AND batch.number = batch_outcome.batch)"
        )
    )
    for batch in connection.execute(sa.select(*OLD.columns)).all():
        own = (OLD.c.tenant == batch.tenant, OLD.c.number == batch.number)
        by = "" if batch.field is None else f" by {batch.field}"
        title = f"{batch.method} {batch.size} × {batch.type}{by}"
        connection.execute(sa.update(OLD).where(*own).values(title=title))
        where = (PAYLOAD.c.tenant == batch.tenant, PAYLOAD.c.batch == batch.uid)
        payload = connection.execute(sa.select(PAYLOAD.c.entries, PAYLOAD.c.data).where(*where)).first()
        if payload is not None:
            _cut(connection, batch, payload)


def _cut(connection: sa.Connection, batch: Any, payload: Any) -> None:
    """Cut one text into chunks. Data for each entry moves to them; data that all share stays."""
    entries = _items(payload.entries)
    data = _items(payload.data) if batch.method != "DELETE" and (payload.data or "").lstrip().startswith("[") else []
    own = data if batch.method == "POST" or len(data) > 1 else []
    for first in range(0, batch.size, CHUNK):
        row = {
            "tenant": batch.tenant,
            "batch": batch.uid,
            "first": first,
            "count": min(CHUNK, batch.size - first),
            "entries": _text(entries[first : first + CHUNK]),
            "data": _text(own[first : first + CHUNK]),
        }
        connection.execute(sa.insert(CHUNKS).values(**row))


def _items(text: str | None) -> list[msgspec.Raw]:
    return [] if text is None else msgspec.json.decode(text, type=list[msgspec.Raw])


def _text(items: list[msgspec.Raw]) -> str | None:
    return msgspec.json.encode(items).decode() if items else None
