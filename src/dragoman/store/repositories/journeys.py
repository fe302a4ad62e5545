"""The journey of a contact: the history of all cases, stages and tasks that concern it and the notes on it and on its
cases, as one list, the newest first.

A case concerns the contact that it links, or whose key it names as its customer; a task concerns the one that it links,
and the one of its case. However long the journey is, it takes as many statements.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from dragoman.domain.access import Principal, sees_all
from dragoman.domain.clock import Moment
from dragoman.domain.note import Note
from dragoman.domain.task import OPEN, Task
from dragoman.store import tables
from dragoman.store.repositories import task_timers
from dragoman.store.repositories.cases import has_customer
from dragoman.store.repositories.notes import NoteFilter
from dragoman.store.repositories.notes import conditions as note_conditions
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import TaskFilter, conditions, plainly
from dragoman.store.repositories.task_visibility import shared_case
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS

H, T, C, S, N = tables.history.c, tables.task.c, tables.case.c, tables.stage.c, tables.note.c


ENTITIES = ("case", "stage", "task")
NOTE = "note"
OF_NOTES = ("note.added", "note.removed")
"""Operations by which the history of a case tells of its notes, which are steps themselves."""


class Step(NamedTuple):
    """A row of history of what belongs to the journey, and the characters of its changes."""

    at: Moment
    entity: str
    number: int
    revision: int
    dialect: str
    size: int


Place = tuple[int, str, int, int]
"""Where a page ends: moment, entity, number and revision of its last step."""


class Wanted(msgspec.Struct, frozen=True):
    """Which steps: the first ones of these entities (`begun`), the later ones of all (`changes`), through a dialect,
    and of what is open or has ended."""

    contact: int
    visible_to: Principal
    customer_key: str
    begun: Collection[str] = (*ENTITIES, NOTE)
    changes: bool = True
    dialect: str | None = None
    is_open: bool | None = None


class Journeys(Repository[Task]):
    """The journeys of one tenant's contacts. For readers and exclusive commands."""

    mapping = MAPPINGS["task"]

    def page(self, wanted: Wanted, *, limit: int, after: Place | None) -> list[Step]:
        """Up to so many steps behind a place."""
        scopes = {"case": self._cases, "stage": self._stages, "task": self._tasks}
        names = [name for name in ENTITIES if wanted.changes or name in wanted.begun]
        parts = [self._steps(wanted, name, scopes[name](wanted), limit, after) for name in names]
        if NOTE in wanted.begun and wanted.is_open is None:
            parts.append(self._notes(wanted, limit, after))
        found = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
        statement = sa.select(found).order_by(*_newest_first(found.c)).limit(limit).params(now=self._now)
        return [Step(*row) for row in self.by_condition(statement)]

    def changes_of(self, steps: Sequence[Step]) -> dict[tuple[str, int, int], str]:
        """The changes of these steps, as JSON text."""
        if not steps:
            return {}
        keys = [(step.entity, step.number, step.revision) for step in steps]
        statement = sa.select(H.entity, H.number, H.revision, H.changes).where(
            H.tenant == self.tenant, sa.tuple_(H.entity, H.number, H.revision).in_(keys)
        )
        return {(str(row[0]), int(row[1]), int(row[2])): str(row[3]) for row in self.by_condition(statement)}

    def open_tasks(self, wanted: Wanted) -> tuple[int, Moment | None]:
        """How many tasks are open, and when the oldest of them was made."""
        found = self._tasks(msgspec.structs.replace(wanted, is_open=True)).subquery()
        columns: list[sa.ColumnElement[Any]] = [sa.func.count(), sa.func.min(T.created_at)]
        statement = sa.select(*columns).where(T.tenant == self.tenant, T.number.in_(sa.select(found.c.number)))
        [(count, oldest)] = self.by_condition(statement.params(now=self._now))
        return int(count), None if oldest is None else Moment(oldest)

    def tasks(self, numbers: Collection[int]) -> dict[int, Task]:
        """These tasks, without their extensions."""
        if not numbers:
            return {}
        statement = sa.select(*self.mapping.columns).where(T.tenant == self.tenant, T.number.in_(sorted(numbers)))
        found = self.of_rows(list(self.by_condition(statement)), extensions=False)
        return {task.number: task for task in found}

    def notes(self, numbers: Collection[int]) -> dict[int, Note]:
        """These notes."""
        if not numbers:
            return {}
        mapping = MAPPINGS["note"]
        statement = sa.select(*mapping.columns).where(N.tenant == self.tenant, N.number.in_(sorted(numbers)))
        return {note.number: note for note in map(mapping.decode, self.by_condition(statement))}

    @property
    def _now(self) -> Moment:
        return self._overlay.group.now

    def _steps(
        self, wanted: Wanted, entity: str, scope: "sa.Select[Any]", limit: int, after: Place | None
    ) -> "sa.Select[Any]":
        size = sa.func.length(H.changes).label("size")
        statement = sa.select(H.at, H.entity, H.number, H.revision, H.dialect, size).where(
            H.tenant == self.tenant, H.entity == entity, H.number.in_(scope)
        )
        if entity == "case":
            statement = statement.where(H.operation.not_in(OF_NOTES))
        if wanted.dialect is not None:
            statement = statement.where(H.dialect == wanted.dialect)
        if not wanted.changes:
            statement = statement.where(H.revision == 1)
        elif entity not in wanted.begun:
            statement = statement.where(H.revision > 1)
        if after is not None:
            place = sa.tuple_(H.at, H.entity, H.number, H.revision)
            statement = statement.where(place < after)
        return statement.order_by(*_newest_first(H)).limit(limit)

    def _notes(self, wanted: Wanted, limit: int, after: Place | None) -> "sa.Select[Any]":
        columns = (
            N.created_at.label("at"),
            sa.literal(NOTE, sa.Text()).label("entity"),
            N.number,
            sa.literal(1, sa.BigInteger()).label("revision"),
            N.dialect,
            sa.func.length(N.text).label("size"),
        )
        seen = note_conditions(self.tenant, self._now, NoteFilter(visible_to=wanted.visible_to))
        concerned = sa.or_(N.contact == wanted.contact, N.case.in_(self._cases(wanted)))
        statement = sa.select(*columns).where(concerned, *seen)
        if wanted.dialect is not None:
            statement = statement.where(N.dialect == wanted.dialect)
        if after is not None:
            statement = statement.where(sa.tuple_(*columns[:4]) < after)
        return statement.order_by(*(column.desc() for column in columns[:4])).limit(limit)

    def _cases(self, wanted: Wanted) -> "sa.Select[Any]":
        # Each by its index: SQLite walks over all cases when both stand in one condition.
        own = (C.tenant == self.tenant, C.removed_at.is_(None))
        named = (C.contact.is_(None), has_customer(wanted.customer_key))
        concerned = sa.union(
            sa.select(C.number).where(*own, C.contact == wanted.contact).correlate(None),
            sa.select(C.number).where(*own, *named).correlate(None),
        )
        now = task_timers.NOW
        statement = sa.select(C.number).where(C.tenant == self.tenant, C.number.in_(concerned))
        statement = statement.where(C.removed_at.is_(None), sa.not_(case_is_over(now)))
        if not sees_all(wanted.visible_to):
            statement = statement.where(sa.or_(C.is_private.is_(sa.false()), shared_case(wanted.visible_to)))
        if wanted.is_open is not None:
            completes = sa.and_(C.auto_complete_at.is_not(None), C.auto_complete_at <= now)
            has_ended = sa.or_(C.completed_at.is_not(None), completes)
            statement = statement.where(sa.not_(has_ended) if wanted.is_open else has_ended)
        return statement

    def _stages(self, wanted: Wanted) -> "sa.Select[Any]":
        cases = self._cases(msgspec.structs.replace(wanted, is_open=None))
        statement = sa.select(S.number).where(S.tenant == self.tenant, S.case.in_(cases), S.removed_at.is_(None))
        if wanted.is_open is not None:
            is_open = S.completed_at.is_(None)
            statement = statement.where(is_open if wanted.is_open else sa.not_(is_open))
        return statement

    def _tasks(self, wanted: Wanted) -> "sa.Select[Any]":
        cases = self._cases(msgspec.structs.replace(wanted, is_open=None))
        own = tables.task.alias("concerned")
        mine = (own.c.tenant == self.tenant, own.c.removed_at.is_(None))
        # Each by its index: both engines would rather walk over all tasks than look into two.
        concerned = sa.union(
            sa.select(own.c.number).where(*mine, own.c.contact == wanted.contact),
            sa.select(own.c.number).where(*mine, own.c.case.in_(cases)),
        )
        is_lateral = self._connection().dialect.name == "postgresql"
        seen = plainly(TaskFilter(visible_to=wanted.visible_to, lateral=is_lateral))
        statement = sa.select(T.number).where(
            T.tenant == self.tenant, T.number.in_(concerned), T.removed_at.is_(None), *conditions(self.tenant, seen)
        )
        if wanted.is_open is not None:
            expired = task_timers.changed(self.tenant, task_timers.EXPIRED, lateral=is_lateral)
            is_open = sa.and_(T.state.in_(sorted(OPEN)), T.number.not_in(expired))
            statement = statement.where(is_open if wanted.is_open else sa.not_(is_open))
        return statement


def _newest_first(columns: Any) -> list[sa.ColumnElement[Any]]:
    return [columns[name].desc() for name in ("at", "entity", "number", "revision")]
