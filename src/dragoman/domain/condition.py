"""Conditions on tasks as expressions, for lists whose clients send a language of their own.

What has no value makes a condition on it unknown, and unknown selects nothing. There is no negation: whoever makes a
condition asks for the opposite, so that unknown and false are the same.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from dragoman.domain.access import Principal

Op = Literal["=", "<>", "<", ">", "<=", ">=", "in", "not in", "like", "not like", "null", "not null"]
Value = str | int | bool


class Field(msgspec.Struct, frozen=True):
    """What is asked of a task: a name that the store knows. A fact that one dialect keeps is named by its path in the
    extras and the value that isn't kept; `property.name` and `property.text` are of the row that `row` names. `codes`:
    a list is sorted by these in place of the values; a value without one counts as none."""

    name: str
    path: tuple[str, ...] = ()
    default: str | bool | None = None
    row: str = ""
    codes: tuple[tuple[str | int, str | int], ...] = ()


class Comparison(msgspec.Struct, frozen=True):
    """A condition on a field. `in` has any number of values, `null` none, the others one."""

    field: Field
    op: Op
    values: tuple[Value, ...] = ()


class Held(msgspec.Struct, frozen=True):
    """Some of these roles on the task are held: each with its holders, None for any. `by` is the principal whose ways
    to the task count, None where those of all people do.

    Beside the roles of work items there are `owner`, `starter` and `originator`, which are fields of the task.
    """

    roles: tuple[tuple[str, tuple[str, ...] | None], ...]
    by: Principal | None = None


class WithProperty(msgspec.Struct, frozen=True):
    """The task has a property for which this holds; the conditions within name its row."""

    row: str
    condition: "Condition"


class WithoutProperties(msgspec.Struct, frozen=True):
    """The task has none."""


class Every(msgspec.Struct, frozen=True):
    """All of these; of none, it always holds."""

    parts: tuple["Condition", ...] = ()


class Some(msgspec.Struct, frozen=True):
    """At least one of these; of none, it never holds."""

    parts: tuple["Condition", ...] = ()


Condition = Comparison | Held | WithProperty | WithoutProperties | Every | Some

ALWAYS, NEVER = Every(), Some()


def every(parts: Iterable[Condition]) -> Condition:
    """All of them, in the shortest form."""
    given = tuple(dict.fromkeys(part for part in parts if part != ALWAYS))
    if NEVER in given:
        return NEVER
    return given[0] if len(given) == 1 else Every(given)


def some(parts: Iterable[Condition]) -> Condition:
    """At least one of them, in the shortest form."""
    given = tuple(dict.fromkeys(part for part in parts if part != NEVER))
    if ALWAYS in given:
        return ALWAYS
    return given[0] if len(given) == 1 else Some(given)


def leaves(condition: Condition) -> Iterable[Condition]:
    """Its conditions that consist of no others."""
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, WithProperty):
        yield from leaves(condition.condition)
    else:
        yield condition


OF_TIMERS = frozenset(
    {
        *("activated", "assignee", "assignee.name", "completed", "resumes", "started", "state", "state_changed"),
        *("state_code", "suspended", "waiting"),
    }
)
"""Fields that due timers change."""


def depends_on_timers(condition: Condition) -> bool:
    """Whether a due timer may make it hold or not."""
    return any(
        (isinstance(leaf, Comparison) and leaf.field.name in OF_TIMERS)
        or (isinstance(leaf, Held) and any(role == "owner" for role, _ in leaf.roles))
        for leaf in leaves(condition)
    )
