"""Notes in the store."""

import re

import msgspec
import sqlalchemy as sa

from dragoman.domain.access import Principal, sees_all
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.note import Note, NoteKind
from dragoman.store import tables
from dragoman.store.repositories.contacts import has_words
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_visibility import shared_case, shared_contact
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
N, CONTACT, CASE, T = tables.note.c, tables.contact.c, tables.case.c, tables.tombstone.c


class NoteFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions, all of which must hold; one that is None or empty asks nothing."""

    contacts: tuple[int, ...] = ()
    case: int | None = None
    on_contacts: bool = False
    on_cases: CaseKind | None = None
    without_contacts: bool = False
    without_cases: bool = False
    kind: NoteKind | None = None
    of_no_kind: bool = False  # of a kind that there isn't: nothing matches
    creator: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    words: tuple[str, ...] = ()
    visible_to: Principal


class Notes(Repository[Note]):
    """The notes of one tenant. What reads by condition is for readers and exclusive commands."""

    mapping = MAPPINGS["note"]

    @property
    def _now(self) -> Moment:
        return self._overlay.group.now

    def matching(self, wanted: NoteFilter, order: str, *, descending: bool) -> list[int]:
        """The numbers of those that match, by one of their fields; ties by number in the same direction."""
        key = getattr(N, order)
        keys = (key.desc(), N.number.desc()) if descending else (key, N.number)
        found = sa.select(N.number).where(*conditions(self.tenant, self._now, wanted)).order_by(*keys)
        if not wanted.words:
            return [row[0] for row in self.by_condition(found)]
        rows = self.by_condition(found.add_columns(N.text))
        return [number for number, text in rows if has_words((_TAG.sub(" ", text),), wanted.words)]

    def counted(self, visible_to: Principal) -> dict[NoteKind, int]:
        """How many notes of each kind the principal may see."""
        seen = conditions(self.tenant, self._now, NoteFilter(visible_to=visible_to))
        statement = sa.select(N.kind, sa.func.count()).where(*seen).group_by(N.kind)
        return {NoteKind(row[0]): int(row[1]) for row in self.by_condition(statement)}

    def has_orphans(self, before: Moment) -> bool:
        """Whether `forget_orphans` has something to do. For readers and exclusive commands."""
        statement = sa.select(N.number).where(N.tenant == self.tenant, self._is_orphan(before)).limit(1)
        return self.by_condition(statement).first() is not None

    def forget_orphans(self, before: Moment) -> int:
        """Delete the notes of which nothing is left that they belong to, and which lost it before a moment. The command
        must be exclusive."""
        statement = sa.delete(tables.note).where(N.tenant == self.tenant, self._is_orphan(before))
        return int(self.by_condition(statement).rowcount)

    def _is_orphan(self, before: Moment) -> sa.ColumnElement[bool]:
        late = sa.select(T.number).where(T.tenant == self.tenant, T.at >= before)
        kept = (
            sa.or_(self._there(table, number), sa.and_(number.is_not(None), number.in_(late.where(T.entity == name))))
            for name, table, number in (("contact", tables.contact, N.contact), ("case", tables.case, N.case))
        )
        return sa.not_(sa.or_(*kept))

    def _there(self, owner: sa.Table, number: sa.ColumnElement[int]) -> sa.Exists:
        return sa.exists().where(owner.c.tenant == self.tenant, owner.c.number == number).correlate(tables.note)


def conditions(tenant: int, now: Moment, wanted: NoteFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions on rows of `note`."""
    found: list[sa.ColumnElement[bool]] = [N.tenant == tenant]
    if wanted.contacts:
        found.append(N.contact.in_(wanted.contacts))
    if wanted.case is not None:
        found.append(N.case == wanted.case)
    if wanted.on_contacts:
        found.append(N.contact.is_not(None))
    if wanted.without_contacts:
        found.append(N.contact.is_(None))
    if wanted.without_cases:
        found.append(N.case.is_(None))
    if wanted.kind is not None:
        found.append(N.kind == str(wanted.kind))
    if wanted.of_no_kind:
        found.append(sa.false())
    if wanted.creator is not None:
        found.append(N.creator == wanted.creator)
    if wanted.since is not None:
        found.append(N.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(N.created_at <= wanted.until)
    return [*found, *_seen(tenant, now, wanted)]


def _seen(tenant: int, now: Moment, wanted: NoteFilter) -> list[sa.ColumnElement[bool]]:
    """Of what a note belongs to something is there, and the principal may see all of that."""
    principal = wanted.visible_to
    if wanted.on_cases is not None:
        there: sa.ColumnElement[bool] = _case(tenant, now, CASE.kind == str(wanted.on_cases))
    else:
        there = sa.or_(_contact(tenant), _case(tenant, now))
    if sees_all(principal):
        return [there]
    hidden = _contact(tenant, CONTACT.is_private, sa.not_(shared_contact(principal)))
    return [there, ~hidden, ~_case(tenant, now, CASE.is_private, sa.not_(shared_case(principal)))]


def _contact(tenant: int, *conditions: sa.ColumnElement[bool]) -> sa.Exists:
    there = (CONTACT.tenant == tenant, CONTACT.number == N.contact, CONTACT.removed_at.is_(None))
    return sa.exists().where(*there, *conditions).correlate(tables.note)


def _case(tenant: int, now: Moment, *conditions: sa.ColumnElement[bool]) -> sa.Exists:
    there = (CASE.tenant == tenant, CASE.number == N.case, CASE.removed_at.is_(None))
    return sa.exists().where(*there, sa.not_(case_is_over(now)), *conditions).correlate(tables.note)
