"""Template sets and their blueprints in the store."""

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.template_set import AppliesTo, Blueprint, TemplateSet
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

S = tables.template_set.c
B = tables.blueprint.c


class TemplateSets(Repository[TemplateSet]):
    """The sets of one tenant. What reads by condition is for readers and exclusive commands."""

    mapping = MAPPINGS["template_set"]

    def all(self, applies_to: AppliesTo | None = None, *, limit: int) -> list[TemplateSet]:
        """The sets, or those for one kind, by number."""
        statement = sa.select(S.number).where(S.tenant == self.tenant)
        if applies_to is not None:
            statement = statement.where(S.applies_to == str(applies_to))
        return self.numbered(statement.order_by(S.number).limit(limit))


class Blueprints(Repository[Blueprint]):
    """The blueprints of one tenant. What reads by condition is for readers and exclusive commands."""

    mapping = MAPPINGS["blueprint"]

    def of_sets(self, sets: list[int], lock: Lock = Lock.NONE) -> list[Blueprint]:
        """The blueprints of these sets, by number."""
        if not sets:
            return []
        statement = sa.select(B.number).where(B.tenant == self.tenant, B.set.in_(sets))
        return self.numbered(statement.order_by(B.number), lock)

    def of_category(self, category: int, lock: Lock) -> list[Blueprint]:
        """The blueprints of a category, by number."""
        statement = sa.select(B.number).where(B.tenant == self.tenant, B.category == category)
        return self.numbered(statement.order_by(B.number), lock)
