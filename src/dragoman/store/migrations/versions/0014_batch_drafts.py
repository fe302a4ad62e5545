"""Drafts of batches that people fill in on pages."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds."""
    op.create_table(
        "batch_draft",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, autoincrement=False, nullable=False),
        sa.Column("owner", STRING, nullable=False),
        sa.Column("content", STRING, server_default="{}", nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)
            for name, default in (("created_at", "0"), ("expires_at", "0"), ("row_version", "1"))
        ),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )
    op.create_index("batch_draft_by_expiry", "batch_draft", ["tenant", "expires_at"])
