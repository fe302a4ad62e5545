"""Conditions of `domain.condition` as SQL, the same on both engines: text by code point, LIKE by letter and case."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from dragoman.domain.condition import (
    Comparison,
    Condition,
    Every,
    Field,
    Held,
    Some,
    WithoutProperties,
    WithProperty,
)
from dragoman.domain.people import ALIAS
from dragoman.domain.task import ENDED, State
from dragoman.store import tables
from dragoman.store.engine.engines import by_code, formula, json_pairs, json_word
from dragoman.store.repositories.task_columns import Columns, expired_parts
from dragoman.store.repositories.task_sorts import STATE_CODES

T = tables.task.c
Element = sa.ColumnElement[Any]
Holding = Callable[[Held], "sa.ColumnElement[bool]"]

ESCAPE = "!"
"""Before a sign of LIKE that is meant as it stands: a backslash means something to some engines by itself."""

Compared = Callable[[Element, Element], "sa.ColumnElement[bool]"]
COMPARED: dict[str, Compared] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}


class Scope:
    """Of which tasks the conditions speak: those of a tenant, with what timers change as stored or as they leave it.
    `held` makes the condition of a role."""

    def __init__(self, tenant: int, seen: Columns, held: Holding) -> None:
        self.tenant = tenant
        self.seen = seen
        self.held = held
        self.rows: dict[str, Any] = {}


def compiled(condition: Condition, scope: Scope) -> "sa.ColumnElement[bool]":
    """The condition; it is never null where it is asked for by itself, since null selects nothing either."""
    if not isinstance(condition, Every | Some):
        return _leaf(condition, scope)
    parts: list[Element] = []
    text = _text(condition, scope, parts)
    return formula(text, parts)


def _text(condition: Condition, scope: Scope, parts: list[Element]) -> str:
    """The text of a formula, whose parts are added to `parts`."""
    if isinstance(condition, Every | Some):
        word, empty = ("AND", sa.true()) if isinstance(condition, Every) else ("OR", sa.false())
        if condition.parts:
            return _joined(word, [_text(part, scope, parts) for part in condition.parts])
        parts.append(empty)
    else:
        parts.append(_leaf(condition, scope))
    return f"{{{len(parts) - 1}}}"


def _leaf(condition: Condition, scope: Scope) -> Element:
    if isinstance(condition, Held):
        return scope.held(condition)
    if isinstance(condition, WithProperty):
        return _with_property(condition, scope)
    if isinstance(condition, WithoutProperties):
        return sa.not_(sa.exists(sa.select(sa.literal_column("1")).select_from(_properties("any_property"))))
    return _comparison(condition, scope)  # type: ignore[arg-type]  # the others have parts


def expression(field: Field, scope: Scope) -> Element:
    """What a list is sorted by for a field."""
    found = _FIELDS[field.name](field, scope)
    if not field.codes or field.name == "top":
        return found
    return sa.case(dict(field.codes), value=found, else_=sa.null())


def _joined(word: str, texts: list[str]) -> str:
    """All of them, halved again and again: an engine bounds how deep an expression may be, and a row of a thousand
    operators is as deep as it is long."""
    while len(texts) > 1:
        pairs = zip(texts[::2], texts[1::2], strict=False)
        texts = [f"({one} {word} {other})" for one, other in pairs] + texts[len(texts) & ~1 :]
    return texts[0]


def _with_property(condition: WithProperty, scope: Scope) -> Element:
    rows = _properties(condition.row)
    scope.rows[condition.row] = rows.c
    found: sa.Select[Any] = (
        sa.select(sa.literal_column("1")).select_from(rows).where(compiled(condition.condition, scope))
    )
    return sa.exists(found)


def _properties(name: str) -> Any:
    """The properties of a task as rows of name, text and type: its own, which have no type, extensions that none of
    its own hides, and binary ones with the text that they are found by."""
    pairs = json_pairs(T.properties).table_valued("key", "value", name=f"{name}_pair")
    own = sa.select(pairs.c.key.label("name"), pairs.c.value.label("text"), sa.cast(sa.null(), sa.Text()).label("type"))
    extension = tables.extension.alias(f"{name}_extension")
    hiding = json_pairs(T.properties).table_valued("key", "value", name=f"{name}_hiding")
    text = sa.case(
        (extension.c.value.like('"%'), json_word(_boxed(extension.c.value), ("x",))), else_=extension.c.value
    )
    others = sa.select(extension.c.name, text, sa.cast(sa.null(), sa.Text())).where(
        extension.c.tenant == T.tenant,
        extension.c.owner_kind == sa.literal_column("'task'"),
        extension.c.owner == T.number,
        extension.c.removed_at.is_(None),
        extension.c.name.not_in(sa.select(hiding.c.key)),
    )
    heads = json_pairs(T.binaries).table_valued("key", "value", name=f"{name}_head")
    found_by = sa.func.coalesce(json_word(heads.c.value, ("query",)), sa.literal_column("''"))
    binary = sa.select(heads.c.key, found_by, json_word(heads.c.value, ("type",)))
    return sa.union_all(*(each.correlate(tables.task) for each in (own, others, binary))).subquery(name)


def _boxed(value: Element) -> Element:
    """A JSON value as the member `x` of an object."""
    opening, closing = (sa.literal_column(text, sa.Text()) for text in ("'{\"x\":'", "'}'"))
    return opening.concat(value).concat(closing)


def _comparison(condition: Comparison, scope: Scope) -> Element:
    field, op, values = condition.field, condition.op, condition.values
    if field.name == "top":
        return _below(scope.tenant, values, is_denied=op in ("<>", "not in"))
    found = expression(field, scope)
    if op in ("null", "not null"):
        return found.is_(None) if op == "null" else found.is_not(None)
    if field.name == "number" and op in ("in", "not in"):
        return _numbered(op, values)
    if op in ("in", "not in"):
        return found.in_(values) if op == "in" else found.not_in(values)
    if op in ("like", "not like"):
        pattern = str(values[0]).replace(ESCAPE, ESCAPE * 2)
        return found.like(pattern, escape=ESCAPE) if op == "like" else found.not_like(pattern, escape=ESCAPE)
    if isinstance(values[0], bool):
        is_wanted = values[0] is (op == "=")
        return found == (1 if is_wanted else 0)
    return COMPARED[op](found, sa.literal(values[0], found.type))


def _numbered(op: str, numbers: Sequence[Any]) -> Element:
    """Numbers stand in the text: there may be more of them than an engine takes parameters."""
    listed: Element = sa.literal_column(f"({', '.join(str(int(number)) for number in numbers)})")
    return T.number.op(op.upper(), is_comparison=True)(listed)


def _below(tenant: int, uids: Sequence[Any], *, is_denied: bool) -> Element:
    """Whether one of these is the top of the task's hierarchy: it is that, or a part of it at any depth."""
    top, part, whole = (tables.task.alias(name) for name in ("top", "below_part", "whole"))
    is_whole = sa.select(whole.c.number).where(
        whole.c.tenant == tenant, whole.c.number == top.c.parent, whole.c.removed_at.is_(None)
    )
    first = sa.select(top.c.number).where(
        top.c.tenant == tenant, top.c.uid.in_(list(uids)), sa.or_(top.c.parent.is_(None), sa.not_(is_whole.exists()))
    )
    found = first.cte(f"below_{abs(hash(tuple(uids)))}", recursive=True)
    below = sa.select(part.c.number).where(part.c.tenant == tenant, part.c.parent == found.c.number)
    numbers = sa.select(found.union(below).c.number)
    return T.number.not_in(numbers) if is_denied else T.number.in_(numbers)


# Fields

_Make = Callable[[Field, Scope], Element]


def _flag(condition: Element) -> Element:
    return sa.case((condition, 1), else_=0)


def _column(column: Element) -> _Make:
    return lambda field, scope: column


def _fact(field: Field, scope: Scope) -> Element:
    found: Element = by_code(json_word(T.extras, field.path))
    return found if field.default is None else sa.func.coalesce(found, sa.literal(field.default, tables.STRING))


def _fact_flag(field: Field, scope: Scope) -> Element:
    """SQLite has `true` as 1, PostgreSQL as text."""
    said = sa.func.coalesce(sa.cast(json_word(T.extras, field.path), sa.Text()), "1" if field.default else "0")
    return _flag(said.in_(["1", "true"]))


def _person(column: Callable[[Scope], Element]) -> _Make:
    """What a dialect calls a user: his first alias there, else his login; the id itself of one that isn't known."""

    def make(field: Field, scope: Scope) -> Element:
        user = tables.user.alias("named")
        alias = json_word(user.c.extras, (*field.path, ALIAS))
        name = sa.func.coalesce(sa.case((user.c.deleted_at.is_(None), alias)), user.c.login)
        found = sa.select(name).where(user.c.tenant == T.tenant, user.c.uid == column(scope))
        return by_code(sa.func.coalesce(found.correlate(tables.task).scalar_subquery(), column(scope)))

    return make


def _top(field: Field, scope: Scope) -> Element:
    """Of a part the uid that `codes` has for its number, else its own."""
    return sa.func.coalesce(sa.case(dict(field.codes), value=T.number), T.uid) if field.codes else T.uid


def _waiting(field: Field, scope: Scope) -> Element:
    waits = sa.and_(T.open_children > 0, scope.seen.state.not_in(sorted(ENDED)), T.open_children > expired_parts())
    return _flag(waits)


def _started(field: Field, scope: Scope) -> Element:
    """Of a task that runs by itself when it became ready, of others when they were claimed."""
    runs = sa.or_(scope.seen.state == str(State.RUNNING), _fact(field, scope) == "originating")
    return sa.case((runs, T.activated_at), else_=T.claimed_at)


def _type(field: Field, scope: Scope) -> Element:
    category = tables.category.c
    title = sa.select(category.title).where(category.tenant == T.tenant, category.number == T.category)
    return by_code(sa.func.coalesce(T.type, title.scalar_subquery()))


def _whole(field: Field, scope: Scope) -> Element:
    """What holds the task: `task:` and the uid of its parent, else a fact as it was sent, else `case:` and a uid."""
    parent, case, home = tables.task.alias("parent_task"), tables.case.c, tables.tenant.c
    of_parent = sa.select(sa.literal_column("'task:'", sa.Text()).concat(parent.c.uid)).where(
        parent.c.tenant == T.tenant, parent.c.number == T.parent, parent.c.removed_at.is_(None)
    )
    inbox = sa.select(home.inbox_case).where(home.tenant == scope.tenant).scalar_subquery()
    of_case = sa.select(sa.literal_column("'case:'", sa.Text()).concat(case.uid)).where(
        case.tenant == T.tenant,
        case.number == T.case,
        case.number != inbox,
        case.kind != sa.literal_column("'inbox'"),
        case.removed_at.is_(None),
    )
    sent = json_word(T.extras, field.path)
    return sa.func.coalesce(of_parent.scalar_subquery(), sent, of_case.scalar_subquery())


def _property(name: str) -> _Make:
    return lambda field, scope: by_code(scope.rows[field.row][name])


def _state_code(field: Field, scope: Scope) -> Element:
    return sa.case({str(each): code for each, code in STATE_CODES.items()}, value=scope.seen.state, else_=0)


_FIELDS: dict[str, _Make] = {
    "number": _column(T.number),
    "uid": _column(T.uid),
    "name": lambda field, scope: by_code(sa.func.coalesce(T.name, T.title)),
    "title": lambda field, scope: by_code(sa.func.coalesce(T.title, T.name)),
    "description": _column(T.description),
    "top": _top,
    "type": _type,
    "template": _column(T.template),
    "work_list": _column(T.work_list),
    "priority": lambda field, scope: sa.func.coalesce(T.priority, sa.literal_column("0")),
    "state": lambda field, scope: scope.seen.state,
    "state_code": _state_code,
    "suspended": lambda field, scope: _flag(scope.seen.suspended.is_(sa.true())),
    "escalated": lambda field, scope: _flag(T.escalated.is_(sa.true())),
    "has_escalations": lambda field, scope: _flag(tables.has_escalations),
    "read": lambda field, scope: _flag(T.read.is_(sa.true())),
    "waiting": _waiting,
    "is_part": lambda field, scope: _flag(T.parent.is_not(None)),
    "is_ad_hoc": lambda field, scope: _flag(T.template.is_(None)),
    "assignee": lambda field, scope: scope.seen.assignee,
    "creator": _column(T.creator),
    "starter": _column(T.starter),
    "assignee.name": _person(lambda scope: scope.seen.assignee),
    "creator.name": _person(lambda scope: T.creator),
    "starter.name": _person(lambda scope: T.starter),
    "due": _column(T.due_at),
    "expires": _column(T.expires_at),
    "resumes": lambda field, scope: sa.case((scope.seen.suspended.is_(sa.true()), T.resume_at)),
    "created": _column(T.created_at),
    "modified": _column(T.modified_at),
    "claimed": _column(T.claimed_at),
    "activated": lambda field, scope: scope.seen.activated_at,
    "first_activated": _column(T.first_activated_at),
    "started": _started,
    "completed": lambda field, scope: scope.seen.completed_at,
    "state_changed": lambda field, scope: scope.seen.state_changed_at,
    "fact": _fact,
    "flag": _fact_flag,
    "whole": _whole,
    "property.name": _property("name"),
    "property.text": _property("text"),
    "property.type": lambda field, scope: by_code(sa.func.coalesce(scope.rows[field.row]["type"], field.default)),
}
"""The fields by name. Flags are 0 or 1."""
