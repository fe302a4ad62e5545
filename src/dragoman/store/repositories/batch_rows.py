"""Statements about the rows of one batch."""

from typing import Any

import msgspec
import sqlalchemy as sa


def of_batch(columns: tuple[sa.ColumnElement[Any], ...], tenant: int, batch: int) -> "sa.Select[Any]":
    """Select these columns of the rows of a batch."""
    own = columns[0].table.c
    return sa.select(*columns).where(own.tenant == tenant, own.batch == batch)


class Ask(msgspec.Struct, frozen=True):
    """The text of a statement, the names of its parameters in the order in which the driver takes them, and the values
    of those that never change."""

    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """What the driver is given."""
        known = self.constants | values
        return tuple(known[name] for name in self.names)


def ask(dialect: sa.Dialect, statement: "sa.Select[Any]") -> Ask:
    """The statement as the driver takes it."""
    compiled: Any = statement.compile(dialect=dialect)
    return Ask(str(compiled), tuple(compiled.positiontup), dict(compiled.params))
