"""Webhooks in the store."""

from typing import Any

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.clock import Moment
from dragoman.domain.webhook import ENOUGH, ENOUGH_OF_DOUBTFUL, Pending, Webhook, WebhookState
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

W = tables.webhook.c
D = tables.delivery.c
C = tables.counter.c
T = tables.tenant.c
U = tables.user.c
EVENTS = "event"
"""The counter whose value is the sequence of the last event."""


class Webhooks(Repository[Webhook]):
    """The webhooks of one tenant."""

    mapping = MAPPINGS["webhook"]

    def all(self, lock: Lock = Lock.NONE) -> list[Webhook]:
        """Every one, oldest first. The command must be exclusive, or a reader."""
        uids = [row[0] for row in self.by_condition(sa.select(W.uid).where(W.tenant == self.tenant).order_by(W.uid))]
        self.load(uids, lock)
        return [webhook for uid in uids if (webhook := self.find(uid, lock)) is not None]

    def page(self, owner: str | None, after: str | None, limit: int) -> list[Webhook]:
        """So many, oldest first, behind one; of one owner, or of all."""
        statement = sa.select(W.uid).where(W.tenant == self.tenant)
        if owner is not None:
            statement = statement.where(W.owner == owner)
        if after is not None:
            statement = statement.where(W.uid > after)
        uids = [row[0] for row in self.by_condition(statement.order_by(W.uid).limit(limit))]
        self.load(uids)
        return [webhook for uid in uids if (webhook := self.find(uid)) is not None]

    def count(self) -> int:
        """How many there are."""
        statement = sa.select(sa.func.count()).select_from(tables.webhook).where(W.tenant == self.tenant)
        return int(self.by_condition(statement).scalar_one())

    def last_sequence(self) -> int:
        """The sequence of the last event of the tenant that was committed; 0 before the first."""
        statement = sa.select(C.value).where(C.tenant == self.tenant, C.name == EVENTS)
        return int(self.by_condition(statement).scalar_one_or_none() or 0)

    def pending(self, now: Moment, until: Moment) -> list[Pending]:
        """The webhooks of all tenants for which there is something to do, or will be until a moment."""
        last = sa.select(C.value).where(C.tenant == W.tenant, C.name == EVENTS).scalar_subquery()
        is_active = W.state == str(WebhookState.ACTIVE)
        is_behind = sa.and_(is_active, sa.func.coalesce(last, 0) > W.position)
        due_at = _first(D.next_at, D.webhook == W.uid, tables.delivery_is_due)
        orphaned = _owner_is_gone()
        columns = (W.tenant, W.uid, is_behind, due_at, sa.and_(is_active, orphaned), is_active, W.held_until)
        statement = (
            sa.select(*columns, W.failing_since, W.last_success_at, _is_full(now))
            .join_from(tables.webhook, tables.tenant, W.tenant == T.tenant)
            .where(tables.tenant_is_enabled, sa.or_(is_behind, due_at <= until, sa.and_(is_active, orphaned)))
            .order_by(W.tenant, due_at, W.uid)
        )
        return [_pending(row, now) for row in self.by_condition(statement)]

    def are_any(self) -> bool:
        """Whether any tenant has a webhook."""
        return bool(self.by_condition(sa.select(sa.exists(sa.select(W.uid)))).scalar())

    def tenants_with_expired(self, now: Moment) -> list[int]:
        """The tenants that have deliveries whose lease ran out."""
        expired = sa.exists().where(D.tenant == T.tenant, tables.delivery_is_sending, D.lease_until <= now)
        statement = sa.select(T.tenant).where(expired, tables.tenant_is_enabled).order_by(T.tenant)
        return [int(row[0]) for row in self.by_condition(statement)]


def _owner_is_gone() -> sa.ColumnElement[bool]:
    theirs = sa.exists().where(U.tenant == W.tenant, U.uid == W.owner, U.disabled_at.is_(None), U.deleted_at.is_(None))
    return sa.not_(theirs)


def _is_full(now: Moment) -> sa.ColumnElement[bool]:
    """Whether a webhook has enough deliveries that are due."""
    due = sa.select(D.uid).where(D.tenant == W.tenant, D.webhook == W.uid, tables.delivery_is_due, D.next_at <= now)
    few, many = (
        sa.exists(due.order_by(D.next_at).limit(1).offset(enough - 1).correlate(tables.webhook))
        for enough in (ENOUGH_OF_DOUBTFUL, ENOUGH)
    )
    answers = sa.and_(W.failing_since.is_(None), W.last_success_at.is_not(None))
    return sa.and_(few, sa.or_(sa.not_(answers), many))


def _first(column: Any, *conditions: Any) -> Any:
    """The least value of a column of deliveries of a webhook's tenant."""
    own = sa.select(column).where(D.tenant == W.tenant, *conditions)
    return own.order_by(column).limit(1).correlate(tables.webhook).scalar_subquery()


def _pending(row: Any, now: Moment) -> Pending:
    tenant, uid, behind, due_at, orphaned, active, held_until, failing_since, success, is_full = row
    return Pending(
        int(tenant),
        uid,
        bool(behind),
        None if due_at is None else Moment(due_at),
        due_at is not None and due_at <= now,
        bool(orphaned),
        bool(active),
        held_until is not None and held_until > now,
        failing_since is not None,
        success is not None,
        bool(is_full),
    )
