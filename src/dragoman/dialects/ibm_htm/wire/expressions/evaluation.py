"""Expressions over rows that are in memory: templates, escalations, work baskets."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from dragoman.dialects.ibm_htm.wire.expressions import faults
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable
from dragoman.dialects.ibm_htm.wire.expressions.tree import Every, Op, Some, Term, Tree, terms

Row = Mapping[str, Comparable]
"""Values by the names of columns; what is missing has none."""

_COMPARED: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: eq,
    Op.NE: ne,
    Op.LT: lt,
    Op.GT: gt,
    Op.LE: le,
    Op.GE: ge,
}
Rows = Mapping[str, Sequence[Row]]
"""An object: its rows by the names of views; of its own view one row."""
NOTHING: Row = {}
MOST_CHOICES = 10_000
"""So many choices of rows are tried of an object; what an expression can tell apart is seldom more than a few."""


def selects(tree: Tree | None, rows: Rows) -> bool:
    """Whether one choice of rows makes the expression true. `rows` has those of an object by the name of the view; a
    view of which it has none has one row of nulls."""
    if tree is None:
        return True
    if isinstance(tree, Some):  # a choice that makes one of them true makes it true
        return any(selects(part, rows) for part in tree.parts)
    if isinstance(tree, Every):
        return all(selects(group[0], rows) if len(group) == 1 else _tried(group, rows) for group in apart(tree.parts))
    return _tried((tree,), rows)


def rows_of(tree: Tree) -> set[str]:
    """The rows that it speaks of."""
    return {term.ref.row for term in terms(tree)}


def apart(parts: Sequence[Tree], rows_of: Callable[[Tree], set[str]] = rows_of) -> list[tuple[Tree, ...]]:
    """The conditions in groups that speak of no row together, so that each can choose for itself."""
    groups: list[tuple[set[str], list[Tree]]] = []
    for part in parts:
        names, held = rows_of(part), [part]
        left = []
        for others, found in groups:
            if names.isdisjoint(others):
                left.append((others, found))
            else:
                names |= others
                held = found + held
        groups = [*left, (names, held)]
    return [tuple(held) for _, held in groups]


def _tried(parts: Sequence[Tree], rows: Rows) -> bool:
    asked = [term for part in parts for term in terms(part)]
    return any(all(holds(part, chosen) for part in parts) for chosen in choices(asked, rows))


def choices(asked: Iterable[Term], rows: Rows) -> Iterator[dict[str, Row]]:
    """The choices of rows that conditions can tell apart, but for rows in whose place another one makes them all true,
    and more. Invalid (`bad_expression`) for too many."""
    by_row: dict[str, list[Term]] = {}
    for term in asked:
        by_row.setdefault(term.ref.row, []).append(term)
    names = sorted(by_row)
    kept = [_best(by_row[name], rows.get(name) or rows.get(name.rstrip("123456789")) or (NOTHING,)) for name in names]
    if prod(map(len, kept)) > MOST_CHOICES:
        raise faults.syntax("", 1, f"more than {MOST_CHOICES} choices of rows would have to be tried; name fewer rows")
    for chosen in product(*kept):
        yield dict(zip(names, chosen, strict=True))


def _best(asked: Sequence[Term], held: Sequence[Row]) -> list[Row]:
    found: dict[frozenset[int], Row] = {}
    for row in held:
        true = (place for place, term in enumerate(asked) if passes(term, row.get(term.ref.column.name)))
        found.setdefault(frozenset(true), row)
    return [row for true, row in found.items() if not any(true < others for others in found)]


def holds(tree: Tree, chosen: Mapping[str, Row]) -> bool:
    """Whether the expression is true of these rows."""
    if isinstance(tree, Term):
        return passes(tree, chosen[tree.ref.row].get(tree.ref.column.name))
    results = (holds(part, chosen) for part in tree.parts)
    return all(results) if isinstance(tree, Every) else any(results)


def passes(test: Term, value: Comparable) -> bool:
    """Whether the condition is true of a value."""
    if test.op in (Op.NULL, Op.NOT_NULL):
        return (value is None) is (test.op is Op.NULL)
    if value is None:
        return False
    if test.op in (Op.IN, Op.NOT_IN):
        return (value in test.values) is (test.op is Op.IN)
    if test.op in (Op.LIKE, Op.NOT_LIKE):
        return is_like(str(value), str(test.values[0])) is (test.op is Op.LIKE)
    return _COMPARED[test.op](value, test.values[0])


def is_like(value: str, pattern: str) -> bool:
    """`%` is any run of characters, `_` one; all else is itself."""
    return _pattern(pattern).fullmatch(value) is not None


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> "re.Pattern[str]":
    """Runs between `%` are looked for from left to right, each but the last once: no backtracking."""
    first, *rest = re.sub("%+", "%", pattern).split("%")
    if not rest:
        return re.compile(_fixed(first), re.DOTALL)
    *middle, last = rest
    found = "".join(f"(?>.*?{_fixed(run)})" for run in middle if run)
    return re.compile(f"{_fixed(first)}{found}.*{_fixed(last)}", re.DOTALL)


def _fixed(run: str) -> str:
    return "".join("." if sign == "_" else re.escape(sign) for sign in run)
