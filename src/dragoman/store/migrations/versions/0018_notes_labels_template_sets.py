"""Notes on contacts and cases, labels, members and stages of opportunities, and sets of templates."""

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
CASE = sa.table("case", *map(sa.column, ("tenant", "number", "kind", "extras", "sales_stage")))
PAGE = 1_000


def _key(name: str, type_: Any) -> "sa.Column[Any]":
    return sa.Column(name, type_, autoincrement=False, nullable=False)


def _counts(*names: str) -> Iterable["sa.Column[Any]"]:
    return (
        sa.Column(name, sa.BigInteger(), server_default="1" if name == "row_version" else "0", nullable=False)
        for name in names
    )


def _texts(*names: str, nullable: bool = False) -> Iterable["sa.Column[Any]"]:
    return (sa.Column(name, STRING, nullable=nullable) for name in names)


def _flag(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def upgrade() -> None:
    """It only adds."""
    op.add_column("case", sa.Column("sales_stage", sa.BigInteger()))
    op.add_column("case", sa.Column("members", STRING, server_default="[]", nullable=False))
    for table in ("case", "contact"):
        op.add_column(table, sa.Column("labels", STRING, server_default="[]", nullable=False))
        labelled = sa.text("(labels <> '[]')")
        name = f"{table}_labelled"
        op.create_index(name, table, ["tenant", "number"], sqlite_where=labelled, postgresql_where=labelled)
    _notes()
    _labels_and_sets()
    complete(op.get_bind())


def _notes() -> None:
    op.create_table(
        "note",
        *(_key(name, sa.BigInteger()) for name in ("tenant", "number")),
        *_texts("uid", "kind", "text"),
        *(sa.Column(name, sa.BigInteger()) for name in ("contact", "case")),
        *_texts("creator", nullable=True),
        sa.Column("dialect", STRING, server_default="", nullable=False),
        *_counts("created_at", "row_version"),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    for owner in ("contact", "case"):
        is_set = sa.text(f"{owner} IS NOT NULL" if owner == "contact" else '"case" IS NOT NULL')
        columns = ["tenant", owner, "created_at", "number"]
        op.create_index(f"note_by_{owner}", "note", columns, sqlite_where=is_set, postgresql_where=is_set)
    op.create_index("note_by_uid", "note", ["tenant", "uid"], unique=True)
    op.create_index("note_by_age", "note", ["tenant", "created_at", "number"])


def _labels_and_sets() -> None:
    op.create_table(
        "label",
        _key("tenant", sa.BigInteger()),
        *(_key(name, STRING) for name in ("kind", "folded")),
        *_texts("title"),
        *_counts("created_at", "row_version"),
        sa.PrimaryKeyConstraint("tenant", "kind", "folded"),
    )
    op.create_table(
        "template_set",
        *(_key(name, sa.BigInteger()) for name in ("tenant", "number")),
        *_texts("uid", "title", "applies_to"),
        *_texts("creator", nullable=True),
        *_counts("created_at", "modified_at", "row_version"),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("template_set_by_uid", "template_set", ["tenant", "uid"], unique=True)
    op.create_table(
        "blueprint",
        *(_key(name, sa.BigInteger()) for name in ("tenant", "number")),
        *_counts("set"),
        *_texts("title"),
        *_texts("description", "assignee", nullable=True),
        sa.Column("category", sa.BigInteger()),
        _flag("notifies"),
        *_counts("offset"),
        _flag("at_time_of_day"),
        sa.Column("extras", STRING, server_default="{}", nullable=False),
        *_counts("created_at", "modified_at", "row_version"),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )
    op.create_index("blueprint_by_set", "blueprint", ["tenant", "set", "number"])
    is_set = sa.text("category IS NOT NULL")
    columns = ["tenant", "category", "number"]
    op.create_index("blueprint_by_category", "blueprint", columns, sqlite_where=is_set, postgresql_where=is_set)


def complete(connection: sa.Connection) -> None:
    """Give each opportunity the stage that stood among the facts of a dialect, page by page."""
    wanted = sa.select(CASE.c.tenant, CASE.c.number, CASE.c.extras).where(
        CASE.c.kind == "opportunity", CASE.c.sales_stage.is_(None)
    )
    place = (-1, -1)
    while True:
        behind = sa.tuple_(CASE.c.tenant, CASE.c.number) > place
        ordered = wanted.where(behind).order_by(CASE.c.tenant, CASE.c.number).limit(PAGE)
        rows = list(connection.execute(ordered))
        for tenant, number, extras in rows:
            stage = json.loads(extras).get("onlyoffice_crm", {}).get("stage")
            if isinstance(stage, int):
                row = (CASE.c.tenant == tenant, CASE.c.number == number)
                connection.execute(sa.update(CASE).where(*row).values(sales_stage=stage))
        if len(rows) < PAGE:
            return
        place = (rows[-1][0], rows[-1][1])
