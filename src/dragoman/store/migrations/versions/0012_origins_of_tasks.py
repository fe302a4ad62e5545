"""By which dialect each task was made: a column with an index, filled from the first row of the task's history."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TASK = sa.table("task", *map(sa.column, ("tenant", "number", "made_through")))
HISTORY = sa.table("history", *map(sa.column, ("tenant", "entity", "number", "revision", "dialect")))


def upgrade() -> None:
    """It only adds. What the program before this one makes from here on, while nodes are exchanged, has no origin."""
    op.add_column("task", sa.Column("made_through", STRING))
    complete(op.get_bind())
    op.create_index("task_by_origin", "task", ["tenant", "made_through", "number"])


def complete(connection: sa.Connection) -> None:
    """Give each task the dialect of its first row of history, in one statement."""
    of_task = (HISTORY.c.tenant == TASK.c.tenant, HISTORY.c.entity == "task", HISTORY.c.number == TASK.c.number)
    first = sa.select(HISTORY.c.dialect).where(*of_task).order_by(HISTORY.c.revision).limit(1).scalar_subquery()
    connection.execute(sa.update(TASK).where(TASK.c.made_through.is_(None)).values(made_through=first))
