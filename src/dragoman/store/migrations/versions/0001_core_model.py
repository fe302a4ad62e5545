"""The core model: tenants and people, tasks and what holds them, extensions, history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make all tables of the core model."""
    op.create_table(
        "alias",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dialect", STRING, autoincrement=False, nullable=False),
        sa.Column("alias", STRING, autoincrement=False, nullable=False),
        sa.Column("user", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dialect", "alias"),
    )
    op.create_index("alias_by_user", "alias", ["tenant", "user", "dialect"], unique=False)
    op.create_table(
        "case",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("title", STRING, nullable=True),
        sa.Column("description", STRING, nullable=True),
        sa.Column("contact", sa.BigInteger(), nullable=True),
        sa.Column("customer_key", STRING, nullable=True),
        sa.Column("contact_key", STRING, nullable=True),
        sa.Column("assignee", STRING, nullable=True),
        sa.Column("creator", STRING, nullable=True),
        sa.Column("started_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("auto_complete_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome_code", STRING, nullable=True),
        sa.Column("outcome_text", STRING, nullable=True),
        sa.Column("is_private", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("extras", STRING, server_default="{}", nullable=False),
        sa.Column("extension_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("head_hash", STRING, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("case_by_contact", "case", ["tenant", "contact", "number"], unique=False)
    op.create_index("case_by_kind", "case", ["tenant", "kind", "number"], unique=False)
    op.create_index("case_by_uid", "case", ["tenant", "uid"], unique=True)
    _index_where_set("case_by_customer_key", "case", "customer_key", "number")
    _index_where_set("case_by_contact_key", "case", "contact_key", "number")
    _index_where_set("case_by_expiry", "case", "expires_at", "number")
    op.create_table(
        "category",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", STRING, nullable=False),
        sa.Column("description", STRING, nullable=False),
        sa.Column("icon", STRING, nullable=False),
        sa.Column("sort_order", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("task_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_table(
        "contact",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("first_name", STRING, nullable=True),
        sa.Column("last_name", STRING, nullable=True),
        sa.Column("company_name", STRING, nullable=True),
        sa.Column("company", sa.BigInteger(), nullable=True),
        sa.Column("job_title", STRING, nullable=True),
        sa.Column("about", STRING, nullable=True),
        sa.Column("email", STRING, nullable=True),
        sa.Column("is_private", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("shared_with", STRING, server_default="[]", nullable=False),
        sa.Column("task_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("person_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("creator", STRING, nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("extras", STRING, server_default="{}", nullable=False),
        sa.Column("extension_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("head_hash", STRING, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("contact_by_company", "contact", ["tenant", "company", "number"], unique=False)
    op.create_index("contact_by_uid", "contact", ["tenant", "uid"], unique=True)
    op.create_index("contact_private", "contact", ["tenant", "is_private", "number"], unique=False)
    op.create_table(
        "counter",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", STRING, autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "digest",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("until_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("heads", STRING, nullable=False),
        sa.Column("hash", STRING, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence"),
    )
    op.create_table(
        "extension",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_kind", STRING, autoincrement=False, nullable=False),
        sa.Column("owner", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("folded", STRING, autoincrement=False, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("value", STRING, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "owner_kind", "owner", "folded"),
    )
    op.create_index("extension_by_name", "extension", ["tenant", "owner_kind", "folded", "owner"], unique=False)
    _index_where_set("extension_removed", "extension", "removed_at", "owner_kind", "owner")
    op.create_table(
        "extension_schema",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", STRING, autoincrement=False, nullable=False),
        sa.Column("folded", STRING, autoincrement=False, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("is_multi_valued", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attributes", STRING, server_default="[]", nullable=False),
        sa.Column("unique", STRING, server_default="[]", nullable=False),
        sa.Column("source", STRING, nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "owner", "folded"),
    )
    op.create_table(
        "group",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, autoincrement=False, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )
    op.create_index("group_by_name", "group", ["tenant", "name"], unique=True)
    op.create_table(
        "history",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", STRING, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("principal", STRING, nullable=False),
        sa.Column("dialect", STRING, nullable=False),
        sa.Column("operation", STRING, nullable=False),
        sa.Column("changes", STRING, nullable=False),
        sa.Column("hash", STRING, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "entity", "number", "revision"),
    )
    op.create_index("history_by_moment", "history", ["tenant", "at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("credential", STRING, autoincrement=False, nullable=False),
        sa.Column("key", STRING, autoincrement=False, nullable=False),
        sa.Column("request_hash", STRING, nullable=False),
        sa.Column("status", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("content_type", STRING, nullable=True),
        sa.Column("headers", STRING, nullable=False),
        sa.Column("body", STRING, nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "credential", "key"),
    )
    op.create_index("idempotency_by_age", "idempotency", ["tenant", "created_at"], unique=False)
    op.create_table(
        "lease",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", STRING, autoincrement=False, nullable=False),
        sa.Column("owner", STRING, nullable=False),
        sa.Column("until_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "login_name",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", STRING, autoincrement=False, nullable=False),
        sa.Column("user_tenant", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("user", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "login"),
    )
    op.create_table(
        "setting",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", STRING, autoincrement=False, nullable=False),
        sa.Column("value", STRING, nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "stage",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("case", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("title", STRING, nullable=True),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome_code", STRING, nullable=True),
        sa.Column("outcome_text", STRING, nullable=True),
        sa.Column("creator", STRING, nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("extras", STRING, server_default="{}", nullable=False),
        sa.Column("extension_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("head_hash", STRING, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("stage_by_case", "stage", ["tenant", "case", "number"], unique=False)
    op.create_index("stage_by_uid", "stage", ["tenant", "uid"], unique=True)
    _index_where_set("stage_removed", "stage", "removed_at", "number")
    op.create_table(
        "task",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("name", STRING, nullable=True),
        sa.Column("title", STRING, nullable=True),
        sa.Column("description", STRING, nullable=True),
        sa.Column("category", sa.BigInteger(), nullable=True),
        sa.Column("type", STRING, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("suspended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("escalated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("read", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("open_children", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=True),
        sa.Column("assignee", STRING, nullable=True),
        sa.Column("creator", STRING, nullable=True),
        sa.Column("starter", STRING, nullable=True),
        sa.Column("contact", sa.BigInteger(), nullable=True),
        sa.Column("case", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.BigInteger(), nullable=True),
        sa.Column("parent", sa.BigInteger(), nullable=True),
        sa.Column("entity_kind", STRING, nullable=True),
        sa.Column("entity", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("due_local", STRING, nullable=True),
        sa.Column("due_zone", STRING, nullable=True),
        sa.Column("remind_before_minutes", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("delete_at", sa.BigInteger(), nullable=True),
        sa.Column("resume_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.Column("first_activated_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("state_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome_code", STRING, nullable=True),
        sa.Column("outcome_text", STRING, nullable=True),
        sa.Column("properties", STRING, server_default="{}", nullable=False),
        sa.Column("extras", STRING, server_default="{}", nullable=False),
        sa.Column("extension_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("work_item_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("head_hash", STRING, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("task_by_assignee", "task", ["tenant", "assignee", "state", "number"], unique=False)
    op.create_index("task_by_case", "task", ["tenant", "case", "number"], unique=False)
    op.create_index("task_by_category", "task", ["tenant", "category", "number"], unique=False)
    op.create_index("task_by_contact", "task", ["tenant", "contact", "number"], unique=False)
    op.create_index("task_by_entity", "task", ["tenant", "entity_kind", "entity", "number"], unique=False)
    op.create_index("task_by_parent", "task", ["tenant", "parent", "number"], unique=False)
    op.create_index("task_by_uid", "task", ["tenant", "uid"], unique=True)
    _index_where_set("task_removed", "task", "removed_at", "number")
    op.create_table(
        "task_word",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", STRING, autoincrement=False, nullable=False),
        sa.Column("task", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "word", "task"),
    )
    op.create_index("task_word_by_task", "task_word", ["tenant", "task"], unique=False)
    op.create_table(
        "tenant",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("zone", STRING, nullable=False),
        sa.Column("inbox_case", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "token",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", STRING, autoincrement=False, nullable=False),
        sa.Column("user", STRING, nullable=False),
        sa.Column("scopes", STRING, server_default="[]", nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "hash"),
    )
    op.create_index("token_by_user", "token", ["tenant", "user"], unique=False)
    op.create_table(
        "tombstone",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", STRING, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, nullable=False),
        sa.Column("at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("head_hash", STRING, nullable=False),
        sa.Column("snapshot", STRING, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "entity", "number"),
    )
    op.create_index("tombstone_by_uid", "tombstone", ["tenant", "entity", "uid"], unique=False)
    op.create_table(
        "user",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", STRING, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("login", STRING, nullable=False),
        sa.Column("email", STRING, nullable=True),
        sa.Column("display_name", STRING, nullable=False),
        sa.Column("first_name", STRING, nullable=True),
        sa.Column("last_name", STRING, nullable=True),
        sa.Column("title", STRING, nullable=True),
        sa.Column("language", STRING, nullable=True),
        sa.Column("zone", STRING, nullable=True),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("roles", STRING, server_default="[]", nullable=False),
        sa.Column("groups", STRING, server_default="[]", nullable=False),
        sa.Column("password_hash", STRING, nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("extras", STRING, server_default="{}", nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )
    op.create_index("user_by_login", "user", ["tenant", "login"], unique=True)
    op.create_table(
        "work_item",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", STRING, autoincrement=False, nullable=False),
        sa.Column("holder", STRING, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "task", "role", "holder"),
    )
    op.create_index("work_item_by_holder", "work_item", ["tenant", "holder", "role", "task"], unique=False)
    op.create_index(
        "task_by_state_due", "task", ["tenant", "state", sa.text("coalesce(due_at, 9223372036854775807)"), "number"]
    )


def _index_where_set(name: str, table: str, column: str, *others: str) -> None:
    condition = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        name, table, ["tenant", column, *others], sqlite_where=condition, postgresql_where=condition, unique=False
    )
