"""History names the HTTP request that made a change."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds: rows of before name none, and the program before this one writes none."""
    op.add_column("history", sa.Column("request", STRING))
