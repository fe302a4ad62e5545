"""A page of tasks as one statement, said so that it costs the same however many tasks there are.

What a filter finds few of is sorted; else the page is found by walking along an index in its own order. Where an index
has that order only within each state, there is one walk a state, and the page is put together from their beginnings.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.task import ENDED, OPEN, State
from dragoman.store import tables
from dragoman.store.task_filters import TaskFilter, conditions, ended_is, finds_few
from dragoman.store.task_sorts import SORTS, Sort, beyond, hidden, order

T = tables.task.c
Conditions = list[sa.ColumnElement[bool]]


def page_of(
    tenant: int,
    wanted: TaskFilter,
    keys: Sequence[Sort],
    *,
    limit: int,
    offset: int = 0,
    after: tuple[Any, ...] | None = None,
) -> "sa.Select[Any]":
    """The numbers of a page, in the order of the keys, of which `number` is the last."""
    walks = _walks(tenant, wanted, keys)
    by_number = keys[0].key == "number"
    few = len(walks) == 1 and finds_few(wanted, by_number=by_number) and not (by_number and _is_of_one(wanted))
    for walk in walks:
        walk.append(T.removed_at.is_(None))
        if after is not None:
            walk.append(beyond(keys, after))
    if len(walks) > 1:
        return _together([_beginning(walk, keys, offset + limit) for walk in walks], keys).limit(limit).offset(offset)
    [only] = walks
    orders = (hidden(key) if few else order(key) for key in keys)
    return sa.select(T.number).where(*only).order_by(*orders).limit(limit).offset(offset)


def all_conditions(tenant: int, wanted: TaskFilter) -> Conditions:
    """What must hold of a task that matches, removal aside."""
    return [T.tenant == tenant, *conditions(tenant, wanted)]


def _walks(tenant: int, wanted: TaskFilter, keys: Sequence[Sort]) -> list[Conditions]:
    whole = all_conditions(tenant, wanted)
    if wanted.as_of is not None:
        return [whole]
    if _is_of_one(wanted) and keys[0].key == "number":
        return [_of_state(tenant, wanted, state) for state in _states(wanted)]
    if keys[0].key == "due" and not finds_few(wanted):
        if len(wanted.states) > 1:
            return [_of_state(tenant, wanted, state) for state in wanted.states]
        if not wanted.states and wanted.is_open is None:
            return [[*whole, ended_is(has_ended)] for has_ended in (False, True)]
    return [whole]


def _is_of_one(wanted: TaskFilter) -> bool:
    """Whether an assignee, or that there is none, is all that makes the tasks few."""
    named = wanted.unassigned or wanted.assignee is not None
    return named and not finds_few(replace(wanted, assignee=None))


def _states(wanted: TaskFilter) -> Collection[State]:
    if wanted.states:
        return wanted.states
    return sorted(State) if wanted.is_open is None else sorted(OPEN if wanted.is_open else ENDED)


def _of_state(tenant: int, wanted: TaskFilter, state: State) -> Conditions:
    if wanted.is_open is not None and (state in OPEN) is not wanted.is_open:
        return [sa.false()]
    return all_conditions(tenant, replace(wanted, states=(state,), is_open=None))


def _beginning(walk: Conditions, keys: Sequence[Sort], limit: int) -> "sa.Select[Any]":
    """The first ones of a walk, with what they are sorted by."""
    named = [SORTS[key.key].label(f"key_{place}") for place, key in enumerate(keys)]
    first = sa.select(T.number.label("found"), *named).where(*walk).order_by(*map(order, keys)).limit(limit)
    return sa.select(first.subquery())


def _together(beginnings: Sequence["sa.Select[Any]"], keys: Sequence[Sort]) -> "sa.Select[Any]":
    found = sa.union_all(*beginnings).subquery().c
    return sa.select(found.found).order_by(*(order(key, found[f"key_{place}"]) for place, key in enumerate(keys)))
