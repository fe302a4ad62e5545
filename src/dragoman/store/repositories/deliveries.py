"""Deliveries in the store: those that are due, those of a subject, and lists of them."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.clock import Moment
from dragoman.domain.delivery import Delivery, DeliveryState, DeliveryTry
from dragoman.store import tables
from dragoman.store.engine.key_lists import among_values
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

D = tables.delivery.c
Y = tables.delivery_try.c
AT_ONCE = 1_000


class DeliveryFilter(msgspec.Struct, frozen=True):
    """Conditions of a list of a webhook's deliveries; None: any. `since` and `until` are of their making."""

    webhook: str
    states: tuple[DeliveryState, ...] | None = None
    since: Moment | None = None
    until: Moment | None = None


class Deliveries(Repository[Delivery]):
    """The deliveries of one tenant. What reads by condition is for exclusive commands and readers."""

    mapping = MAPPINGS["delivery"]

    def of_uids(self, uids: Sequence[str], lock: Lock = Lock.NONE) -> list[Delivery]:
        """Those of these that there are, in this order."""
        self.load(list(uids), lock)
        return [delivery for uid in uids if (delivery := self.find(uid, lock)) is not None]

    def webhooks_of(self, uids: Collection[str]) -> set[str]:
        """Whose these are."""
        self._overlay.must_be_exclusive()
        among = among_values(self._overlay.group.connection.dialect, D.uid, sorted(uids))
        # Not DISTINCT: SQLite would go through all deliveries in the order of their webhooks.
        return {row[0] for row in self.by_condition(sa.select(D.webhook).where(D.tenant == self.tenant, among))}

    def page(self, wanted: DeliveryFilter, after: str | None, limit: int, lock: Lock = Lock.NONE) -> list[Delivery]:
        """So many, those of the newest events first, behind that of one event."""
        conditions = self._conditions(wanted)
        if after is not None:
            conditions.append(D.event < after)
        statement = sa.select(D.uid).where(*conditions).order_by(D.event.desc()).limit(limit)
        return self.of_uids([row[0] for row in self.by_condition(statement)], lock)

    def counts(self, webhook: str, most: int) -> dict[DeliveryState, int]:
        """How many of a webhook there are in each state, counted up to `most`."""
        counted = [
            sa.select(sa.func.count())
            .select_from(
                sa.select(D.uid).where(*self._conditions(DeliveryFilter(webhook, (state,)))).limit(most).subquery()
            )
            .scalar_subquery()
            for state in DeliveryState
        ]
        [row] = self.by_condition(sa.select(*counted))
        return dict(zip(DeliveryState, map(int, row), strict=True))

    def dead(self) -> dict[str, int]:
        """How many deliveries of each webhook are dead; webhooks without any are left out."""
        statement = sa.select(D.webhook, sa.func.count()).where(
            D.tenant == self.tenant, D.state == str(DeliveryState.DEAD)
        )
        return {uid: int(count) for uid, count in self.by_condition(statement.group_by(D.webhook))}

    def due(self, webhook: str, now: Moment, limit: int, *, tests_only: bool = False) -> list[Delivery]:
        """Those that may be sent, the longest due first, locked."""
        conditions: list[Any] = [
            D.tenant == self.tenant,
            D.webhook == webhook,
            tables.delivery_is_due,
            D.next_at <= now,
        ]
        if tests_only:
            conditions.append(D.is_test)
        statement = sa.select(D.uid).where(*conditions).order_by(D.next_at, D.sequence).limit(limit)
        found = self.of_uids([row[0] for row in self.by_condition(statement)], Lock.CHANGE)
        return [each for each in found if each.state is DeliveryState.WAITING and each.next_at is not None]

    def behind(self, webhook: str, subjects: Collection[str], limit: int) -> list[Delivery]:
        """Those that wait behind others of these subjects, in their order, locked."""
        statement = sa.select(D.uid).where(
            *self._open_of(webhook, subjects), D.state == str(DeliveryState.WAITING), D.next_at.is_(None)
        )
        uids = [row[0] for row in self.by_condition(statement.order_by(D.sequence).limit(limit))]
        return self.of_uids(uids, Lock.CHANGE)

    def open_subjects(self, webhook: str, subjects: Collection[str]) -> set[str]:
        """Those of the subjects that have an open delivery."""
        statement = sa.select(D.subject).where(*self._open_of(webhook, subjects)).distinct()
        return {row[0] for row in self.by_condition(statement)}

    def next_of(self, webhook: str, subjects: Collection[str]) -> list[Delivery]:
        """The first open delivery of each of these subjects, locked."""
        first = sa.select(D.subject, sa.func.min(D.sequence).label("sequence"))
        first = first.where(*self._open_of(webhook, subjects)).group_by(D.subject)
        firsts = first.subquery()
        # A subquery and no join: SQLite would go through all that is open to find each of these.
        it = tables.delivery.alias()
        mine = (it.c.tenant == self.tenant, it.c.webhook == webhook, tables.delivery_is_open)
        same = (it.c.subject == firsts.c.subject, it.c.sequence == firsts.c.sequence)
        statement = sa.select(sa.select(it.c.uid).where(*mine, *same).limit(1).scalar_subquery()).select_from(firsts)
        return self.of_uids(sorted(row[0] for row in self.by_condition(statement)), Lock.CHANGE)

    def blocked_subjects(self, webhook: str) -> list[str]:
        """The subjects of which a delivery waits behind others."""
        waiting = (D.state == str(DeliveryState.WAITING), D.next_at.is_(None))
        mine = (D.tenant == self.tenant, D.webhook == webhook, tables.delivery_is_open)
        return [row[0] for row in self.by_condition(sa.select(D.subject).where(*mine, *waiting).distinct())]

    def release_blocked(self, webhook: str, now: Moment) -> None:
        """Let nothing wait behind others any more."""
        waiting = (D.state == str(DeliveryState.WAITING), D.next_at.is_(None))
        mine = (D.tenant == self.tenant, D.webhook == webhook, tables.delivery_is_open)
        changed = sa.update(tables.delivery).where(*mine, *waiting)
        self.by_condition(changed.values(next_at=now, row_version=D.row_version + 1))

    def block_later(self, webhook: str) -> None:
        """Let what was never tried wait behind earlier ones of its subject."""
        fresh = (D.state == str(DeliveryState.WAITING), D.attempts == 0, sa.not_(D.is_test))
        mine = (D.tenant == self.tenant, D.webhook == webhook, tables.delivery_is_open)
        changed = sa.update(tables.delivery).where(*mine, *fresh, self._is_behind(webhook))
        self.by_condition(changed.values(next_at=None, row_version=D.row_version + 1))

    def release_first(self, webhook: str, now: Moment) -> None:
        """Let the first open delivery of each subject be sent, if it waits behind others."""
        waiting = (D.state == str(DeliveryState.WAITING), D.next_at.is_(None), sa.not_(self._is_behind(webhook)))
        mine = (D.tenant == self.tenant, D.webhook == webhook, tables.delivery_is_open)
        changed = sa.update(tables.delivery).where(*mine, *waiting)
        self.by_condition(changed.values(next_at=now, row_version=D.row_version + 1))

    def replay(self, wanted: DeliveryFilter, at: Moment | None, limit: int) -> int:
        """Let so many ended ones be sent again with a fresh ladder, those of the oldest events first; how many. `at` is
        when, None behind others of their subjects."""
        statement = sa.select(D.uid).where(*self._conditions(wanted)).order_by(D.event).limit(limit)
        uids = [row[0] for row in self.by_condition(statement)]
        for start in range(0, len(uids), AT_ONCE):
            some = (D.tenant == self.tenant, D.uid.in_(uids[start : start + AT_ONCE]))
            values = {"state": str(DeliveryState.WAITING), "next_at": at, "steps": 0, "ended_at": None}
            again = sa.update(tables.delivery).where(*some)
            self.by_condition(again.values(**values, row_version=D.row_version + 1))
        return len(uids)

    def hint(self) -> None:
        """There is something to send: senders of this process need not wait for their next look."""
        self._overlay.group.has_queued = True

    def expired(self, now: Moment, limit: int, *, other_than: str | None = None) -> list[Delivery]:
        """Those whose lease ran out, locked; with `other_than`, those of all holders but this one."""
        is_over = D.lease_until <= now if other_than is None else D.holder != other_than
        statement = sa.select(D.uid).where(D.tenant == self.tenant, tables.delivery_is_sending, is_over)
        found = self.of_uids([row[0] for row in self.by_condition(statement.order_by(D.uid).limit(limit))], Lock.CHANGE)
        return [each for each in found if each.state is DeliveryState.SENDING]

    def held_by_others(self, holder: str, now: Moment) -> dict[str, int]:
        """How many deliveries of each webhook other processes are sending."""
        others = (D.holder != holder, D.lease_until > now)
        statement = sa.select(D.webhook, sa.func.count()).where(D.tenant == self.tenant, tables.delivery_is_sending)
        return {row[0]: int(row[1]) for row in self.by_condition(statement.where(*others).group_by(D.webhook))}

    def drop_waiting(self, webhook: str) -> None:
        """Delete what waits or is being sent."""
        self._drop(D.webhook == webhook, tables.delivery_is_open)

    def drop_all(self, webhook: str) -> None:
        """Delete every delivery of a webhook, with its attempts."""
        self._drop(D.webhook == webhook)

    def forget_ended(self, states: Collection[DeliveryState], before: Moment, *, limit: int) -> int:
        """Delete so many that ended before a moment; how many were."""
        ended = (D.state.in_(sorted(map(str, states))), D.ended_at.is_not(None), D.ended_at < before)
        statement = sa.select(D.uid).where(D.tenant == self.tenant, *ended).limit(limit)
        uids = [row[0] for row in self.by_condition(statement)]
        if uids:
            self._drop(D.uid.in_(uids))
        return len(uids)

    def tries(self, delivery: str) -> list[DeliveryTry]:
        """The attempts at a delivery, in their order."""
        mapping = MAPPINGS["delivery_try"]
        statement = sa.select(*mapping.columns).where(Y.tenant == self.tenant, Y.delivery == delivery)
        return [mapping.decode(row) for row in self.by_condition(statement.order_by(Y.attempt))]

    def _is_behind(self, webhook: str) -> sa.ColumnElement[bool]:
        """Whether a delivery of the webhook has earlier ones of its subject that are open."""
        earlier = tables.delivery.alias()
        return sa.exists().where(
            earlier.c.tenant == self.tenant,
            earlier.c.webhook == webhook,
            earlier.c.state.in_(("waiting", "sending")),
            earlier.c.subject == D.subject,
            earlier.c.sequence < D.sequence,
        )

    def _conditions(self, wanted: DeliveryFilter) -> list[Any]:
        conditions: list[Any] = [D.tenant == self.tenant, D.webhook == wanted.webhook]
        if wanted.states is not None:
            conditions.append(D.state.in_(sorted(map(str, wanted.states))))
        if wanted.since is not None:
            conditions.append(D.created_at >= wanted.since)
        if wanted.until is not None:
            conditions.append(D.created_at < wanted.until)
        return conditions

    def add_try(self, made: DeliveryTry) -> None:
        """Keep an attempt."""
        self._overlay.put(MAPPINGS["delivery_try"], made)

    def _drop(self, *conditions: sa.ColumnElement[bool] | sa.TextClause) -> None:
        mine = sa.select(D.uid).where(D.tenant == self.tenant, *conditions)
        self.by_condition(sa.delete(tables.delivery_try).where(Y.tenant == self.tenant, Y.delivery.in_(mine)))
        self.by_condition(sa.delete(tables.delivery).where(D.tenant == self.tenant, *conditions))

    def _open_of(self, webhook: str, subjects: Collection[str]) -> list[sa.ColumnElement[bool] | sa.TextClause]:
        self._overlay.must_be_exclusive()
        among = among_values(self._overlay.group.connection.dialect, D.subject, sorted(subjects))
        return [D.tenant == self.tenant, D.webhook == webhook, tables.delivery_is_open, among]
