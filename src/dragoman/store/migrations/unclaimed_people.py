"""What the eighth step does for names of other systems: tasks whose assignee is no user become nobody's, each with its
row of history; the names that open tasks carry are listed; what a dialect shows of a user is copied into him.

It knows the tables as they were then, and not the program's mappings, which go on.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.domain.clock import Moment, SystemClock
from dragoman.domain.json_numbers import decoder, encode
from dragoman.domain.limits import uuid_of
from dragoman.domain.timing import WAKES
from dragoman.store.engine.engines import json_word
from dragoman.store.unit.overlay import HistoryRow, Stamp, chained

OPERATION = "migration.unknown_assignee"
SLICE = 1_000
MOST_NAMES = 10_000
OPEN = ("inactive", "ready", "claimed", "running")
CRM, GENESYS = "onlyoffice_crm", "genesys"
KEPT_AT = {CRM: (CRM, "responsible"), GENESYS: (GENESYS, "started", "resource_id")}
"""Where the facts of a task keep a name that matches no user."""

TASK = sa.table(
    "task",
    *map(
        sa.column,
        (
            *("tenant", "number", "state", "assignee", "claimed_at", "activated_at", "state_changed_at", "timing"),
            *("extras", "modified_at", "revision", "row_version", "head_hash", "removed_at", "created_at"),
        ),
    ),
)
USER = sa.table("user", *map(sa.column, ("tenant", "uid", "extras")))
ALIAS = sa.table("alias", *map(sa.column, ("tenant", "dialect", "alias", "user", "position", "created_at")))
NAME = sa.table(
    "unclaimed_name", *map(sa.column, ("tenant", "dialect", "name", "first_seen_at", "last_seen_at", "count"))
)
LINK = sa.table("unclaimed_task", *map(sa.column, ("tenant", "dialect", "name", "task")))
HISTORY = (
    *("tenant", "entity", "number", "revision", "at", "principal", "dialect", "operation", "changes", "hash"),
    *("actor", "salt"),
)
T = TASK.c
_decode = decoder()


def complete(connection: sa.Connection) -> None:
    """All of it, for rows of before."""
    for tasks in _of_no_user(connection):
        _free(connection, tasks)
    for dialect in KEPT_AT:
        _list_names(connection, dialect)
    _copy_first_aliases(connection)


def _of_no_user(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Open tasks whose assignee is no user, slice by slice."""
    known = sa.select(USER.c.uid).where(USER.c.tenant == T.tenant, USER.c.uid == T.assignee)
    wanted = (T.assignee.is_not(None), T.state.in_(OPEN), T.removed_at.is_(None), ~known.exists())
    after = (-1, 0)
    while True:
        behind = sa.or_(T.tenant > after[0], sa.and_(T.tenant == after[0], T.number > after[1]))
        statement = sa.select(*T).where(*wanted, behind).order_by(T.tenant, T.number).limit(SLICE)
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield rows
        after = rows[-1].tenant, rows[-1].number


def _free(connection: sa.Connection, tasks: Sequence[Any]) -> None:
    """Make these tasks nobody's, each with its row of history."""
    history = sa.table("history", *map(sa.column, HISTORY))
    freed = [_freed(task) for task in tasks]
    rows = [row for _, row in freed]
    connection.execute(history.insert(), [{name: getattr(row, name) for name in HISTORY} for row in rows])
    mine = (T.tenant == sa.bindparam("of_tenant"), T.number == sa.bindparam("of_number"))
    changed = [{**values, "of_tenant": row.tenant, "of_number": row.number} for values, row in freed]
    connection.execute(TASK.update().where(*mine).values({name: sa.bindparam(name) for name in freed[0][0]}), changed)


def _freed(task: Any) -> tuple[dict[str, Any], HistoryRow]:
    """The new values of a task that is nobody's, and its row of history: a claimed one is ready again.

    A GUID is kept as the name that a CRM client sent.
    """
    at = Moment(max(SystemClock().now(), task.modified_at))
    after = {name: getattr(task, name) for name in ("state", "claimed_at", "activated_at", "state_changed_at")}
    after["assignee"] = None
    timing, extras = json.loads(task.timing), _decode(task.extras)
    changes: dict[str, Any] = {}
    if task.state == "claimed":
        after |= {"state": "ready", "claimed_at": None, "activated_at": at, "state_changed_at": at}
        if WAKES in timing:
            changes[f"timing.{WAKES}"] = [timing.pop(WAKES), None]
    changes |= {name: [getattr(task, name), value] for name, value in after.items() if getattr(task, name) != value}
    guid = uuid_of(task.assignee)
    if guid is not None:
        facts = {**extras.get(CRM, {}), "responsible": guid}
        changes[f"extras.{CRM}"] = [extras.get(CRM), facts]
        extras = {**extras, CRM: facts}
    place = (task.tenant, "task", task.number, task.revision + 1, at)
    row = chained(task.head_hash, *place, Stamp("system", "core", OPERATION), encode(changes).decode())
    texts = {"timing": json.dumps(timing), "extras": encode(extras).decode()}
    versions = {"revision": task.revision + 1, "row_version": task.row_version + 1}
    return {**after, **texts, **versions, "modified_at": at, "head_hash": row.hash}, row


def _list_names(connection: sa.Connection, dialect: str) -> None:
    """List the names of a dialect that open tasks of nobody carry and no user answers to, the 10,000 newest of a
    tenant."""
    name = sa.cast(json_word(T.extras, KEPT_AT[dialect]), sa.Text())
    answered = sa.select(ALIAS.c.alias).where(
        ALIAS.c.tenant == T.tenant, ALIAS.c.dialect == dialect, ALIAS.c.alias == name
    )
    carried = (
        sa.select(T.tenant, sa.literal(dialect), name, T.number)
        .where(T.assignee.is_(None), T.state.in_(OPEN), T.removed_at.is_(None))
        .where(T.extras.like(f'%"{KEPT_AT[dialect][-1]}"%'), name.is_not(None), ~answered.exists())
    )
    connection.execute(LINK.insert().from_select(["tenant", "dialect", "name", "task"], carried))
    made = sa.select(
        LINK.c.tenant,
        LINK.c.dialect,
        LINK.c.name,
        sa.func.min(T.created_at).label("first"),
        sa.func.max(T.created_at).label("last"),
        sa.func.count().label("tasks"),
    ).where(LINK.c.dialect == dialect, T.tenant == LINK.c.tenant, T.number == LINK.c.task)
    found = made.group_by(LINK.c.tenant, LINK.c.dialect, LINK.c.name).subquery()
    place = sa.func.row_number().over(partition_by=found.c.tenant, order_by=found.c.last.desc()).label("place")
    ranked = sa.select(*found.c, place).subquery()
    columns = ["tenant", "dialect", "name", "first_seen_at", "last_seen_at", "count"]
    newest = sa.select(*ranked.c).where(ranked.c.place <= MOST_NAMES).subquery()
    connection.execute(NAME.insert().from_select(columns, sa.select(*list(newest.c)[:-1])))


def _copy_first_aliases(connection: sa.Connection) -> None:
    """Copy the first alias in each dialect into its user."""
    order = (ALIAS.c.tenant, ALIAS.c.user, ALIAS.c.dialect, ALIAS.c.position, ALIAS.c.created_at, ALIAS.c.alias)
    first: dict[tuple[int, str], dict[str, str]] = {}
    for alias in connection.execute(sa.select(*ALIAS.c).order_by(*order)).all():
        first.setdefault((alias.tenant, alias.user), {}).setdefault(alias.dialect, alias.alias)
    for (tenant, uid), names in first.items():
        mine = (USER.c.tenant == tenant, USER.c.uid == uid)
        text = connection.execute(sa.select(USER.c.extras).where(*mine)).scalar()
        if text is None:
            continue
        extras = msgspec.json.decode(text)
        for dialect, name in names.items():
            extras[dialect] = {**extras.get(dialect, {}), "alias": name}
        connection.execute(USER.update().where(*mine).values(extras=msgspec.json.encode(extras).decode()))
