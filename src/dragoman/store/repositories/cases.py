"""Cases and stages in the store."""

from collections.abc import Sequence

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.access import Principal, sees_all
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.store import tables
from dragoman.store.repositories.contacts import has_words
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import shared_case
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS

LOOKED_AT = 5_000
"""Cases whose titles are looked at for words."""

C = tables.case.c
S = tables.stage.c


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

    def holding(self, numbers: Sequence[int]) -> set[int]:
        """Those of the cases that hold a task or a stage."""
        task = tables.task.c
        with_tasks = sa.select(task.case).where(
            task.tenant == self.tenant, task.case.in_(numbers), task.removed_at.is_(None)
        )
        with_stages = sa.select(S.case).where(S.tenant == self.tenant, S.case.in_(numbers), S.removed_at.is_(None))
        return {int(row[0]) for row in self.by_condition(sa.union(with_tasks, with_stages))}

    def of_customer(self, key: str, max_bytes: int) -> tuple[list[Case], bool]:
        """The cases of a customer's key, by number, and whether they end at `max_bytes` of extensions."""
        return self._where(C.customer_key == key, max_bytes)

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
