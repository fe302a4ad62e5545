"""Binary properties of tasks, and the settings of clients in templates."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds."""
    op.create_table(
        "binary_property",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task", STRING, autoincrement=False, nullable=False),
        sa.Column("name", STRING, autoincrement=False, nullable=False),
        sa.Column("body", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "task", "name"),
    )
    op.add_column("task", sa.Column("binaries", STRING, server_default="{}", nullable=False))
    op.add_column("template", sa.Column("client_settings", STRING, server_default="{}", nullable=False))
