"""Cases and stages in the store."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.access import Principal, sees_all
from dragoman.domain.case import Case, CaseKind, Stage, folded_customer
from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.repositories.contacts import has_words
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_visibility import shared_case
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS

LOOKED_AT = 5_000
"""Cases whose titles are looked at for words."""

SLICE = 5_000

C = tables.case.c
S = tables.stage.c


H = tables.history.c

Place = tuple[int, int]
"""Where a page of services ends: the moment of start and the number of its last one."""


def has_customer(*keys: str) -> sa.ColumnElement[bool]:
    """Whether a case names one of these customers. Both engines fold ASCII letters alone: PostgreSQL in the collation
    of the column."""
    return sa.and_(
        C.customer_key.is_not(None), sa.func.lower(C.customer_key).in_([folded_customer(key) for key in keys])
    )


class ServiceFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions on services, all of which must hold; one that is None asks nothing.

    `started_from` is on or after, `started_before` strictly before. `made_through`: the dialect that made them.
    """

    started_from: Moment | None = None
    started_before: Moment | None = None
    customer_key: str | None = None
    is_anonymous: bool | None = None
    made_through: str | None = None
    visible_to: Principal | None = None


class Sketch(NamedTuple):
    """What lists by condition look at. `is_open` as the timers leave it."""

    number: int
    title: str | None
    description: str | None
    assignee: str | None
    contact: int | None
    members: tuple[int, ...]
    labels: tuple[str, ...]
    sales_stage: int | None
    created_at: Moment
    is_open: bool
    extras: dict[str, dict[str, Any]]


class Cases(Repository[Case]):
    """The cases of one tenant."""

    mapping = MAPPINGS["case"]

    def page(
        self, *, limit: int, after: int = 0, kind: CaseKind | None = None, visible_to: Principal | None = None
    ) -> list[Case]:
        """Cases by number, those behind `after`."""
        return self.numbered(self._page(limit, after, kind, visible_to))

    def bounded_page(
        self,
        *,
        limit: int,
        after: int = 0,
        kind: CaseKind | None = None,
        visible_to: Principal | None = None,
        max_bytes: int,
    ) -> tuple[list[Case], bool]:
        """The same, ended before the extensions exceed `max_bytes`, and whether it ended there."""
        return self.numbered_within(self._page(limit, after, kind, visible_to), max_bytes)

    def _page(
        self, limit: int, after: int, kind: CaseKind | None, visible_to: Principal | None
    ) -> "sa.Select[tuple[int]]":
        is_over = case_is_over(self._overlay.group.now)
        statement = sa.select(C.number).where(
            C.tenant == self.tenant, C.number > after, C.removed_at.is_(None), sa.not_(is_over)
        )
        if kind is not None:
            statement = statement.where(C.kind == str(kind))
        if visible_to is not None and not sees_all(visible_to):
            statement = statement.where(sa.or_(C.is_private.is_(sa.false()), shared_case(visible_to)))
        return statement.order_by(C.number).limit(limit)

    def sketches(self, kind: CaseKind, visible_to: Principal, *, assignee: str | None = None) -> Iterator[Sketch]:
        """Sketches of all cases of a kind, or of an assignee's, by number; read slice by slice."""
        names = ("title", "description", "assignee", "contact", "members", "labels", "sales_stage", "created_at")
        columns = [*(C[name] for name in names), C.completed_at, C.auto_complete_at, C.extras]
        after = 0
        while True:
            statement = self._page(SLICE, after, kind, visible_to).add_columns(*columns)
            if assignee is not None:
                statement = statement.where(C.assignee == assignee)
            rows = list(self.by_condition(statement))
            yield from map(self._sketch, rows)
            if len(rows) < SLICE:
                return
            after = rows[-1][0]

    def _sketch(self, row: Any) -> Sketch:
        number, title, description, assignee, contact, members, labels, stage, created_at, ended, ends, extras = row
        decode = self.mapping.codecs
        is_open = ended is None and (ends is None or ends > self._overlay.group.now)
        lists = (decode["members"].decode(members), decode["labels"].decode(labels))
        facts = decode["extras"].decode(extras)
        return Sketch(number, title, description, assignee, contact, *lists, stage, created_at, is_open, facts)

    def newest(self, limit: int, words: Sequence[str], visible_to: Principal) -> list[Case]:
        """The newest cases but the inbox; of the newest `LOOKED_AT` those whose title has these words."""
        statement = self._page(LOOKED_AT if words else limit, 0, None, visible_to).where(C.kind != str(CaseKind.INBOX))
        statement = statement.order_by(None).order_by(C.number.desc()).add_columns(C.title)
        numbers = [row[0] for row in self.by_condition(statement) if has_words(row[1:], words)]
        return self.of_numbers(numbers[:limit])

    def counted_by_contact(self, contacts: Sequence[int], visible_to: Principal) -> dict[int, tuple[int, int]]:
        """For each contact that some cases concern: how many the principal may see, and their lowest number."""
        is_over = case_is_over(self._overlay.group.now)
        statement = sa.select(C.contact, sa.func.count(), sa.func.min(C.number)).where(
            C.tenant == self.tenant, C.contact.in_(contacts), C.removed_at.is_(None), sa.not_(is_over)
        )
        if not sees_all(visible_to):
            statement = statement.where(sa.or_(C.is_private.is_(sa.false()), shared_case(visible_to)))
        found = self.by_condition(statement.group_by(C.contact))
        return {int(contact): (int(count), int(number)) for contact, count, number in found}

    def concerns(self, contact: int) -> bool:
        """Whether any case links the contact."""
        statement = sa.select(C.number).where(C.tenant == self.tenant, C.contact == contact, C.removed_at.is_(None))
        return self.by_condition(statement.limit(1)).first() is not None

    def holding(self, numbers: Sequence[int]) -> set[int]:
        """Those of the cases that hold a task or a stage."""
        task = tables.task.c
        with_tasks = sa.select(task.case).where(
            task.tenant == self.tenant, task.case.in_(numbers), task.removed_at.is_(None)
        )
        with_stages = sa.select(S.case).where(S.tenant == self.tenant, S.case.in_(numbers), S.removed_at.is_(None))
        return {int(row[0]) for row in self.by_condition(sa.union(with_tasks, with_stages))}

    def services(
        self, wanted: ServiceFilter, *, limit: int, after: Place | None = None
    ) -> tuple[list[Case], Place | None]:
        """Services in the order of their start, those behind a place; and where the next page begins, None on the
        last."""
        statement = sa.select(C.started_at, C.number).where(*self._services(wanted))
        if after is not None:
            place = sa.tuple_(C.started_at, C.number)
            statement = statement.where(place > sa.tuple_(*map(sa.literal, after)))
        rows = list(self.by_condition(statement.order_by(C.started_at, C.number).limit(limit)))
        last = (int(rows[-1][0]), int(rows[-1][1])) if len(rows) == limit else None
        return self.of_numbers([int(row[1]) for row in rows]), last

    def _services(self, wanted: ServiceFilter) -> list[sa.ColumnElement[bool]]:
        conditions = [C.tenant == self.tenant, tables.is_service, C.removed_at.is_(None)]
        if wanted.started_from is not None:
            conditions.append(C.started_at >= wanted.started_from)
        if wanted.started_before is not None:
            conditions.append(C.started_at < wanted.started_before)
        if wanted.customer_key is not None:
            conditions.append(has_customer(wanted.customer_key))
        if wanted.is_anonymous is not None:
            conditions.append(C.customer_key.is_(None) if wanted.is_anonymous else C.customer_key.is_not(None))
        if wanted.made_through is not None:
            first = (H.tenant == self.tenant, H.entity == "case", H.number == C.number, H.revision == 1)
            conditions.append(sa.exists().where(*first, H.dialect == wanted.made_through))
        principal = wanted.visible_to
        if principal is not None and not sees_all(principal):
            conditions.append(sa.or_(C.is_private.is_(sa.false()), shared_case(principal)))
        return conditions

    def of_customer(self, key: str, max_bytes: int) -> tuple[list[Case], bool]:
        """The cases of a customer's key, by number, and whether they end at `max_bytes` of extensions."""
        return self._where(has_customer(key), max_bytes)

    def anonymous(self, contact_key: str, max_bytes: int) -> tuple[list[Case], bool]:
        """The cases of a contact key without a customer, by number, and whether they end at `max_bytes`."""
        return self._where(sa.and_(C.contact_key == contact_key, C.customer_key.is_(None)), max_bytes)

    def _where(self, condition: sa.ColumnElement[bool], max_bytes: int) -> tuple[list[Case], bool]:
        statement = sa.select(C.number).where(C.tenant == self.tenant, condition, C.removed_at.is_(None))
        return self.numbered_within(statement.order_by(C.number), max_bytes)


class Stages(Repository[Stage]):
    """The stages of one tenant."""

    mapping = MAPPINGS["stage"]

    def of_case(self, case: int, lock: Lock = Lock.NONE) -> list[Stage]:
        """The stages of a case, by number."""
        statement = sa.select(S.number).where(S.tenant == self.tenant, S.case == case, S.removed_at.is_(None))
        return self.numbered(statement.order_by(S.number), lock)
