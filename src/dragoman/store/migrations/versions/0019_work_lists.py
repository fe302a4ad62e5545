"""Work lists, and the list that each task is in: until now a fact of one dialect."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from dragoman.domain import json_numbers

revision = "0019"
down_revision = "0018"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TASK = sa.table("task", *map(sa.column, ("tenant", "number", "work_list", "extras")))
DIALECT, FACT = "ibm_htm", "workBasketName"
PAGE = 1_000


def upgrade() -> None:
    """It only adds."""
    op.create_table(
        "work_list",
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in ("tenant", "number")),
        *(sa.Column(name, STRING, nullable=False) for name in ("uid", "name")),
        *(sa.Column(name, STRING) for name in ("display_name", "description", "owner")),
        *(
            sa.Column(name, STRING, server_default=default, nullable=False)
            for name, default in (("roles", "{}"), ("targets", "[]"), ("extras", "{}"))
        ),
        *(
            sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)
            for name, default in (("created_at", "0"), ("modified_at", "0"), ("revision", "1"), ("row_version", "1"))
        ),
        sa.Column("head_hash", STRING, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    for column in ("uid", "name"):
        op.create_index(f"work_list_by_{column}", "work_list", ["tenant", column], unique=True)
    op.add_column("task", sa.Column("work_list", STRING))
    where = sa.text("work_list IS NOT NULL")
    op.create_index(
        "task_by_work_list", "task", ["tenant", "work_list", "number"], sqlite_where=where, postgresql_where=where
    )
    complete(op.get_bind())


def complete(connection: sa.Connection) -> None:
    """Move the name that a task had in the facts of the dialect into its column."""
    for tenant, number, extras in list(_named(connection)):
        facts = json_numbers.decode(extras.encode())
        name = facts[DIALECT].pop(FACT)
        if not facts[DIALECT]:
            del facts[DIALECT]
        values = {"work_list": name, "extras": json_numbers.encode(facts).decode()}
        own = (TASK.c.tenant == tenant, TASK.c.number == number)
        connection.execute(sa.update(TASK).where(*own).values(values))


def _named(connection: sa.Connection) -> Iterator[tuple[int, int, str]]:
    statement = sa.select(TASK.c.tenant, TASK.c.number, TASK.c.extras).where(TASK.c.extras.like(f'%"{FACT}"%'))
    rows: Any = connection.execute(statement.execution_options(yield_per=PAGE))
    for tenant, number, extras in rows:
        facts = json_numbers.decode(extras.encode()).get(DIALECT, {})
        if isinstance(facts.get(FACT), str):
            yield int(tenant), int(number), extras
