"""Names of users, groups, categories, stages and templates, and the tasks around one, read with one statement."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from dragoman.domain.access import Principal
from dragoman.domain.task import Kind, State, Task
from dragoman.store import tables
from dragoman.store.repositories.task_filters import TaskFilter, conditions, plainly
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

Named = tuple[str, str]
"""The kind of what is named, and its number or uid as text."""

PARENT, SUBTASK, DIGEST = "parent", "subtask", "digest"
_USER, _TEMPLATE, _TASK = tables.user.c, tables.template.c, tables.task.c
SOURCES: dict[str, tuple[sa.Table, str, sa.ColumnElement[str]]] = {
    "user": (tables.user, "uid", sa.func.coalesce(sa.func.nullif(_USER.display_name, ""), _USER.login)),
    "group": (tables.group, "uid", tables.group.c.name),
    "category": (tables.category, "number", tables.category.c.title),
    "stage": (tables.stage, "number", tables.stage.c.title),
    "template": (tables.template, "uid", sa.func.coalesce(_TEMPLATE.display_name, _TEMPLATE.name)),
}
"""Kind -> its table, the column of its key, and what it is called."""
OF_SUBTASKS: Sequence[sa.ColumnElement[Any]] = (
    *(_TASK.number, _TASK.kind, _TASK.state, _TASK.suspended, _TASK.expires_at, _TASK.resume_at, _TASK.delete_at),
    SOURCES["user"][2],
)


class Subtask(NamedTuple):
    """A subtask with what its line shows: no other fields of the task are there. `assignee` is a name."""

    task: Task
    assignee: str | None


class Around(NamedTuple):
    """The names by kind and key, and the subtasks by number."""

    names: dict[Named, str]
    subtasks: list[Subtask]


class Names:
    """The names of one tenant. For readers and exclusive commands."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group

    def around(
        self,
        task: Task,
        wanted: Mapping[str, Collection[str | int]],
        reader: Principal,
        *,
        subtasks: int,
        revisions: Collection[int] = (),
    ) -> Around:
        """The names of those that are there; those of the task's parent, under "parent", and of so many of its subtasks
        where the reader may see them. Under "digest", for each of these revisions, the end of the digest that covers
        it; empty where none does yet."""
        parts = [self._part(kind, keys) for kind, keys in wanted.items() if keys]
        seen = conditions(self._group.tenant, plainly(TaskFilter(visible_to=reader)))
        if task.parent is not None:
            parts.append(self._parent(task.parent, seen))
        if revisions:
            parts.append(self._digests(task.number, revisions))
        parts.append(self._subtasks(task.number, seen, subtasks))
        rows = self._connection().execute(sa.union_all(*parts)).all()
        names = {(str(row[0]), str(row[1])): str(row[2] or "") for row in rows if row[0] != SUBTASK}
        found = [self._subtask(row) for row in rows if row[0] == SUBTASK]
        return Around(names, sorted((each for each in found if each), key=lambda each: each.task.number))

    def of(self, wanted: Mapping[str, Collection[str | int]]) -> dict[Named, str]:
        """The names of those that are there; no statement where none is wanted."""
        parts = [self._part(kind, keys) for kind, keys in wanted.items() if keys]
        rows = self._connection().execute(sa.union_all(*parts)).all() if parts else []
        return {(str(row[0]), str(row[1])): str(row[2] or "") for row in rows}

    def people(self, limit: int) -> list[tuple[str, str]]:
        """Login and name of users who aren't disabled, by name."""
        name = SOURCES["user"][2].label("name")
        usable = (_USER.tenant == self._group.tenant, _USER.disabled_at.is_(None), _USER.deleted_at.is_(None))
        statement = sa.select(_USER.login, name).where(*usable).order_by(name, _USER.login).limit(limit)
        return [(str(login), str(named)) for login, named in self._connection().execute(statement)]

    def _connection(self) -> sa.Connection:
        connection: sa.Connection | None = self._group.connection
        if connection is None:
            raise MustBeExclusive
        return connection

    def _part(self, kind: str, keys: Collection[str | int]) -> sa.Select[Any]:
        table, column, name = SOURCES[kind]
        key = table.c[column]
        return sa.select(sa.literal(kind), sa.cast(key, sa.String()), name, *_NOTHING).where(
            table.c.tenant == self._group.tenant, key.in_(sorted(keys, key=str))
        )

    def _parent(self, number: int, seen: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
        key = sa.cast(_TASK.number, sa.String())
        mine = (_TASK.tenant == self._group.tenant, _TASK.number == number, _TASK.removed_at.is_(None))
        return sa.select(sa.literal(PARENT), key, _CALLED, *_NOTHING).where(*mine, *seen)

    def _digests(self, number: int, revisions: Collection[int]) -> sa.Select[Any]:
        changed, sealed = tables.history.c, tables.digest.c
        ends = sa.select(sa.func.min(sealed.until_at)).where(
            sealed.tenant == self._group.tenant, sealed.until_at >= changed.at
        )
        key, end = sa.cast(changed.revision, sa.String()), sa.cast(ends.scalar_subquery(), sa.String())
        return sa.select(sa.literal(DIGEST), key, end, *_NOTHING).where(
            changed.tenant == self._group.tenant,
            changed.entity == "task",
            changed.number == number,
            changed.revision.between(min(revisions), max(revisions)),
        )

    def _subtasks(self, number: int, seen: Sequence[sa.ColumnElement[bool]], limit: int) -> sa.Select[Any]:
        key = sa.cast(_TASK.number, sa.String()).label("key")
        holder = sa.and_(_USER.tenant == _TASK.tenant, _USER.uid == _TASK.assignee)
        columns = [column.label(f"c{place}") for place, column in enumerate(OF_SUBTASKS)]
        mine = (_TASK.tenant == self._group.tenant, _TASK.parent == number, _TASK.removed_at.is_(None))
        found = (
            sa.select(sa.literal(SUBTASK).label("kind"), key, _CALLED.label("name"), *columns)
            .select_from(tables.task.outerjoin(tables.user, holder))
            .where(*mine, *seen)
            .order_by(_TASK.number)
            .limit(limit)
            .subquery()
        )
        return sa.select(*found.c)

    def _subtask(self, row: Sequence[Any]) -> Subtask | None:
        number, kind, state, suspended, expires_at, resume_at, delete_at, assignee = row[3:]
        task = Task(
            self._group.tenant,
            number,
            "",
            kind=Kind(kind),
            title=row[2] or None,
            state=State(state),
            suspended=bool(suspended),
            expires_at=expires_at,
            resume_at=resume_at,
            delete_at=delete_at,
        ).as_of(self._group.now)
        return None if task is None else Subtask(task, assignee)


_CALLED = sa.func.coalesce(_TASK.title, _TASK.name)
_NOTHING = [sa.cast(sa.null(), column.type) for column in OF_SUBTASKS]
