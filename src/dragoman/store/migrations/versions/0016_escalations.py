"""Escalations of tasks and templates; the moment at which a task's next one is due is a timer."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds."""
    for table in ("task", "template"):
        op.add_column(table, sa.Column("escalations", STRING, server_default="[]", nullable=False))
    op.add_column("task", sa.Column("escalate_at", sa.BigInteger()))
    for name, column, condition in (
        ("task_by_escalation", "escalate_at", "escalate_at IS NOT NULL"),
        ("task_with_escalations", None, "(escalations <> '[]')"),
    ):
        columns = [each for each in ("tenant", column, "number") if each]
        where = sa.text(condition)
        op.create_index(name, "task", columns, sqlite_where=where, postgresql_where=where)
