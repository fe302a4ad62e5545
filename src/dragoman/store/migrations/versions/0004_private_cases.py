"""An index of the private cases: lists leave out what they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index. The program before this one works with it as well."""
    is_private = sa.text("(is_private)")
    op.create_index("case_private", "case", ["tenant", "number"], sqlite_where=is_private, postgresql_where=is_private)
