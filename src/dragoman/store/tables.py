"""Tables and constraints, the same on both engines. Every key begins with the tenant.

What is text compares bytewise everywhere; moments are counts of 100 ns; JSON of clients is kept as the text it was.
No foreign keys: references that clients send may dangle, and those of our own are written in one transaction.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, Table, Text

metadata = MetaData()

# SQLite compares text bytewise by default; PostgreSQL needs a collation.
STRING = Text().with_variant(Text(collation="C"), "postgresql")

HOUR = 36_000_000_000
"""In ticks of moments."""
TITLE = 500
"""So many characters of a title are sorted by, so that the keys of an index stay small."""

# Expressions in indexes of tasks. A statement uses such an index only with exactly the same expression.
has_ended: sa.ColumnElement[int] = sa.literal_column(
    "(CASE WHEN state IN ('completed','expired','failed','terminated') THEN 1 ELSE 0 END)", sa.Integer()
)
due_or_last: sa.ColumnElement[int] = sa.literal_column("coalesce(due_at, 9223372036854775807)", BigInteger())
priority_or_none: sa.ColumnElement[int] = sa.literal_column("coalesce(priority, 0)", BigInteger())
priority_first: sa.ColumnElement[int] = priority_or_none.desc()
title_first: sa.ColumnElement[Any] = sa.literal_column(
    f"substr(coalesce(nullif(title, ''), name, ''), 1, {TITLE})", STRING
)
# PostgreSQL computes this column itself. A change of a column in any index writes to all indexes of the row there:
# with this one that happens once an hour, with the moment of change it would each time.
changed_hour: sa.ColumnElement[int] = sa.literal_column("changed_hour", BigInteger())
is_no_work: sa.ColumnElement[Any] = sa.literal_column("(kind <> 'work')")  # untyped: SQLite's would get a "= 1"
has_escalations: sa.ColumnElement[Any] = sa.literal_column("(escalations <> '[]')")

is_service: sa.ColumnElement[Any] = sa.literal_column("(\"case\".kind = 'service')")
is_labelled: sa.ColumnElement[Any] = sa.literal_column("(labels <> '[]')")

case_is_private: sa.ColumnElement[Any] = sa.literal_column('("case".is_private)')


def _key(name: str, type_: sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]) -> Column[Any]:
    return Column(name, type_, primary_key=True, autoincrement=False, nullable=False)


def _number(name: str) -> Column[Any]:
    return Column(name, BigInteger)


def _count(name: str, default: int = 0) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=str(default))


def _text(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, STRING, nullable=nullable)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=sa.false())


def _json(name: str, empty: str = "{}") -> Column[Any]:
    return Column(name, STRING, nullable=False, server_default=empty)


def _versions() -> list[Column[Any]]:
    return [
        _count("revision", 1),
        _count("row_version", 1),
        Column("head_hash", STRING, nullable=False, server_default=""),
    ]


def _late_versions() -> list[Column[Any]]:
    """Of what was there before its history: that begins with the first change, so the revision is 0 until then."""
    return [_count("revision"), Column("head_hash", STRING, nullable=False, server_default="")]


def _where_set(name: str, column: Any, *others: str, when: str = "") -> Index:
    """An index of the few rows that have a value in this column, or in the one that `when` names."""
    return _where(name, sa.text(f"{when or column} IS NOT NULL"), column, *others)


def _where(name: str, condition: Any, *columns: Any, unique: bool = False) -> Index:
    """An index of the rows for which this holds; only statements with the same condition use it."""
    return Index(name, "tenant", *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


tenant = Table(
    "tenant",
    metadata,
    _key("tenant", BigInteger),
    _text("name", nullable=False),
    _text("zone", nullable=False),
    _count("inbox_case", 1),
    _count("created_at"),
    _count("row_version", 1),
    _json("batch_policies", "[]"),
    _count("modified_at"),
    *_late_versions(),
    _text("display_name"),
    _text("language"),
    _flag("require_if_match"),
    _json("limits"),
    _number("disabled_at"),
)

tenant_is_enabled: sa.ColumnElement[bool] = tenant.c.disabled_at.is_(None)

counter = Table(
    "counter",
    metadata,
    _key("tenant", BigInteger),
    _key("name", STRING),
    _count("value"),
    _count("row_version", 1),
)

login_name = Table(
    "login_name",
    metadata,
    _key("tenant", BigInteger),
    _key("login", STRING),
    _count("user_tenant"),
    _text("user", nullable=False),
    _count("row_version", 1),
    Column("folded", STRING, nullable=False, server_default=""),
    Index("login_name_by_folded", "tenant", "folded"),
)

user = Table(
    "user",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    _count("number"),
    _text("login", nullable=False),
    _text("email"),
    _text("display_name", nullable=False),
    _text("first_name"),
    _text("last_name"),
    _text("title"),
    _text("language"),
    _text("zone"),
    _flag("is_admin"),
    _json("roles", "[]"),
    _json("groups", "[]"),
    _text("password_hash"),
    _number("disabled_at"),
    _count("created_at"),
    _count("modified_at"),
    _json("extras"),
    _count("row_version", 1),
    Column("kind", STRING, nullable=False, server_default="person"),
    _text("owner"),
    _text("scopes"),
    _text("dialects"),
    _number("unlocked_at"),
    _number("last_seen_at"),
    _number("deleted_at"),
    *_late_versions(),
    # A deleted user keeps his login to be shown; somebody else may have it.
    _where("user_by_login", sa.text("deleted_at IS NULL"), "login", unique=True),
)

group = Table(
    "group",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    _text("name", nullable=False),
    _count("created_at"),
    _count("row_version", 1),
    _count("number"),
    Column("description", STRING, nullable=False, server_default=""),
    _json("roles", "[]"),
    _json("external_names", "[]"),
    _count("modified_at"),
    *_late_versions(),
    Index("group_by_name", "tenant", "name", unique=True),
)

group_member = Table(
    "group_member",
    metadata,
    _key("tenant", BigInteger),
    _key("group", STRING),
    _key("user", STRING),
    _key("source", STRING),  # "manual", or the provider that says so
    _count("created_at"),
    _count("row_version", 1),
    Index("group_member_by_user", "tenant", "user", "group"),
)

alias = Table(
    "alias",
    metadata,
    _key("tenant", BigInteger),
    _key("dialect", STRING),
    _key("alias", STRING),
    _text("user", nullable=False),
    _count("created_at"),
    _count("row_version", 1),
    _count("position"),
    Column("spelling", STRING, nullable=False, server_default=""),
    Index("alias_by_user", "tenant", "user", "dialect"),
)

token = Table(
    "token",
    metadata,
    _key("tenant", BigInteger),
    _key("hash", STRING),
    _text("user", nullable=False),
    _json("scopes", "[]"),
    _count("created_at"),
    _number("expires_at"),
    _number("revoked_at"),
    _count("row_version", 1),
    _text("uid"),
    Column("name", STRING, nullable=False, server_default=""),
    Column("kind", STRING, nullable=False, server_default="api"),
    _text("created_by"),
    _flag("gives_decision"),
    _number("last_used_at"),
    _text("last_dialect"),
    Index("token_by_user", "tenant", "user"),
)

session = Table(
    "session",
    metadata,
    _key("tenant", BigInteger),
    _key("hash", STRING),
    _text("uid", nullable=False),
    _text("user", nullable=False),
    _text("via", nullable=False),
    _count("created_at"),
    _count("seen_at"),
    _count("expires_at"),
    _text("browser"),
    _text("address"),
    _count("row_version", 1),
    Index("session_by_user", "tenant", "user", "created_at"),
)

identity = Table(
    "identity",
    metadata,
    _key("tenant", BigInteger),
    _key("provider", STRING),
    _key("subject", STRING),
    _text("user", nullable=False),
    _count("linked_at"),
    _count("row_version", 1),
    Index("identity_by_user", "tenant", "user"),
)

password_link = Table(
    "password_link",
    metadata,
    _key("tenant", BigInteger),
    _key("hash", STRING),
    _text("user", nullable=False),
    _count("created_at"),
    _count("expires_at"),
    _number("used_at"),
    _count("row_version", 1),
    Index("password_link_by_user", "tenant", "user"),
)

unclaimed_name = Table(
    "unclaimed_name",
    metadata,
    _key("tenant", BigInteger),
    _key("dialect", STRING),
    _key("name", STRING),
    _count("first_seen_at"),
    _count("last_seen_at"),
    _count("count"),
    _count("row_version", 1),
    Index("unclaimed_name_by_last", "tenant", "last_seen_at"),
)

unclaimed_task = Table(
    "unclaimed_task",
    metadata,
    _key("tenant", BigInteger),
    _key("dialect", STRING),
    _key("name", STRING),
    _key("task", BigInteger),
    _count("row_version", 1),
    Index("unclaimed_task_by_task", "tenant", "task"),
)

task = Table(
    "task",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("kind", nullable=False),
    _text("name"),
    _text("title"),
    _text("description"),
    _number("category"),
    _text("type"),
    _text("work_list"),
    _text("state", nullable=False),
    _flag("suspended"),
    _flag("escalated"),
    _flag("read"),
    _count("open_children"),
    _number("priority"),
    _text("assignee"),
    _text("creator"),
    _text("starter"),
    _number("contact"),
    _number("case"),
    _number("stage"),
    _number("parent"),
    _text("entity_kind"),
    _number("entity"),
    _number("due_at"),
    _text("due_local"),
    _text("due_zone"),
    _number("remind_before_minutes"),
    _number("expires_at"),
    _number("delete_at"),
    _number("resume_at"),
    _count("created_at"),
    _count("modified_at"),
    _number("activated_at"),
    _number("first_activated_at"),
    _number("claimed_at"),
    _number("completed_at"),
    _number("state_changed_at"),
    _text("outcome_code"),
    _text("outcome_text"),
    _text("template"),
    _json("escalations", "[]"),
    _number("escalate_at"),
    _json("timing"),
    _json("messages"),
    _json("binaries"),
    _json("properties"),
    _json("extras"),
    _count("extension_count"),
    _count("work_item_count"),
    _number("removed_at"),
    _text("made_through"),
    *_versions(),
    Index("task_by_uid", "tenant", "uid", unique=True),
    Index("task_by_state_due", "tenant", "state", due_or_last, "number"),
    Index("task_by_end_due", "tenant", has_ended, due_or_last, "number"),
    Index("task_by_urgency", "tenant", has_ended, due_or_last, priority_first, "created_at", "number"),
    Index("task_by_priority", "tenant", has_ended, priority_or_none, "number"),
    Index("task_by_title", "tenant", has_ended, title_first, "number").ddl_if(dialect="sqlite"),
    Index("task_by_change", "tenant", has_ended, "modified_at", "number").ddl_if(dialect="sqlite"),
    Index("task_by_hour", "tenant", has_ended, sa.text("changed_hour")).ddl_if(dialect="postgresql"),
    Index("task_by_assignee", "tenant", "assignee", "state", "number"),
    Index("task_by_case", "tenant", "case", "number"),
    Index("task_by_creation", "tenant", "created_at", "number"),
    Index("task_by_origin", "tenant", "made_through", "number"),
    _where("task_of_nobody", sa.text("work_item_count = 0"), has_ended, due_or_last, "number"),
    _where_set("task_by_creator", "creator", "number"),
    _where_set("task_by_starter", "starter", "number"),
    _where_set("task_by_contact", "contact", "number"),
    _where_set("task_by_category", "category", "number"),
    _where_set("task_by_type", "type", "number"),
    _where_set("task_by_work_list", "work_list", "number"),
    _where_set("task_by_stage", "stage", "number"),
    _where_set("task_by_parent", "parent", "number"),
    _where_set("task_by_entity", "entity_kind", "entity", "number", when="entity"),
    _where("task_of_no_work", is_no_work, "number"),
    _where_set("task_removed", "removed_at", "number"),
    # With the state: what ended keeps the moment when it would have expired, and is not to be walked over each time.
    _where_set("task_by_expiry", "state", "expires_at", "number", when="expires_at"),
    _where_set("task_by_resumption", "resume_at", "number"),
    _where_set("task_by_escalation", "escalate_at", "number"),
    _where("task_with_escalations", has_escalations, "number"),
    _where_set("task_by_deletion", "state", "delete_at", "number", when="delete_at"),
)

case = Table(
    "case",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("kind", nullable=False),
    _text("title"),
    _text("description"),
    _number("contact"),
    _text("customer_key"),
    _text("contact_key"),
    _text("assignee"),
    _text("creator"),
    _number("sales_stage"),
    _json("members", "[]"),
    _json("labels", "[]"),
    _count("started_at"),
    _number("completed_at"),
    _number("expires_at"),
    _number("auto_complete_at"),
    _text("outcome_code"),
    _text("outcome_text"),
    _flag("is_private"),
    _count("created_at"),
    _count("modified_at"),
    _json("extras"),
    _count("extension_count"),
    _number("removed_at"),
    *_versions(),
    Index("case_by_uid", "tenant", "uid", unique=True),
    Index("case_by_contact", "tenant", "contact", "number"),
    Index("case_by_kind", "tenant", "kind", "number"),
    _where("case_of_services", sa.text("kind = 'service'"), "started_at", "number"),
    _where_set("case_by_customer_key", "customer_key", "number"),
    _where_set("case_by_customer", sa.text("lower(customer_key)"), "number", when="customer_key"),
    _where_set("case_by_contact_key", "contact_key", "number"),
    _where_set("case_by_expiry", "expires_at", "number"),
    _where("case_private", sa.text("(is_private)"), "number"),
    _where("case_labelled", is_labelled, "number"),
    Index(
        "case_by_completion",
        "tenant",
        "auto_complete_at",
        "number",
        sqlite_where=sa.text("completed_at IS NULL AND auto_complete_at IS NOT NULL"),
        postgresql_where=sa.text("completed_at IS NULL AND auto_complete_at IS NOT NULL"),
    ),
)

stage = Table(
    "stage",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _count("case"),
    _text("title"),
    _number("previous"),
    _count("started_at"),
    _number("completed_at"),
    _text("outcome_code"),
    _text("outcome_text"),
    _text("creator"),
    _count("created_at"),
    _count("modified_at"),
    _json("extras"),
    _count("extension_count"),
    _number("removed_at"),
    *_versions(),
    Index("stage_by_uid", "tenant", "uid", unique=True),
    Index("stage_by_case", "tenant", "case", "number"),
    _where_set("stage_removed", "removed_at", "number"),
)

contact = Table(
    "contact",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("kind", nullable=False),
    _text("first_name"),
    _text("last_name"),
    _text("company_name"),
    _number("company"),
    _text("job_title"),
    _text("about"),
    _text("email"),
    _flag("is_private"),
    _json("shared_with", "[]"),
    _json("labels", "[]"),
    _count("task_count"),
    _count("person_count"),
    _text("creator"),
    _count("created_at"),
    _count("modified_at"),
    _json("extras"),
    _count("extension_count"),
    _json("attributes"),
    _text("given_key"),
    _number("removed_at"),
    *_versions(),
    Index("contact_by_uid", "tenant", "uid", unique=True),
    Index("contact_by_company", "tenant", "company", "number"),
    Index("contact_private", "tenant", "is_private", "number"),
    _where("contact_labelled", is_labelled, "number"),
)

contact_value = Table(
    "contact_value",  # by which contacts are identified; derived from them
    metadata,
    _key("tenant", BigInteger),
    _key("attribute", STRING),
    _key("value", STRING),
    _key("contact", BigInteger),
    sqlite_with_rowid=False,
)

category = Table(
    "category",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("title", nullable=False),
    _text("description", nullable=False),
    _text("icon", nullable=False),
    _count("sort_order"),
    _count("task_count"),
    _count("created_at"),
    _count("row_version", 1),
)

label = Table(
    "label",
    metadata,
    _key("tenant", BigInteger),
    _key("kind", STRING),
    _key("folded", STRING),
    _text("title", nullable=False),
    _count("created_at"),
    _count("row_version", 1),
)

note = Table(
    "note",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("kind", nullable=False),
    _text("text", nullable=False),
    _number("contact"),
    _number("case"),
    _text("creator"),
    Column("dialect", STRING, nullable=False, server_default=""),
    _count("created_at"),
    _count("row_version", 1),
    _where_set("note_by_contact", "contact", "created_at", "number"),
    _where("note_by_case", sa.text('"case" IS NOT NULL'), "case", "created_at", "number"),
    Index("note_by_uid", "tenant", "uid", unique=True),
    Index("note_by_age", "tenant", "created_at", "number"),
)

template_set = Table(
    "template_set",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("title", nullable=False),
    _text("applies_to", nullable=False),
    _text("creator"),
    _count("created_at"),
    _count("modified_at"),
    _count("row_version", 1),
    Index("template_set_by_uid", "tenant", "uid", unique=True),
)

blueprint = Table(
    "blueprint",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _count("set"),
    _text("title", nullable=False),
    _text("description"),
    _text("assignee"),
    _number("category"),
    _flag("notifies"),
    _count("offset"),
    _flag("at_time_of_day"),
    _json("extras"),
    _count("created_at"),
    _count("modified_at"),
    _count("row_version", 1),
    Index("blueprint_by_set", "tenant", "set", "number"),
    _where_set("blueprint_by_category", "category", "number"),
)

extension = Table(
    "extension",
    metadata,
    _key("tenant", BigInteger),
    _key("owner_kind", STRING),
    _key("owner", BigInteger),
    _key("folded", STRING),
    _text("name", nullable=False),
    _text("value", nullable=False),
    _number("removed_at"),  # marked by the deletion of its schema; a sweep finishes
    Index("extension_by_name", "tenant", "owner_kind", "folded", "owner"),
    _where_set("extension_removed", "removed_at", "owner_kind", "owner"),
)

extension_schema = Table(
    "extension_schema",
    metadata,
    _key("tenant", BigInteger),
    _key("owner", STRING),
    _key("folded", STRING),
    _text("name", nullable=False),
    _count("version", 1),
    _flag("is_multi_valued"),
    _json("attributes", "[]"),
    _json("unique", "[]"),
    _text("source", nullable=False),
    _count("created_at"),
    _count("row_version", 1),
    _flag("is_classifier"),
    _json("earlier", "[]"),
)

work_item = Table(
    "work_item",
    metadata,
    _key("tenant", BigInteger),
    _key("task", BigInteger),
    _key("role", STRING),
    _key("holder", STRING),
    Index("work_item_by_holder", "tenant", "holder", "role", "task"),
)

task_word = Table(
    "task_word",
    metadata,
    _key("tenant", BigInteger),
    _key("word", STRING),
    _key("task", BigInteger),
    sqlite_with_rowid=False,  # the key is all there is: kept once, not twice
)

history = Table(
    "history",
    metadata,
    _key("tenant", BigInteger),
    _key("entity", STRING),
    _key("number", BigInteger),
    _key("revision", BigInteger),
    _count("at"),
    _text("principal", nullable=False),
    _text("dialect", nullable=False),
    _text("operation", nullable=False),
    _text("changes", nullable=False),
    _text("hash", nullable=False),
    _number("cause"),
    _text("actor"),
    _text("salt"),
    _text("commit"),
    _number("redacted"),
    _text("request"),
    Index("history_by_moment", "tenant", "at"),
)

event = Table(
    "event",
    metadata,
    _key("tenant", BigInteger),
    _key("sequence", BigInteger),
    _text("uid", nullable=False),
    _text("type", nullable=False),
    _count("at"),
    _text("entity", nullable=False),
    _number("number"),
    _text("subject", nullable=False),
    _text("title"),
    _number("revision"),  # of its row of history, null where there is none
    _text("actor"),
    _text("actor_login", nullable=False),
    _text("on_behalf_of"),
    _text("dialect", nullable=False),
    _text("operation", nullable=False),
    _text("audience", nullable=False),
    _text("audience_before"),  # null: the same
    _text("data"),  # JSON, null where history tells it
    Index("event_by_uid", "tenant", "uid", unique=True),
    sqlite_with_rowid=False,  # read and written in the order of its key
)

webhook = Table(
    "webhook",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    _text("url", nullable=False),
    _text("owner", nullable=False),  # uid
    _text("secret", nullable=False),  # sealed
    Column("description", STRING, nullable=False, server_default=""),
    _json("types", "[]"),
    _json("filter"),
    _text("order", nullable=False),
    _text("state", nullable=False),
    _text("disabled_reason"),
    _number("failing_since"),
    _number("last_success_at"),
    _text("old_secret"),
    _number("old_secret_until"),
    _count("position"),
    _number("held_until"),
    _count("created_at"),
    _count("modified_at"),
    _count("revision", 1),
    _count("row_version", 1),
)

# Conditions in indexes of deliveries.
delivery_is_open = sa.text("state IN ('waiting','sending')")
delivery_is_due = sa.text("state = 'waiting' AND next_at IS NOT NULL")
delivery_is_sending = sa.text("state = 'sending'")

delivery = Table(
    "delivery",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    _text("webhook", nullable=False),
    _count("sequence"),
    _text("event", nullable=False),
    _text("type", nullable=False),
    _text("subject", nullable=False),
    _count("created_at"),
    Column("body", STRING, nullable=False, server_default=""),
    _text("state", nullable=False),
    _count("attempts"),
    _number("next_at"),
    _flag("is_test"),
    _count("steps"),
    _text("holder"),
    _number("lease_until"),
    _number("ended_at"),
    _number("last_at"),
    _number("last_status"),
    _text("last_error"),
    _number("last_milliseconds"),
    _count("row_version", 1),
    Index("delivery_by_event", "tenant", "webhook", "event", unique=True),
    _where("delivery_by_subject", delivery_is_open, "webhook", "subject", "sequence"),
    _where("delivery_due", delivery_is_due, "webhook", "next_at", "sequence"),
    _where("delivery_sending", delivery_is_sending, "lease_until"),
    _where("delivery_ended", sa.text("ended_at IS NOT NULL"), "state", "ended_at"),
)

delivery_try = Table(
    "delivery_try",
    metadata,
    _key("tenant", BigInteger),
    _key("delivery", STRING),
    _key("attempt", BigInteger),
    _count("at"),
    _number("status"),
    _text("error"),
    _count("milliseconds"),
    _text("answer"),
    sqlite_with_rowid=False,
)

tombstone = Table(
    "tombstone",
    metadata,
    _key("tenant", BigInteger),
    _key("entity", STRING),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _count("at"),
    _count("revision"),
    _text("head_hash", nullable=False),
    _text("snapshot", nullable=False),
    Index("tombstone_by_uid", "tenant", "entity", "uid"),
)

digest = Table(
    "digest",
    metadata,
    _key("tenant", BigInteger),
    _key("sequence", BigInteger),
    _count("from_at"),
    _count("until_at"),
    _text("heads", nullable=False),  # JSON: [[entity, number, revision, hash], …] in order
    _text("hash", nullable=False),
    Index("digest_by_end", "tenant", "until_at"),
)

lease = Table(
    "lease",
    metadata,
    _key("tenant", BigInteger),
    _key("name", STRING),
    _text("owner", nullable=False),
    _count("until_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    _key("tenant", BigInteger),
    _key("credential", STRING),
    _key("key", STRING),
    _text("request_hash", nullable=False),
    _count("status"),
    _text("content_type"),
    _text("headers", nullable=False),
    _text("body", nullable=False),
    _count("created_at"),
    Index("idempotency_by_age", "tenant", "created_at"),
)

saved_view = Table(
    "saved_view",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("owner", nullable=False),
    _text("name", nullable=False),
    _text("list", nullable=False),
    _text("q", nullable=False),
    _text("columns"),
    Column("shared_with", STRING, nullable=False, server_default=""),
    _count("created_at"),
    _count("modified_at"),
    _count("row_version", 1),
    Index("saved_view_by_owner", "tenant", "owner", "number"),
    Index("saved_view_by_audience", "tenant", "shared_with", "number"),
)

setting = Table(
    "setting",
    metadata,
    _key("tenant", BigInteger),
    _key("name", STRING),
    _text("value", nullable=False),
    _count("row_version", 1),
)

template = Table(
    "template",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    _text("name", nullable=False),
    _count("version"),
    _text("namespace"),
    _text("display_name"),
    _text("description"),
    _text("kind", nullable=False),
    _number("priority"),
    _text("type"),
    _flag("is_stopped"),
    _flag("is_one_way"),
    _text("input_name"),
    _text("output_name"),
    _json("fault_names", "[]"),
    _json("timing"),
    _json("roles"),
    _json("flags"),
    _json("properties"),
    _count("valid_from"),
    _count("created_at"),
    _text("digest", nullable=False),
    _count("row_version", 1),
    _json("client_settings"),
    _json("escalations", "[]"),
    Index("template_by_name", "tenant", "name", "version", unique=True),
)

message = Table(
    "message",
    metadata,
    _key("tenant", BigInteger),
    _key("task", STRING),
    _key("which", STRING),
    _text("type", nullable=False),
    _text("body", nullable=False),
    _count("row_version", 1),
)

work_list = Table(
    "work_list",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("name", nullable=False),
    _text("display_name"),
    _text("description"),
    _text("owner"),
    _json("roles"),
    _json("targets", "[]"),
    _json("extras"),
    _count("created_at"),
    _count("modified_at"),
    *_versions(),
    Index("work_list_by_uid", "tenant", "uid", unique=True),
    Index("work_list_by_name", "tenant", "name", unique=True),
)

binary_property = Table(
    "binary_property",
    metadata,
    _key("tenant", BigInteger),
    _key("task", STRING),
    _key("name", STRING),
    _text("body", nullable=False),
    _count("row_version", 1),
)

job = Table(
    "job",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    _text("kind", nullable=False),
    _number("subject"),
    _json("args"),
    Column("state", STRING, nullable=False),
    _count("run_at"),
    _text("owner"),
    _number("lease_until"),
    _count("attempt"),
    _text("error"),
    _count("created_at"),
    _number("finished_at"),
    _count("priority"),
    _count("row_version", 1),
    Index("job_by_state", "tenant", "state", "run_at"),
    Index("job_by_subject", "tenant", "kind", "subject"),
    sa.CheckConstraint(
        "state IN ('scheduled','available','running','retryable','completed','discarded','cancelled')",
        name="job_state",
    ),
    sa.CheckConstraint("(state = 'running') = (owner IS NOT NULL)", name="job_owner"),
    sa.CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="job_lease"),
)

batch = Table(
    "batch",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("method", nullable=False),
    _text("type", nullable=False),
    _text("field"),
    _flag("review"),
    _text("status", nullable=False),
    _count("size"),
    _number("total"),
    _number("processed"),
    _number("success"),
    _number("failure"),
    _count("cursor"),
    _text("creator"),
    _text("scopes"),
    _text("decided_by"),
    _number("decided_at"),
    _count("created_at"),
    _count("modified_at"),
    _text("title"),
    _text("purpose"),
    _text("selection"),
    Column("on_change", STRING, nullable=False, server_default="fail"),
    _text("max_failures"),
    _number("canary"),
    _flag("canary_passed"),
    _text("rate"),
    _number("concurrency"),
    _number("not_before"),
    _count("priority"),
    _number("review_expires_at"),
    _json("policy_asked"),
    _text("policy"),
    _number("unchanged"),
    _number("skipped"),
    _text("summary"),
    _count("previewed"),
    _json("decisions", "[]"),
    _text("ended_because"),
    _text("origin"),
    _text("origin_batch"),
    _text("undone_by"),
    _text("on_conflict"),
    _text("dialect"),
    _count("sent_to"),
    _json("pace", "[]"),
    _number("bucket_full_at"),
    _number("started_at"),
    _number("ended_at"),
    _count("revision", 1),
    _count("activity"),
    _count("row_version", 1),
    Index("batch_by_uid", "tenant", "uid", unique=True),
    Index("batch_by_status", "tenant", "status", "number"),
    _where_set("batch_by_origin", "origin_batch", "number"),
    sa.CheckConstraint("processed IS NULL OR processed = success + failure", name="batch_processed"),
    sa.CheckConstraint("processed IS NULL OR processed <= total", name="batch_total"),
    sa.CheckConstraint("status <> 'completed' OR processed = total", name="batch_completed"),
    sa.CheckConstraint("status <> 'cancelled' OR processed = 0", name="batch_cancelled"),
)

batch_payload = Table(
    "batch_payload",
    metadata,
    _key("tenant", BigInteger),
    _key("batch", STRING),
    _text("entries"),
    _text("data"),
    _count("row_version", 1),
)

batch_chunk = Table(
    "batch_chunk",
    metadata,
    _key("tenant", BigInteger),
    _key("batch", STRING),
    _key("first", BigInteger),
    _count("count"),
    _text("entries"),
    _text("data"),
    _text("sources"),
    _count("row_version", 1),
)

batch_preview = Table(
    "batch_preview",
    metadata,
    _key("tenant", BigInteger),
    _key("batch", BigInteger),
    _key("index", BigInteger),
    _text("effect", nullable=False),
    _text("object"),
    _number("number"),
    _text("version"),
    _text("before"),
    _text("after"),
    _text("changed"),
    _text("error"),
    _text("warning"),
    _where_set("batch_preview_by_object", "batch", "number", "index", when="number"),
)

batch_outcome = Table(
    "batch_outcome",
    metadata,
    _key("tenant", BigInteger),
    _key("batch", BigInteger),
    _key("index", BigInteger),
    _text("key"),
    _text("error"),
    _text("code"),
    _flag("unchanged"),
    _text("object"),
    _number("number"),
    _number("revision"),
    _count("at"),
    _text("image"),
    _where_set("batch_outcome_failed", "batch", "index", when="error"),
)

batch_detail = Table(
    "batch_detail",
    metadata,
    _key("tenant", BigInteger),
    _key("batch", STRING),
    _json("groups", "[]"),
    _json("failures", "[]"),
    _count("other_failures"),
    _count("row_version", 1),
)

batch_draft = Table(
    "batch_draft",
    metadata,
    _key("tenant", BigInteger),
    _key("uid", STRING),
    Column("owner", STRING, nullable=False),
    _json("content", "{}"),
    _text("file"),
    _count("created_at"),
    _count("expires_at"),
    _count("row_version", 1),
    Index("batch_draft_by_expiry", "tenant", "expires_at"),
)

batch_draft_file = Table(
    "batch_draft_file",
    metadata,
    _key("tenant", BigInteger),
    _key("file", STRING),
    _key("place", BigInteger),
    _text("text", nullable=False),
    _count("row_version", 1),
)

resource = Table(
    "resource",
    metadata,
    _key("tenant", BigInteger),
    _key("number", BigInteger),
    _text("uid", nullable=False),
    _text("type", nullable=False),
    _text("natural", nullable=False),
    _text("twin", nullable=False),
    _json("body"),
    _count("created_at"),
    _count("modified_at"),
    *_versions(),
    Index("resource_by_uid", "tenant", "uid", unique=True),
    Index("resource_by_natural", "tenant", "type", "natural", "twin", unique=True),
)
