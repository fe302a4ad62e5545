"""The vocabularies of labels in the store, and how often each word is used."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from dragoman.domain.access import Principal, sees_all
from dragoman.domain.case import CaseKind
from dragoman.domain.labels import Label, Labelled
from dragoman.domain.text import folded
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_visibility import shared_case, shared_contact
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS, STRINGS

C, CONTACT, CASE = tables.label.c, tables.contact.c, tables.case.c


class Labels(Repository[Label]):
    """The labels of one tenant. For readers and exclusive commands."""

    mapping = MAPPINGS["label"]

    def titles(self, kind: Labelled) -> dict[str, str]:
        """The words of a vocabulary, by their folded form."""
        statement = sa.select(C.folded, C.title).where(C.tenant == self.tenant, C.kind == str(kind))
        return {row[0]: row[1] for row in self.by_condition(statement)}

    def used(self, kind: Labelled, visible_to: Principal | None) -> Counter[str]:
        """How many contacts or cases bear each label; of those that the principal may see, or of all."""
        statement = self._contacts(visible_to) if kind is Labelled.CONTACT else self._cases(kind, visible_to)
        counts: Counter[str] = Counter()
        for (text,) in self.by_condition(statement):
            counts.update(STRINGS.decode(text))
        return counts

    def _contacts(self, principal: Principal | None) -> "sa.Select[Any]":
        statement = sa.select(CONTACT.labels).where(
            CONTACT.tenant == self.tenant, tables.is_labelled, CONTACT.removed_at.is_(None)
        )
        if principal is None or sees_all(principal):
            return statement
        return statement.where(sa.or_(CONTACT.is_private.is_(sa.false()), shared_contact(principal)))

    def _cases(self, kind: Labelled, principal: Principal | None) -> "sa.Select[Any]":
        there = (CASE.removed_at.is_(None), sa.not_(case_is_over(self._overlay.group.now)))
        statement = sa.select(CASE.labels).where(
            CASE.tenant == self.tenant, tables.is_labelled, CASE.kind == str(CaseKind(str(kind))), *there
        )
        if principal is None or sees_all(principal):
            return statement
        return statement.where(sa.or_(CASE.is_private.is_(sa.false()), shared_case(principal)))


def merged(used: Counter[str]) -> dict[str, tuple[str, int]]:
    """Labels by their folded form: how one is spelled, and how many bear it in any spelling."""
    found: dict[str, tuple[str, int]] = {}
    for title, count in sorted(used.items()):
        spelled, before = found.get(folded(title), (title, 0))
        found[folded(title)] = (spelled, before + count)
    return found
