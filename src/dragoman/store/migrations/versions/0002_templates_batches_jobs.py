"""Templates, messages and timers of tasks; batches with their outcomes; jobs; objects that vendors know."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add tables and columns; nothing that is there changes."""
    op.create_table(
        "batch",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("method", STRING, nullable=False),
        sa.Column("type", STRING, nullable=False),
        sa.Column("field", STRING, nullable=True),
        sa.Column("review", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("status", STRING, nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("processed", sa.BigInteger(), nullable=True),
        sa.Column("success", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("creator", STRING, nullable=True),
        sa.Column("scopes", STRING, nullable=True),
        sa.Column("decided_by", STRING, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("status <> 'cancelled' OR processed = 0", name="batch_cancelled"),
        sa.CheckConstraint("status <> 'completed' OR processed = total", name="batch_completed"),
        sa.CheckConstraint("processed IS NULL OR processed <= total", name="batch_total"),
        sa.CheckConstraint("processed IS NULL OR processed = success + failure", name="batch_processed"),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("batch_by_status", "batch", ["tenant", "status", "number"], unique=False)
    op.create_index("batch_by_uid", "batch", ["tenant", "uid"], unique=True)
    op.create_table(
        "batch_outcome",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", STRING, nullable=True),
        sa.Column("error", STRING, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "batch", "index"),
    )
    op.create_index(
        "batch_outcome_failed",
        "batch_outcome",
        ["tenant", "batch", "index"],
        unique=False,
        sqlite_where=sa.text("error IS NOT NULL"),
        postgresql_where=sa.text("error IS NOT NULL"),
    )
    op.create_table(
        "batch_payload",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", STRING, autoincrement=False, nullable=False),
        sa.Column("entries", STRING, nullable=True),
        sa.Column("data", STRING, nullable=True),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "batch"),
    )
    op.create_table(
        "job",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, autoincrement=False, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=True),
        sa.Column("args", STRING, server_default="{}", nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("run_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("owner", STRING, nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", STRING, nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'running') = (owner IS NOT NULL)", name="job_owner"),
        sa.CheckConstraint(
            "state IN ('scheduled','available','running','retryable','completed','discarded','cancelled')",
            name="job_state",
        ),
        sa.CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="job_lease"),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )
    op.create_index("job_by_state", "job", ["tenant", "state", "run_at"], unique=False)
    op.create_index("job_by_subject", "job", ["tenant", "kind", "subject"], unique=False)
    op.create_table(
        "message",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task", STRING, autoincrement=False, nullable=False),
        sa.Column("which", STRING, autoincrement=False, nullable=False),
        sa.Column("type", STRING, nullable=False),
        sa.Column("body", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "task", "which"),
    )
    op.create_table(
        "resource",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("type", STRING, nullable=False),
        sa.Column("natural", STRING, nullable=False),
        sa.Column("twin", STRING, nullable=False),
        sa.Column("body", STRING, server_default="{}", nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("head_hash", STRING, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("resource_by_natural", "resource", ["tenant", "type", "natural", "twin"], unique=True)
    op.create_index("resource_by_uid", "resource", ["tenant", "uid"], unique=True)
    op.create_table(
        "template",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, autoincrement=False, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("namespace", STRING, nullable=True),
        sa.Column("display_name", STRING, nullable=True),
        sa.Column("description", STRING, nullable=True),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=True),
        sa.Column("type", STRING, nullable=True),
        sa.Column("is_stopped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_one_way", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("input_name", STRING, nullable=True),
        sa.Column("output_name", STRING, nullable=True),
        sa.Column("fault_names", STRING, server_default="[]", nullable=False),
        sa.Column("timing", STRING, server_default="{}", nullable=False),
        sa.Column("roles", STRING, server_default="{}", nullable=False),
        sa.Column("flags", STRING, server_default="{}", nullable=False),
        sa.Column("properties", STRING, server_default="{}", nullable=False),
        sa.Column("valid_from", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )
    op.create_index("template_by_name", "template", ["tenant", "name", "version"], unique=True)
    op.create_index(
        "case_by_completion",
        "case",
        ["tenant", "auto_complete_at", "number"],
        unique=False,
        sqlite_where=sa.text("completed_at IS NULL AND auto_complete_at IS NOT NULL"),
        postgresql_where=sa.text("completed_at IS NULL AND auto_complete_at IS NOT NULL"),
    )
    op.add_column("task", sa.Column("template", STRING, nullable=True))
    op.add_column("task", sa.Column("timing", STRING, server_default="{}", nullable=False))
    op.add_column("task", sa.Column("messages", STRING, server_default="{}", nullable=False))
    op.create_index(
        "task_by_deletion",
        "task",
        ["tenant", "state", "delete_at", "number"],
        unique=False,
        sqlite_where=sa.text("delete_at IS NOT NULL"),
        postgresql_where=sa.text("delete_at IS NOT NULL"),
    )
    op.create_index(
        "task_by_expiry",
        "task",
        ["tenant", "state", "expires_at", "number"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index("task_by_kind", "task", ["tenant", "kind", "number"], unique=False)
    op.create_index(
        "task_by_resumption",
        "task",
        ["tenant", "resume_at", "number"],
        unique=False,
        sqlite_where=sa.text("resume_at IS NOT NULL"),
        postgresql_where=sa.text("resume_at IS NOT NULL"),
    )
