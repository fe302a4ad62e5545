"""Policies of batches that a tenant sets, and a history of the tenant, which begins with its first change."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """The program before this one works with the tables as well."""
    op.add_column("tenant", sa.Column("batch_policies", STRING, server_default="[]", nullable=False))
    op.add_column("tenant", sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("tenant", sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("tenant", sa.Column("head_hash", STRING, server_default="", nullable=False))
