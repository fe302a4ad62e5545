"""What clients keep of contacts by name, the table by which contacts are found, and services in the order of start."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.contact_values import values_of
from dragoman.domain.extension import Extension

revision = "0017"
down_revision = "0016"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERVICES = sa.text("kind = 'service'")
NAMES = ("first_name", "last_name", "company_name", "email")
CONTACT = sa.table("contact", *map(sa.column, ("tenant", "number", "uid", "removed_at", *NAMES)))
EXTENSION = sa.table(
    "extension", *map(sa.column, ("tenant", "owner_kind", "owner", "folded", "name", "value", "removed_at"))
)
VALUE = sa.table("contact_value", *map(sa.column, ("tenant", "attribute", "value", "contact")))
SLICE = 1_000


def upgrade() -> None:
    """It only adds. Contacts that the program before this one makes or changes from here on, while nodes are exchanged,
    are found by their new values after their next change."""
    op.add_column("contact", sa.Column("attributes", STRING, server_default="{}", nullable=False))
    op.add_column("contact", sa.Column("given_key", STRING))
    op.add_column(
        "extension_schema", sa.Column("is_classifier", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "contact_value",
        sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attribute", STRING, autoincrement=False, nullable=False),
        sa.Column("value", STRING, autoincrement=False, nullable=False),
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "attribute", "value", "contact"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "case_of_services",
        "case",
        ["tenant", "started_at", "number"],
        sqlite_where=SERVICES,
        postgresql_where=SERVICES,
    )
    complete(op.get_bind())


def complete(connection: sa.Connection) -> None:
    """Give each contact its rows, slice by slice."""
    place = sa.tuple_(CONTACT.c.tenant, CONTACT.c.number)
    columns = [CONTACT.c[name] for name in ("tenant", "number", "uid", *NAMES)]
    statement = (
        sa.select(*columns)
        .where(CONTACT.c.removed_at.is_(None))
        .order_by(CONTACT.c.tenant, CONTACT.c.number)
        .limit(SLICE)
    )
    rows: Sequence[Any] = connection.execute(statement).all()
    while rows:
        _fill(connection, rows)
        last = rows[-1]
        behind = place > sa.tuple_(sa.literal(last.tenant), sa.literal(last.number))
        rows = connection.execute(statement.where(behind)).all()


def _fill(connection: sa.Connection, rows: Sequence[Any]) -> None:
    extensions: dict[tuple[int, int], dict[str, Extension]] = {}
    x = EXTENSION.c
    for tenant in {row.tenant for row in rows}:
        numbers = [row.number for row in rows if row.tenant == tenant]
        found = sa.select(x.owner, x.folded, x.name, x.value).where(
            x.tenant == tenant, x.owner_kind == "contact", x.owner.in_(numbers), x.removed_at.is_(None)
        )
        for owner, folded, name, value in connection.execute(found):
            extensions.setdefault((tenant, owner), {})[folded] = Extension(name, value)
    new = []
    for row in rows:
        contact = Contact(
            row.tenant,
            row.number,
            row.uid,
            ContactKind.PERSON,
            first_name=row.first_name,
            last_name=row.last_name,
            company_name=row.company_name,
            email=row.email,
            extensions=extensions.get((row.tenant, row.number), {}),
        )
        new += [
            {"tenant": row.tenant, "attribute": attribute, "value": value, "contact": row.number}
            for attribute, value in sorted(values_of(contact))
        ]
    if new:
        connection.execute(sa.insert(VALUE), new)
