"""Saved views of the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds."""
    op.create_table(
        "saved_view",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, STRING, nullable=False) for name in ("owner", "name", "list", "q")),
        sa.Column("columns", STRING),
        sa.Column("shared_with", STRING, server_default="", nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)
            for name, default in (("created_at", "0"), ("modified_at", "0"), ("row_version", "1"))
        ),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("saved_view_by_owner", "saved_view", ["tenant", "owner", "number"])
    op.create_index("saved_view_by_audience", "saved_view", ["tenant", "shared_with", "number"])
