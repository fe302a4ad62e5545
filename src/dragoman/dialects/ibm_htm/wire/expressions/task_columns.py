"""The columns of TASK and TASK_DESC as fields of the core's tasks: what each condition on one asks there.

A symbol is one of few values of the core, so a condition on it names those; a moment is shown at whole seconds, so a
condition on it asks for a range. What no task has here is null, and what all have alike is decided at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.wire.expressions import literals, views
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import passes
from dragoman.dialects.ibm_htm.wire.expressions.tree import Op, Term
from dragoman.dialects.ibm_htm.wire.facts import FLAGS
from dragoman.dialects.ibm_htm.wire.words import STATES
from dragoman.domain.clock import TICKS_PER_SECOND
from dragoman.domain.condition import ALWAYS, NEVER, Comparison, Condition, Field, every, some

CORE_OPS: dict[Op, Any] = {op: op.lower().removeprefix("is ") for op in Op}

Ask = Callable[[Term], Condition]
"""The condition that a term on a column is."""


def fact(name: str, default: str | None = None) -> Field:
    return Field("fact", (NAME, name), default)


def flag(name: str) -> Field:
    return Field("flag", (NAME, name), FLAGS.get(name, False))


def sorting(view: str, column: str) -> Field | None:
    """What a list is sorted by for a column of TASK or TASK_DESC; None where all tasks are alike."""
    field = FIELDS.get(column)
    if field is None or view not in (views.TASK.name, views.TASK_DESC.name):
        return None
    return (
        Field(field.name, field.path, field.default, codes=tuple(sorted(_KIND_CODES.items())))
        if column == "KIND"
        else field
    )


def comparison(field: Field, term: Term) -> Condition:
    """The condition as it stands, of a field that holds what the column shows."""
    return Comparison(field, CORE_OPS[term.op], tuple(map(_plain, term.values)))


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int) else str(value)


def constant(term: Term, value: Comparable) -> Condition:
    """A condition on a column that is the same for all tasks."""
    return ALWAYS if passes(term, value) else NEVER


def of_moment(field: Field, term: Term) -> Condition:
    """By ranges of whole seconds."""
    if term.op in (Op.NULL, Op.NOT_NULL):
        return comparison(field, term)
    if term.op is Op.IN:
        return some(_within(field, int(value)) for value in term.values)
    if term.op is Op.NOT_IN:
        return every(_without(field, int(value)) for value in term.values)
    second = int(term.values[0])
    if term.op is Op.EQ:
        return _within(field, second)
    if term.op is Op.NE:
        return _without(field, second)
    is_behind = term.op in (Op.LE, Op.GT)
    op: Any = "<" if term.op in (Op.LT, Op.LE) else ">="
    return Comparison(field, op, (second + TICKS_PER_SECOND if is_behind else second,))


def _within(field: Field, second: int) -> Condition:
    return every((Comparison(field, ">=", (second,)), Comparison(field, "<", (second + TICKS_PER_SECOND,))))


def _without(field: Field, second: int) -> Condition:
    return some((Comparison(field, "<", (second,)), Comparison(field, ">=", (second + TICKS_PER_SECOND,))))


def of_symbol(field: Field, codes: Mapping[str, int]) -> Ask:
    """By the values of the core that have such a code; `codes` holds the code of each. It is never null."""

    def ask(term: Term) -> Condition:
        values = tuple(value for value, code in codes.items() if passes(term, code))
        if len(values) == len(codes):
            return ALWAYS
        return Comparison(field, "in", values) if values else NEVER

    return ask


def of_flag(field: Field) -> Ask:
    """Never null."""

    def ask(term: Term) -> Condition:
        values = [value for value in (False, True) if passes(term, value)]
        if len(values) == 1:
            return Comparison(field, "=", (values[0],))
        return ALWAYS if values else NEVER

    return ask


def of_uid(field: Field) -> Ask:
    """An id that spells a uid."""

    def ask(term: Term) -> Condition:
        uids = tuple(literals.uid_of(str(value)) for value in term.values)
        return Comparison(field, CORE_OPS[term.op], uids)

    return ask


def of_position(term: Term) -> Condition:
    parts = [(False, "HIERARCHY_POSITION_TOP_TASK"), (True, "HIERARCHY_POSITION_SUB_TASK")]
    held = [value for value, name in parts if passes(term, views.POSITIONS[name])]
    if len(held) == 1:
        return Comparison(Field("is_part"), "=", (held[0],))
    return ALWAYS if held else NEVER


WHOLE = Field("whole", (NAME, "parentContextID"))


def of_whole(term: Term) -> Condition:
    """PARENT_CONTEXT_ID: a parent, a case, or an id as a client sent it."""
    if term.op in (Op.NULL, Op.NOT_NULL):
        return comparison(WHOLE, term)
    spelled: dict[str, None] = {}
    for value in map(str, term.values):
        prefix = value.partition(":")[0]
        owner = {"_TKI": "task", "_PI": "case"}.get(prefix)
        if owner is not None:
            spelled[f"{owner}:{literals.uid_of(value)}"] = None
        spelled[value] = None
    return Comparison(WHOLE, "in" if term.op in (Op.EQ, Op.IN) else "not in", tuple(spelled))


def _text(field: Field) -> Ask:
    return lambda term: comparison(field, term)


def _same(value: Comparable) -> Ask:
    return lambda term: constant(term, value)


_STATE_CODES = {str(state): views.STATES[symbol] for state, symbol in STATES.items()}
_KIND_CODES = {"human": 101, "originating": 103, "participating": 105, "administrative": 106}

ABSENT = (
    *("APPLIC_DEFAULTS_ID", "APPLIC_NAME", "CONTAINMENT_CTX_ID", "FOLLOW_ON_TKIID", "INVOKED_INSTANCE_ID"),
    *("INVOKED_INSTANCE_TYPE", *(f"CUSTOM_TEXT{number}" for number in range(1, 9))),
)
"""Columns of which no task here has a value."""

FIELDS: dict[str, Field] = {
    "TKIID": Field("uid"),
    "ACTIVATED": Field("activated"),
    "BUSINESS_RELEVANCE": flag("businessRelevance"),
    "COMPLETED": Field("completed"),
    "CTX_AUTHORIZATION": fact("contextAuthorizationOfOwner", "AUTH_NONE"),
    "DUE": Field("due"),
    "EXPIRES": Field("expires"),
    "FIRST_ACTIVATED": Field("first_activated"),
    "HIERARCHY_POSITION": Field("is_part"),
    "IS_AD_HOC": Field("is_ad_hoc"),
    "IS_ESCALATED": Field("escalated"),
    "IS_READ": Field("read"),
    "IS_TRANSFERRED_TO_WORK_BASKET": flag("isTransferredToWorkBasket"),
    "IS_WAIT_FOR_SUB_TK": Field("waiting"),
    "KIND": fact("kind", "human"),
    "LAST_MODIFIED": Field("modified"),
    "LAST_STATE_CHANGE": Field("state_changed"),
    "NAME": Field("name"),
    "NAME_SPACE": fact("namespace"),
    "ORIGINATOR": Field("creator.name", (NAME,)),
    "OWNER": Field("assignee.name", (NAME,)),
    "PARENT_CONTEXT_ID": WHOLE,
    "PRIORITY": Field("priority"),
    "RESUMES": Field("resumes"),
    "STARTED": Field("started", (NAME, "kind"), "human"),
    "STARTER": Field("starter.name", (NAME,)),
    "STATE": Field("state_code"),
    "SUPPORT_AUTOCLAIM": flag("supportsAutomaticClaim"),
    "SUPPORT_CLAIM_SUSP": flag("supportsClaimIfSuspended"),
    "SUPPORT_DELEGATION": flag("supportsDelegation"),
    "SUPPORT_FOLLOW_ON": flag("supportsFollowOnTasks"),
    "SUPPORT_SUB_TASK": flag("supportsSubTasks"),
    "SUSPENDED": Field("suspended"),
    "TKTID": Field("template"),
    "TYPE": Field("type"),
    "WORK_BASKET": Field("work_list"),
    "DESCRIPTION": Field("description"),
    "DISPLAY_NAME": Field("title"),
}
"""What holds a column, and what a list is sorted by for it. Columns that no task has, or all alike, are left out."""

ASKS: dict[str, Ask] = {
    **{
        name: _text(FIELDS[name])
        for name in ("NAME", "NAME_SPACE", "PRIORITY", "TYPE", "WORK_BASKET", "DESCRIPTION", "DISPLAY_NAME")
    },
    **{
        name: of_flag(FIELDS[name])
        for name in FIELDS
        if name in views.TASK.columns and views.TASK.columns[name].type == "BOOLEAN"
    },
    **{
        name: (lambda term, field=FIELDS[name]: of_moment(field, term))  # type: ignore[misc]
        for name in FIELDS
        if name in views.TASK.columns and views.TASK.columns[name].type == "TIMESTAMP"
    },
    **{name: _same(None) for name in ABSENT},
    "TKIID": of_uid(Field("uid")),
    "TKTID": of_uid(Field("template")),
    "TOP_TKIID": of_uid(Field("top")),
    "PARENT_CONTEXT_ID": of_whole,
    "STATE": of_symbol(Field("state"), _STATE_CODES),
    "KIND": of_symbol(FIELDS["KIND"], _KIND_CODES),
    "CTX_AUTHORIZATION": of_symbol(FIELDS["CTX_AUTHORIZATION"], views.AUTHORIZATIONS),
    "HIERARCHY_POSITION": of_position,
    "ASSIGNMENT_TYPE": _same(views.ASSIGNMENT_TYPES["ASSIGNMENT_TYPE_SINGLE"]),
    "INHERITED_AUTH": _same(views.INHERITED["INHERITED_AUTH_NONE"]),
    "IS_CHILD": _same(False),
    "IS_INLINE": _same(False),
    "LOCALE": _same(views.LOCALE),
}
"""By column: the condition that a term is. Those of people are not here: whoever asks knows them."""
PEOPLE = {"ORIGINATOR": "creator", "OWNER": "assignee", "STARTER": "starter"}
"""Columns of people, and the fields that hold their uids."""
