"""Indexes in the orders of titles, on SQLite, and of moments of change."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

HAS_ENDED = "(CASE WHEN state IN ('completed','expired','failed','terminated') THEN 1 ELSE 0 END)"
TITLE = "substr(coalesce(nullif(title, ''), name, ''), 1, 500)"
HOUR = "modified_at / 36000000000"


def upgrade() -> None:
    """It only adds what the database keeps by itself, whatever program writes."""
    connection, ended = op.get_bind(), sa.text(HAS_ENDED)
    if connection.dialect.name != "sqlite":
        op.add_column("task", sa.Column("changed_hour", sa.BigInteger(), sa.Computed(HOUR, persisted=True)))
        op.create_index("task_by_hour", "task", ["tenant", ended, "changed_hour"])
        return
    op.create_index("task_by_title", "task", ["tenant", ended, sa.text(TITLE), "number"])
    op.create_index("task_by_change", "task", ["tenant", ended, "modified_at", "number"])
    if sa.inspect(connection).has_table("sqlite_stat1"):
        # Somebody ran it before: beside figures of the other indexes SQLite would think these the best for all lists.
        op.execute("ANALYZE")
