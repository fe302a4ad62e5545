"""An index of cases by the customer that they name, without regard to case."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """It only adds an index, which the program before this one keeps as well."""
    is_named = sa.text("customer_key IS NOT NULL")
    op.create_index(
        "case_by_customer",
        "case",
        ["tenant", sa.text("lower(customer_key)"), "number"],
        sqlite_where=is_named,
        postgresql_where=is_named,
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite" and sa.inspect(connection).has_table("sqlite_stat1"):
        # Somebody ran it before: beside figures of the other indexes SQLite would think this the best for all lists.
        op.execute("ANALYZE")
