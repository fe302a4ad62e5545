"""Contacts by the values that they have: names, addresses, attributes, members of records."""

from collections.abc import Sequence

import sqlalchemy as sa

from dragoman.domain.access import Principal, sees_all
from dragoman.domain.contact import Contact
from dragoman.domain.contact_values import LONGEST, SEPARATOR, Condition
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_visibility import shared_contact
from dragoman.store.unit.mappings import MAPPINGS

V = tables.contact_value.c
C = tables.contact.c
COUNTED = 1_000
"""Rows of a condition are counted to here, to begin with the one that has the fewest."""


class ContactValues(Repository[Contact]):
    """The search table of one tenant's contacts. For readers and exclusive commands."""

    mapping = MAPPINGS["contact"]

    def having(
        self, conditions: Sequence[Condition], *, after: int = 0, limit: int, visible_to: Principal | None = None
    ) -> list[int]:
        """Numbers of contacts that may fulfil all conditions (`contact_values.matches` decides), by number."""
        first, *others = self._fewest_first(conditions)
        statement = sa.select(V.contact).distinct().where(*self._rows(tables.contact_value, first), V.contact > after)
        for place, condition in enumerate(others):
            other = tables.contact_value.alias(f"other_{place}")
            found = sa.exists().where(*self._rows(other, condition), other.c.contact == V.contact)
            statement = statement.where(found)
        statement = statement.where(sa.exists().where(*self._visible(visible_to)))
        return [int(row[0]) for row in self.by_condition(statement.order_by(V.contact).limit(limit))]

    def repeated(self, attributes: Sequence[str], *, after: Sequence[str] | None, limit: int) -> list[tuple[str, ...]]:
        """Values of these attributes together that more than one contact has, in order, behind some."""
        parts = [tables.contact_value.alias(f"part_{place}") for place in range(len(attributes))]
        columns = [part.c.value for part in parts]
        statement = sa.select(*columns).where(
            *(part.c.tenant == self.tenant for part in parts),
            *(part.c.attribute == name for part, name in zip(parts, attributes, strict=True)),
            *(part.c.contact == parts[0].c.contact for part in parts[1:]),
        )
        if after is not None:
            statement = statement.where(sa.tuple_(*columns) > sa.tuple_(*map(sa.literal, after)))
        several = sa.func.count(parts[0].c.contact.distinct()) > 1
        statement = statement.group_by(*columns).having(several).order_by(*columns).limit(limit)
        return [tuple(map(str, row)) for row in self.by_condition(statement)]

    def has(self, attribute: str) -> bool:
        """Whether any contact has this attribute."""
        statement = sa.select(V.contact).where(V.tenant == self.tenant, V.attribute == attribute)
        return self.by_condition(statement.limit(1)).first() is not None

    def drop_extension(self, folded: str) -> None:
        """Delete the rows of an extension of all contacts."""
        first = f"{folded}{SEPARATOR}"[:LONGEST]
        behind = first[:-1] + chr(ord(first[-1]) + 1)
        self.by_condition(
            sa.delete(tables.contact_value).where(V.tenant == self.tenant, V.attribute >= first, V.attribute < behind)
        )

    def _fewest_first(self, conditions: Sequence[Condition]) -> list[Condition]:
        if len(conditions) < 2:
            return list(conditions)
        counts = [
            sa.select(sa.func.count())
            .select_from(
                sa.select(sa.literal(1).label("one"))
                .select_from(tables.contact_value)
                .where(*self._rows(tables.contact_value, condition))
                .limit(COUNTED)
                .subquery()
            )
            .scalar_subquery()
            .label(f"count_{place}")
            for place, condition in enumerate(conditions)
        ]
        counted = self.by_condition(sa.select(*counts)).one()
        return [condition for _, condition in sorted(zip(counted, conditions, strict=True), key=lambda pair: pair[0])]

    def _rows(self, table: sa.FromClause, condition: Condition) -> list[sa.ColumnElement[bool]]:
        row = table.c
        forms = condition.forms
        value = row.value == forms[0] if len(forms) == 1 else row.value.in_(forms)
        return [row.tenant == self.tenant, row.attribute == condition.indexed, value]

    def _visible(self, visible_to: Principal | None) -> list[sa.ColumnElement[bool]]:
        conditions = [C.tenant == self.tenant, C.number == V.contact, C.removed_at.is_(None)]
        if visible_to is not None and not sees_all(visible_to):
            conditions.append(sa.or_(C.is_private.is_(sa.false()), shared_contact(visible_to)))
        return conditions
