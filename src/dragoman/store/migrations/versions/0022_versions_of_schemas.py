"""The versions of a schema before its newest one."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds. The program before this one makes and deletes schemas, and changes none."""
    op.add_column("extension_schema", sa.Column("earlier", STRING, server_default="[]", nullable=False))
