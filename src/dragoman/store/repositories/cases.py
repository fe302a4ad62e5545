"""Cases and stages in the store."""

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.access import Principal
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import shared_case
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS

C = tables.case.c
S = tables.stage.c


class Cases(Repository[Case]):
    """The cases of one tenant."""

    mapping = MAPPINGS["case"]

    def page(
        self, *, limit: int, after: int = 0, kind: CaseKind | None = None, visible_to: Principal | None = None
    ) -> list[Case]:
        """Cases by number, those behind `after`."""
        is_over = case_is_over(self._overlay.group.now)
        statement = sa.select(C.number).where(
            C.tenant == self.tenant, C.number > after, C.removed_at.is_(None), sa.not_(is_over)
        )
        if kind is not None:
            statement = statement.where(C.kind == str(kind))
        if visible_to is not None and not visible_to.is_admin:
            statement = statement.where(sa.or_(C.is_private.is_(sa.false()), shared_case(visible_to)))
        return self.numbered(statement.order_by(C.number).limit(limit))

    def of_customer(self, key: str) -> list[Case]:
        """The cases of whom clients call by this key, by number."""
        return self._where(C.customer_key == key)

    def anonymous(self, contact_key: str) -> list[Case]:
        """The cases of this contact key that nobody has put a customer to, by number."""
        return self._where(sa.and_(C.contact_key == contact_key, C.customer_key.is_(None)))

    def _where(self, condition: sa.ColumnElement[bool]) -> list[Case]:
        statement = sa.select(C.number).where(C.tenant == self.tenant, condition, C.removed_at.is_(None))
        return self.numbered(statement.order_by(C.number))


class Stages(Repository[Stage]):
    """The stages of one tenant."""

    mapping = MAPPINGS["stage"]

    def of_case(self, case: int, lock: Lock = Lock.NONE) -> list[Stage]:
        """The stages of a case, by number."""
        statement = sa.select(S.number).where(S.tenant == self.tenant, S.case == case, S.removed_at.is_(None))
        return self.numbered(statement.order_by(S.number), lock)
