"""Files of batch drafts, in pieces."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds."""
    op.create_table(
        "batch_draft_file",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file", STRING, autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "file", "place"),
    )
    op.add_column("batch_draft", sa.Column("file", STRING, nullable=True))
