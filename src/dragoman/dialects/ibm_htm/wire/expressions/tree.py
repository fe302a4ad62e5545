"""An expression as it is evaluated: conditions joined by AND and OR.

There is no NOT: the parser turns it into the opposite conditions. What has no value makes every condition unknown but
`IS NULL`, and unknown selects nothing; so for what is left unknown and false are the same.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from dragoman.dialects.ibm_htm.wire.expressions.columns import Ref


class Op(StrEnum):
    """What is asked of a column."""

    EQ = "="
    NE = "<>"
    LT = "<"
    GT = ">"
    LE = "<="
    GE = ">="
    IN = "IN"
    NOT_IN = "NOT IN"
    LIKE = "LIKE"
    NOT_LIKE = "NOT LIKE"
    NULL = "IS NULL"
    NOT_NULL = "IS NOT NULL"


OPPOSITE: dict[Op, Op] = {
    Op.EQ: Op.NE,
    Op.LT: Op.GE,
    Op.GT: Op.LE,
    Op.IN: Op.NOT_IN,
    Op.LIKE: Op.NOT_LIKE,
    Op.NULL: Op.NOT_NULL,
}
OPPOSITE |= {other: op for op, other in OPPOSITE.items()}


class Variable(StrEnum):
    """A value that depends on who asks."""

    USER = "$USER"
    LOCALE = "$LOCALE"


Value = str | int | bool | Variable


class Term(msgspec.Struct, frozen=True):
    """A condition on a column. `values` holds one value, of IN all, of IS NULL none."""

    ref: Ref
    op: Op
    values: tuple[Value, ...] = ()


class Every(msgspec.Struct, frozen=True):
    """All of these; of none, it always holds."""

    parts: tuple["Tree", ...]


class Some(msgspec.Struct, frozen=True):
    """At least one of these; of none, it never holds."""

    parts: tuple["Tree", ...]


Tree = Term | Every | Some


def both(*trees: Tree | None) -> Tree | None:
    """All of those that there are."""
    given = tuple(tree for tree in trees if tree is not None)
    return given[0] if len(given) == 1 else (Every(given) if given else None)


def known(tree: Tree, values: Mapping[Variable, str]) -> Tree:
    """The expression with what variables stand for."""
    if not isinstance(tree, Term):
        return type(tree)(tuple(known(part, values) for part in tree.parts))
    if not any(isinstance(value, Variable) for value in tree.values):
        return tree
    found = (values[value] if isinstance(value, Variable) else value for value in tree.values)
    return Term(tree.ref, tree.op, tuple(found))


def terms(tree: Tree | None) -> Iterable[Term]:
    """The conditions of an expression."""
    if isinstance(tree, Term):
        yield tree
    elif tree is not None:
        for part in tree.parts:
            yield from terms(part)
