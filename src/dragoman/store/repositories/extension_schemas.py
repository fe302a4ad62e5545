"""Extension schemas in the store, and the values that fall under one name."""

from collections.abc import Sequence

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.clock import Moment
from dragoman.domain.extension import ExtensionSchema, Owner, fold
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

S = tables.extension_schema.c
X = tables.extension.c


class Schemas(Repository[ExtensionSchema]):
    """The extension schemas of one tenant, by owner kind and name."""

    mapping = MAPPINGS["extension_schema"]

    def by_name(self, owner: Owner, name: str, lock: Lock = Lock.NONE) -> ExtensionSchema | None:
        """The schema of this name, without regard to case, or None."""
        return self.find((str(owner), fold(name)), lock)

    def all(self, owner: Owner) -> list[ExtensionSchema]:
        """Every schema of one kind, by name."""
        statement = sa.select(S.folded).where(S.tenant == self.tenant, S.owner == str(owner)).order_by(S.folded)
        keys = [(str(owner), row[0]) for row in self.by_condition(statement)]
        self.load(keys)
        return [schema for key in keys if (schema := self.find(key)) is not None]

    def used(self, schemas: Sequence[ExtensionSchema], most: int) -> list[int]:
        """How many values each of these has, counted to so many, in one statement."""
        if not schemas:
            return []
        counts = [
            sa.select(sa.func.count())
            .select_from(
                sa.select(sa.literal(1).label("one"))
                .where(
                    X.tenant == self.tenant,
                    X.owner_kind == str(schema.owner),
                    X.folded == schema.folded,
                    X.removed_at.is_(None),
                )
                .limit(most)
                .subquery()
            )
            .scalar_subquery()
            .label(f"used_{place}")
            for place, schema in enumerate(schemas)
        ]
        return [int(count) for count in self.by_condition(sa.select(*counts)).one()]

    def holders(self, owner: Owner, folded: str, *, limit: int) -> list[int]:
        """Numbers of those that have a value under this name, marked ones too."""
        statement = (
            sa.select(X.owner)
            .where(X.tenant == self.tenant, X.owner_kind == str(owner), X.folded == folded)
            .order_by(X.owner)
            .limit(limit)
        )
        return [row[0] for row in self.by_condition(statement)]

    def values(self, owner: Owner, folded: str, *, limit: int) -> list[tuple[int, str]]:
        """Values under this name, each with the number of what has it, by that number."""
        statement = (
            sa.select(X.owner, X.value)
            .where(X.tenant == self.tenant, X.owner_kind == str(owner), X.folded == folded, X.removed_at.is_(None))
            .order_by(X.owner)
            .limit(limit)
        )
        return [(number, value) for number, value in self.by_condition(statement)]

    def mark(self, owner: Owner, folded: str, at: Moment) -> None:
        """Hide every value under this name at once, whatever their number; a sweep removes them."""
        self.by_condition(
            sa.update(tables.extension)
            .where(X.tenant == self.tenant, X.owner_kind == str(owner), X.folded == folded, X.removed_at.is_(None))
            .values(removed_at=at)
        )
