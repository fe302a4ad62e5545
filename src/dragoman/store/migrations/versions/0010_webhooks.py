"""Webhooks, their deliveries, and the attempts at these."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """It only adds."""
    _create_webhook()
    _create_delivery()
    _create_delivery_try()


def _tenant() -> sa.Column[Any]:
    return sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False)


def _needed(name: str, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, STRING, nullable=False, server_default=default)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, STRING)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger())


def _count(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), server_default=str(default), nullable=False)


def _create_webhook() -> None:
    op.create_table(
        "webhook",
        _tenant(),
        *map(_needed, ("uid", "url", "owner", "secret")),
        _needed("description", ""),
        _needed("types", "[]"),
        _needed("filter", "{}"),
        *map(_needed, ("order", "state")),
        _text("disabled_reason"),
        *map(_number, ("failing_since", "last_success_at")),
        _text("old_secret"),
        _number("old_secret_until"),
        _count("position"),
        _number("held_until"),
        *map(_count, ("created_at", "modified_at")),
        _count("revision", 1),
        _count("row_version", 1),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )


def _create_delivery() -> None:
    op.create_table(
        "delivery",
        _tenant(),
        *map(_needed, ("uid", "webhook")),
        _count("sequence"),
        *map(_needed, ("event", "type", "subject")),
        _count("created_at"),
        _needed("body", ""),
        _needed("state"),
        _count("attempts"),
        _number("next_at"),
        sa.Column("is_test", sa.Boolean(), server_default=sa.false(), nullable=False),
        _count("steps"),
        _text("holder"),
        *map(_number, ("lease_until", "ended_at", "last_at", "last_status")),
        _text("last_error"),
        _number("last_milliseconds"),
        _count("row_version", 1),
        sa.PrimaryKeyConstraint("tenant", "uid"),
    )
    op.create_index("delivery_by_event", "delivery", ["tenant", "webhook", "event"], unique=True)
    _create_partial("delivery_by_subject", "state IN ('waiting','sending')", "webhook", "subject", "sequence")
    _create_partial("delivery_due", "state = 'waiting' AND next_at IS NOT NULL", "webhook", "next_at", "sequence")
    _create_partial("delivery_sending", "state = 'sending'", "lease_until")
    _create_partial("delivery_ended", "ended_at IS NOT NULL", "state", "ended_at")


def _create_partial(name: str, condition: str, *columns: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "delivery", ["tenant", *columns], sqlite_where=where, postgresql_where=where)


def _create_delivery_try() -> None:
    op.create_table(
        "delivery_try",
        _tenant(),
        _needed("delivery"),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        _count("at"),
        _number("status"),
        _text("error"),
        _count("milliseconds"),
        _text("answer"),
        sa.PrimaryKeyConstraint("tenant", "delivery", "attempt"),
        sqlite_with_rowid=False,
    )
