"""An index of the ends of digests: which digest a change of history is in is asked for each row of a page."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """It only adds an index, which the program before this one keeps as well."""
    op.create_index("digest_by_end", "digest", ["tenant", "until_at"])
