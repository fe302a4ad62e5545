"""Contacts in the store."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.access import Principal, sees_all
from dragoman.domain.case import CaseKind
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.text import folded
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_visibility import shared_case, shared_contact
from dragoman.store.unit.mappings import MAPPINGS, NUMBERS

C = tables.contact.c
CASE = tables.case.c
SLICE = 5_000


class ContactFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions, all of which must hold; one that is None or empty asks nothing."""

    kind: ContactKind | None = None
    has_opportunity: bool = False  # is the contact or a member of one
    words: tuple[str, ...] = ()  # folded; each must begin a word of a name, or the e-mail address
    visible_to: Principal | None = None


class Contacts(Repository[Contact]):
    """The contacts of one tenant."""

    mapping = MAPPINGS["contact"]

    def page(self, *, limit: int, after: int = 0, visible_to: Principal | None = None) -> list[Contact]:
        """Contacts by number, those behind `after`."""
        return self.numbered(self._page(limit, after, visible_to))

    def bounded_page(
        self, *, limit: int, after: int = 0, visible_to: Principal | None = None, max_bytes: int
    ) -> tuple[list[Contact], bool]:
        """The same, ended before the extensions exceed `max_bytes`, and whether it ended there."""
        return self.numbered_within(self._page(limit, after, visible_to), max_bytes)

    def newest(self, limit: int, before: int | None, visible_to: Principal) -> list[int]:
        """The numbers of the newest ones, or of those behind a number."""
        statement = sa.select(C.number).where(*self._conditions(ContactFilter(visible_to=visible_to)))
        if before is not None:
            statement = statement.where(C.number < before)
        return [int(row[0]) for row in self.by_condition(statement.order_by(C.number.desc()).limit(limit))]

    def _page(self, limit: int, after: int, visible_to: Principal | None) -> "sa.Select[tuple[int]]":
        statement = sa.select(C.number).where(*self._conditions(ContactFilter(visible_to=visible_to)), C.number > after)
        return statement.order_by(C.number).limit(limit)

    def of_company(self, company: int, lock: Lock = Lock.NONE, *, limit: int) -> list[Contact]:
        """The persons who belong to a company, by number."""
        statement = sa.select(C.number).where(C.tenant == self.tenant, C.company == company, C.removed_at.is_(None))
        return self.numbered(statement.order_by(C.number).limit(limit), lock)

    def matching(self, wanted: ContactFilter) -> list[int]:
        """The numbers of those that match, the newest first.

        Names are folded and split here, as everywhere; they are read slice by slice, and only numbers are kept.
        """
        columns = (C.number, C.first_name, C.last_name, C.company_name, C.email)
        statement = sa.select(*columns).where(*self._conditions(wanted)).order_by(C.number.desc()).limit(SLICE)
        dealing = self._dealing(wanted.visible_to) if wanted.has_opportunity else None
        numbers: list[int] = []
        rows = list(self.by_condition(statement))
        while rows:
            named = [row[0] for row in rows if has_words(row[1:], wanted.words)]
            numbers += named if dealing is None else [number for number in named if number in dealing]
            last = rows[-1][0]
            rows = list(self.by_condition(statement.where(C.number < last))) if len(rows) == SLICE else []
        return numbers

    def _dealing(self, principal: Principal | None) -> set[int]:
        """The contacts of opportunities that the principal may see, and their members."""
        deals = sa.select(CASE.contact, CASE.members).where(
            CASE.tenant == self.tenant, CASE.kind == str(CaseKind.OPPORTUNITY), CASE.removed_at.is_(None)
        )
        if principal is not None and not sees_all(principal):
            deals = deals.where(sa.or_(CASE.is_private.is_(sa.false()), shared_case(principal)))
        found: set[int] = set()
        for contact, members in self.by_condition(deals):
            found.update(NUMBERS.decode(members) if contact is None else (contact, *NUMBERS.decode(members)))
        return found

    def _conditions(self, wanted: ContactFilter) -> list[sa.ColumnElement[bool]]:
        principal = wanted.visible_to
        conditions = [C.tenant == self.tenant, C.removed_at.is_(None)]
        if wanted.kind is not None:
            conditions.append(C.kind == str(wanted.kind))
        if principal is not None and not sees_all(principal):
            conditions.append(sa.or_(C.is_private.is_(sa.false()), shared_contact(principal)))
        return conditions


def has_words(texts: Collection[Any], wanted: Sequence[str]) -> bool:
    """Whether each of these begins a word of the texts."""
    if not wanted:
        return True
    words = [word for text in texts if text for word in folded(text).split()]
    return all(any(word.startswith(beginning) for word in words) for beginning in wanted)
