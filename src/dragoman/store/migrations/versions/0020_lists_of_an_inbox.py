"""Indexes in the orders of an inbox, and of the tasks that nobody is named for."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

HAS_ENDED = "(CASE WHEN state IN ('completed','expired','failed','terminated') THEN 1 ELSE 0 END)"
DUE_OR_LAST = "coalesce(due_at, 9223372036854775807)"
PRIORITY = "coalesce(priority, 0)"


def upgrade() -> None:
    """It only adds indexes, which the program before this one keeps as well."""
    ended, due, priority = sa.text(HAS_ENDED), sa.text(DUE_OR_LAST), sa.text(PRIORITY)
    first = sa.text(f"{PRIORITY} DESC")
    op.create_index("task_by_urgency", "task", ["tenant", ended, due, first, "created_at", "number"])
    op.create_index("task_by_priority", "task", ["tenant", ended, priority, "number"])
    of_nobody = sa.text("work_item_count = 0")
    op.create_index(
        "task_of_nobody",
        "task",
        ["tenant", ended, due, "number"],
        sqlite_where=of_nobody,
        postgresql_where=of_nobody,
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite" and sa.inspect(connection).has_table("sqlite_stat1"):
        # Somebody ran it before: beside figures of the other indexes SQLite would think these the best for all lists.
        op.execute("ANALYZE")
