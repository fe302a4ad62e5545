"""Indexes for lists of a million tasks; the words of tasks kept once on SQLite."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

HAS_ENDED = "(CASE WHEN state IN ('completed','expired','failed','terminated') THEN 1 ELSE 0 END)"
DUE_OR_LAST = "coalesce(due_at, 9223372036854775807)"


def upgrade() -> None:
    """Make and narrow indexes of tasks. The program before this one works with them as well."""
    for name in ("contact", "category", "parent", "entity", "kind"):
        op.drop_index(f"task_by_{name}", "task")
    op.create_index("task_by_end_due", "task", ["tenant", sa.text(HAS_ENDED), sa.text(DUE_OR_LAST), "number"])
    op.create_index("task_by_creation", "task", ["tenant", "created_at", "number"])
    for column in ("creator", "starter", "contact", "category", "type", "stage", "parent"):
        _create_where(f"task_by_{column}", f"{column} IS NOT NULL", [column])
    _create_where("task_by_entity", "entity IS NOT NULL", ["entity_kind", "entity"])
    _create_where("task_of_no_work", "(kind <> 'work')", [])
    op.drop_index("task_word_by_task", "task_word")
    if op.get_bind().dialect.name == "sqlite":
        _keep_words_once()


def _create_where(name: str, condition: str, columns: Sequence[str]) -> None:
    where: dict[str, Any] = {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
    op.create_index(name, "task", ["tenant", *columns, "number"], **where)


def _keep_words_once() -> None:
    """A table whose key is all it has need not hold its rows beside the key's index."""
    op.rename_table("task_word", "task_word_before")
    op.create_table(
        "task_word",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("task", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "word", "task"),
        sqlite_with_rowid=False,
    )
    words = "SELECT tenant, word, task FROM task_word_before ORDER BY tenant, word, task"
    op.execute(f"INSERT INTO task_word (tenant, word, task) {words}")
    op.drop_table("task_word_before")
