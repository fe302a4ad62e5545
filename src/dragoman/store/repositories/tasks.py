"""Tasks in the store: by key like everything else, and by condition for lists, cases and searches."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import Principal
from dragoman.domain.clock import FOREVER, Moment
from dragoman.domain.task import ENDED, Task
from dragoman.store import tables
from dragoman.store.engine.key_lists import as_parameter
from dragoman.store.engine.words import LONGEST
from dragoman.store.repositories import task_judging, task_looks, task_queries, task_summaries, task_timers
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import (
    SINCE,
    TaskFilter,
    asks_links,
    asks_since,
    ended_is,
    gains_by_timers,
    lost_by_timers,
    plainly,
)
from dragoman.store.repositories.task_pages import (
    Ask,
    all_conditions,
    bounded_counts_of,
    changed_of,
    count_of,
    cut_of,
    fetch,
    lacking_of,
    marked_of,
    page_of,
    tasks_of,
    versions_of,
)
from dragoman.store.repositories.task_queries import Order
from dragoman.store.repositories.task_search import Facts, facts_of
from dragoman.store.repositories.task_sorts import BY_TIMERS, OF_THE_TASK, SORTS, Sort
from dragoman.store.unit.as_of import for_people, is_open_part, numbers_above, step, top_uids
from dragoman.store.unit.child_rows import extension_bytes, with_child_rows
from dragoman.store.unit.known_tasks import Known, Pieces, Version
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c

TOGETHER = 256
"""How many tasks are read as one text, which must not become too long."""


class Tasks(Repository[Task]):
    """The tasks of one tenant."""

    mapping = MAPPINGS["task"]

    def count_open(self, most: int) -> int:
        """How many tasks have not ended, up to this many. The command must be exclusive."""
        open_ones = sa.select(sa.literal(1)).where(T.tenant == self.tenant, ended_is(False)).limit(most).subquery()
        return int(self.by_condition(sa.select(sa.func.count()).select_from(open_ones)).scalar())

    def page(
        self,
        wanted: TaskFilter,
        sorts: Sequence[Sort],
        *,
        limit: int,
        offset: int = 0,
        after: tuple[Any, ...] | None = None,
    ) -> list[Task]:
        """Up to `limit` tasks in order; `after` holds the sort values and number of the last one seen."""
        if self._overlay.group.only_reads:
            return self._of_versions(self._versions(wanted, sorts, limit=limit, offset=offset, after=after))
        keys = _keys(sorts)
        connection, wanted = self._connection(), self._with_timers(plainly(wanted), keys)
        ask = page_of(
            connection.dialect, self.tenant, wanted, keys, limit=limit, offset=offset, has_cursor=after is not None
        )
        return self.of_numbers([row[0] for row in self.by_text(ask.text, self._parameters(ask, wanted, after))])

    def bounded_page(
        self,
        wanted: TaskFilter,
        sorts: Sequence[Sort],
        *,
        limit: int,
        after: tuple[Any, ...] | None,
        max_bytes: int,
    ) -> tuple[list[Task], bool]:
        """A page for readers that ends before its texts and extensions exceed `max_bytes`; at least one task.

        Also whether it ended there. Extensions of tasks behind that are not loaded.
        """
        versions = self._versions(wanted, sorts, limit=limit, after=after)
        tasks = self._of_versions(versions, partial(self._within, max_bytes))
        return tasks, len(tasks) < len(versions)

    def plain_page(
        self, wanted: TaskFilter, sorts: Sequence[Sort], *, limit: int, offset: int, max_bytes: int
    ) -> tuple[list[Task], bool]:
        """A page without extensions for readers, and whether it ended before its texts exceed `max_bytes`."""
        return self._plainly(self._versions(wanted, sorts, limit=limit, offset=offset), max_bytes)

    def queried(
        self, wanted: TaskFilter, orders: Sequence[Order], *, limit: int, offset: int, max_bytes: int
    ) -> tuple[list[Task], bool]:
        """The same in an order of any fields, the oldest first where there is none."""
        return self._plainly(self._queried(wanted, orders, limit=limit, offset=offset), max_bytes)

    def queried_numbers(self, wanted: TaskFilter, orders: Sequence[Order], *, limit: int) -> list[int]:
        """The numbers of such a page. The command reads or is exclusive."""
        return [version.number for version in self._queried(wanted, orders, limit=limit, offset=0)]

    def first_ready(self, wanted: TaskFilter, *, limit: int) -> list[int] | None:
        """The numbers of so many ready tasks, the oldest first, if they are among the oldest that anybody may claim."""
        dialect, wanted = self._connection().dialect, self._with_timers(plainly(wanted))
        if wanted.timers == "both" or not task_queries.is_short(wanted):
            return None
        ask = task_queries.ready_of(dialect, self.tenant, wanted, limit)
        found = [int(row[0]) for row in self.by_text(ask.text, self._parameters(ask, wanted))]
        return found if len(found) == limit else None

    def few_seen(self, wanted: TaskFilter) -> int | None:
        """How many tasks the one to whom it is visible sees at most; None for more than may all be looked at."""
        principal = plainly(wanted).visible_to
        if principal is None:
            return None
        ask = task_queries.reach_of(self._connection().dialect, self.tenant, principal)
        [(count,)] = self.by_text(ask.text, ask.parameters(self._now))
        return int(count) if count <= task_queries.FEW else None

    def _queried(self, wanted: TaskFilter, orders: Sequence[Order], *, limit: int, offset: int) -> list[Version]:
        """A page of few tasks, the oldest first, is mostly found among the oldest of them."""
        found: list[Version] = []
        for first in task_queries.FIRST if wanted.is_few and not orders else (0,):
            found = self._asked(replace(wanted, first=first), orders, limit=limit, offset=offset)
            if len(found) == limit or first >= wanted.reached:
                break
        return found

    def _asked(self, wanted: TaskFilter, orders: Sequence[Order], *, limit: int, offset: int) -> list[Version]:
        by_timers = any(map(task_queries.is_by_timers, orders))
        dialect, wanted = self._connection().dialect, self._with_timers(plainly(wanted), is_by_timers=by_timers)
        ask = task_queries.versions_of(dialect, self.tenant, wanted, tuple(orders), limit=limit, offset=offset)
        return [Version(*row) for row in self.by_text(ask.text, self._parameters(ask, wanted))]

    def _plainly(self, versions: Sequence[Version], max_bytes: int) -> tuple[list[Task], bool]:
        """The tasks of these versions without extensions, as far as their texts fit, and whether some don't."""
        found: list[Task] = []
        for start in range(0, len(versions), TOGETHER):
            slice_ = self._of_versions(versions[start : start + TOGETHER], extensions=False)
            kept = self._within_texts(max_bytes, slice_, may_be_empty=bool(found))
            found += kept
            if len(kept) < len(slice_):
                return found, True
            max_bytes -= sum(len(task.description or "") for task in kept)
        return found, False

    def plain(self, numbers: Sequence[int], max_bytes: int) -> list[Task]:
        """The tasks of these numbers without extensions, for readers, as far as their texts fit."""
        found: list[Task] = []
        for start in range(0, len(numbers), TOGETHER):
            slice_ = self.of_numbers_read(numbers[start : start + TOGETHER], extensions=False)
            kept = self._within_texts(max_bytes, slice_, may_be_empty=bool(found))
            found += kept
            if len(kept) < len(slice_):
                break
            max_bytes -= sum(len(task.description or "") for task in kept)
        return found

    def _versions(
        self,
        wanted: TaskFilter,
        sorts: Sequence[Sort],
        *,
        limit: int,
        offset: int = 0,
        after: tuple[Any, ...] | None = None,
    ) -> list[Version]:
        """The versions of the tasks of a page, in order."""
        keys, cut = _keys(sorts), cut_of(limit, offset)
        connection, wanted = self._connection(), self._looked(self._with_timers(plainly(wanted), keys), keys)
        ask = versions_of(connection.dialect, self.tenant, wanted, keys, cut, has_cursor=after is not None)
        parameters = self._parameters(ask, wanted, after, (limit, offset))
        return [Version(*row) for row in fetch(connection, ask.text, parameters)]

    def _of_versions(
        self,
        versions: Sequence[Version],
        within: Callable[[list[Task]], list[Task]] | None = None,
        *,
        extensions: bool = True,
    ) -> list[Task]:
        """The tasks of these versions, in this order; see `Repository.of_rows`. Only those are read that aren't known
        in their version."""
        group = self._overlay.group
        known = group.known_tasks.of(self.tenant, versions) if group.known_tasks is not None else {}
        missing = [version.number for version in versions if version.number not in known]
        for start in range(0, len(missing), TOGETHER):
            known |= self._read(missing[start : start + TOGETHER])
        group.shown |= known
        tasks = [each.task for version in versions if (each := known.get(version.number)) is not None]
        return self.of_stored(tasks if within is None else within(tasks), extensions=extensions)

    def _read(self, numbers: Sequence[int]) -> dict[int, Known]:
        """Read these tasks, as they are stored, and keep them for other lists."""
        connection = self._connection()
        rows = fetch(connection, tasks_of(connection.dialect), (self.tenant, as_parameter(connection.dialect, numbers)))
        tasks = with_child_rows(
            connection, self.tenant, self.mapping, list(map(self.mapping.decode, rows)), extensions=False
        )
        found = {task.number: Known(task, row) for task, row in zip(tasks, rows, strict=True)}
        group = self._overlay.group
        if group.known_tasks is not None:
            group.known_tasks.keep(self.tenant, found.values())
        return found

    def pieces(self, tasks: Sequence[Task]) -> list[Pieces | None]:
        """For each of these tasks, which a list of this reader found, the pieces that are kept of it; None where it
        shows more than its row: extensions, or what a due timer did."""
        shown = self._overlay.group.shown
        return [
            known.pieces
            if not task.extension_count and (known := shown.get(task.number)) is not None and known.task is task
            else None
            for task in tasks
        ]

    @staticmethod
    def _within_texts(max_bytes: int, tasks: list[Task], *, may_be_empty: bool = False) -> list[Task]:
        for place, task in enumerate(tasks):
            max_bytes -= len(task.description or "")
            if max_bytes < 0 and (place or may_be_empty):
                return tasks[:place]
        return tasks

    def _within(self, max_bytes: int, tasks: list[Task]) -> list[Task]:
        """As many tasks from the first one on as have no more bytes together; at least one."""
        owners = [task.number for task in tasks if task.extension_count]
        connection = self._connection()
        sizes = extension_bytes(connection, self.tenant, self.mapping, owners) if len(owners) > 1 else {}
        for place, task in enumerate(tasks):
            max_bytes -= len(task.description or "") + sizes.get(task.number, 0)
            if max_bytes < 0 and place:
                return tasks[:place]
        return tasks

    def count(self, wanted: TaskFilter) -> int:
        """How many tasks match."""
        # Usually no row is marked as removed. An index then suffices for the count.
        dialect = self._connection().dialect
        marked = marked_of(dialect, self.tenant)
        with_removed = not self.by_text(marked.text, marked.parameters(self._now))
        wanted = self._with_timers(plainly(wanted))
        find = count_of if task_queries.is_short(wanted) else count_of.__wrapped__
        ask = find(dialect, self.tenant, wanted, with_removed=with_removed)
        [(count,)] = self.by_text(ask.text, self._parameters(ask, wanted))
        return int(count)

    def open_by_state_and_age(self, assignee: str | None, since: Sequence[Moment]) -> list[tuple[str, int, int]]:
        """State, age and how many open tasks; see `task_summaries`. For readers."""
        return task_summaries.open_by_state_and_age(self._connection(), self.tenant, assignee, since)

    def overdue_by_week(self, assignee: str | None, now: Moment, since: Sequence[Moment]) -> dict[int, int]:
        """Age of the due time, and how many open tasks were due before now. For readers."""
        return task_summaries.overdue_by_week(self._connection(), self.tenant, assignee, now, since)

    def ended_by_piece(self, assignee: str | None, since: Moment) -> list[tuple[Moment, int]]:
        """Where each piece of time begins in which tasks ended, and how many. For readers."""
        return task_summaries.ended_by_piece(self._connection(), self.tenant, assignee, since)

    def bounded_counts(self, wanted: Sequence[TaskFilter], most: int, nearly: Sequence[TaskFilter] = ()) -> list[int]:
        """How many tasks match each of the filters, counted up to this many, by one statement. Behind them, the same
        of `nearly`, without those that timers bring which are due and have not fired."""
        if not (wanted or nearly):
            return []
        asked = (
            *(self._looked(self._with_timers(plainly(each))) for each in wanted),
            *(self._looked(self._without_due(plainly(each))) for each in nearly),
        )
        counts = self._counts(asked, most)
        # A sample that holds enough has answered; the others are counted to their end.
        unsure = [place for place, each in enumerate(asked) if each.sample and counts[place] < most]
        if unsure:
            whole = self._counts(tuple(replace(asked[place], sample=0) for place in unsure), most)
            for place, count in zip(unsure, whole, strict=True):
                counts[place] = count
        return counts

    def _counts(self, asked: tuple[TaskFilter, ...], most: int) -> list[int]:
        ask = bounded_counts_of(self._connection().dialect, self.tenant, asked, most)
        [row] = self.by_text(ask.text, ask.parameters(self._now))
        return [min(int(count), most) for count in row]

    def row_page(
        self, wanted: TaskFilter, sorts: Sequence[Sort], *, limit: int, after: tuple[Any, ...] | None = None
    ) -> list[Task]:
        """A page without extensions, for readers that show rows; its texts are as long as they are."""
        return self._of_versions(self._versions(wanted, sorts, limit=limit, after=after), extensions=False)

    def numbers_page(
        self, wanted: TaskFilter, sorts: Sequence[Sort], *, limit: int, after: tuple[Any, ...] | None = None
    ) -> list[int]:
        """The numbers of a page, in order. For readers."""
        keys = _keys(sorts)
        dialect, wanted = self._connection().dialect, self._looked(self._with_timers(plainly(wanted), keys), keys)
        ask = page_of(dialect, self.tenant, wanted, keys, limit=limit, offset=0, has_cursor=after is not None)
        return [int(row[0]) for row in self.by_text(ask.text, self._parameters(ask, wanted, after))]

    def of_numbers_read(self, numbers: Sequence[int], *, extensions: bool = True) -> list[Task]:
        """The tasks of these numbers, in this order, by one statement and those of their child rows. For readers."""
        connection = self._connection()
        rows = fetch(
            connection, tasks_of(connection.dialect), (self.tenant, as_parameter(connection.dialect, list(numbers)))
        )
        known = {task.number: task for task in self.of_rows(rows, extensions=extensions)}
        return [known[number] for number in numbers if number in known]

    def facts(self, numbers: Sequence[int], names: Sequence[str], batches: Sequence[int]) -> list[Facts]:
        """What searches look at: properties, extensions of these folded names, which of the batches changed a task."""
        return facts_of(self._connection(), self.tenant, numbers, names, batches)

    def judged(
        self, numbers: Sequence[int], shown: TaskFilter, wanted: TaskFilter, *, extensions: bool = False
    ) -> list[tuple[Task, bool]]:
        """Those of these tasks that `shown` matches, and whether `wanted` does. For readers."""
        rows = self._judged(numbers, shown, wanted)
        tasks = self.of_rows([row[:-1] for row in rows], extensions=extensions)
        return [(task, bool(row[-1])) for task, row in zip(tasks, rows, strict=True)]

    def judged_briefly(
        self, numbers: Sequence[int], shown: TaskFilter, wanted: TaskFilter
    ) -> list[tuple[int, int, bool]]:
        """The same, with number and revision in place of each task."""
        rows = self._judged(numbers, shown, wanted, is_brief=True)
        return [(int(number), int(revision), bool(is_wanted)) for number, revision, is_wanted in rows]

    def _judged(
        self, numbers: Sequence[int], shown: TaskFilter, wanted: TaskFilter, *, is_brief: bool = False
    ) -> list[Any]:
        connection = self._connection()
        # Both speak of deleted tasks, which they must do in the same words.
        shown = replace(plainly(shown), lateral=self._is_lateral)
        wanted = self._with_timers(plainly(wanted))
        return task_judging.judged(connection, self.tenant, numbers, shown, wanted, self._now, is_brief=is_brief)

    def _from_earlier(self, wanted: TaskFilter) -> TaskFilter:
        if not self._overlay.group.overlap_ticks or not asks_since(wanted):
            return wanted
        bounds = {name: self.earlier(at) for name in SINCE if (at := getattr(wanted, name)) is not None}
        return replace(wanted, **bounds, any_of=tuple(map(self._from_earlier, wanted.any_of)))

    def _parameters(
        self, ask: Ask, wanted: TaskFilter, after: tuple[Any, ...] | None = None, part: tuple[int, int] = (0, 0)
    ) -> tuple[Any, ...]:
        return ask.parameters(self._now, after, self.known_until() if asks_since(wanted) else FOREVER, part)

    @property
    def _is_lateral(self) -> bool:
        return bool(self._connection().dialect.name == "postgresql")

    @property
    def _now(self) -> Moment:
        return self._overlay.group.now

    def _with_timers(self, wanted: TaskFilter, keys: Sequence[Sort] = (), *, is_by_timers: bool = False) -> TaskFilter:
        """The filter, extended by the effects of due timers where they make a difference to the result or its order."""
        wanted = self._lean(self._from_earlier(wanted))
        is_by_timers = is_by_timers or any(key.key in BY_TIMERS for key in keys)
        if not gains_by_timers(wanted) and not is_by_timers:
            lost = lost_by_timers(wanted)
            return replace(wanted, timers="apart", lost=lost) if lost else wanted
        group = self._overlay.group
        if group.has_due is None:
            ask = changed_of(self._connection().dialect, self.tenant)
            group.has_due = bool(self.by_text(ask.text, ask.parameters(group.now)))
        return replace(wanted, timers="both") if group.has_due else wanted

    def _lean(self, wanted: TaskFilter) -> TaskFilter:
        """The filter without conditions on what this tenant has none of.

        PostgreSQL prepares each part of a statement before it begins, whether or not it comes to it: what a user may
        see where something is private took three times as long as the page itself. Only a reader can ask, since its
        transaction sees one moment, or a command that holds its rule against each task again once it has locked it;
        and of readers one for quick lists, whose plans don't depend on guesses of rows.
        """
        if not self._is_lateral:
            return wanted
        group = self._overlay.group
        if (group.is_quick or group.picks) and asks_links(wanted):
            if group.lacking is None:
                ask = lacking_of(self._connection().dialect, self.tenant)
                [(has_private, has_due, has_deleted)] = self.by_text(ask.text, ask.parameters(group.now))
                has = {"private": has_private, "changes": has_due, "deletions": has_deleted}
                group.lacking = frozenset(name for name, is_there in has.items() if not is_there)
                group.has_due = bool(has_due)
            wanted = replace(wanted, lacking=group.lacking)
        return replace(wanted, lateral=True)

    def _without_due(self, wanted: TaskFilter) -> TaskFilter:
        lost = lost_by_timers(wanted)
        return self._lean(replace(wanted, timers="apart" if lost else "fired", lost=lost))

    def _looked(self, wanted: TaskFilter, keys: tuple[Sort, ...] = ()) -> TaskFilter:
        """The filter with the way to a page in this order, or to a count without one."""
        look = task_looks.look_of(self._connection().dialect, self.tenant, wanted, keys)
        if look is None:
            return wanted
        counted: dict[str, int] = {}
        if look.ask is not None:
            [counts] = self.by_text(look.ask.text, self._parameters(look.ask, wanted))
            counted = dict(zip(look.names, map(int, counts), strict=True))
        way = task_looks.chosen(wanted, keys, counted)
        if len(way.words) > (0 if way.few is False else 1):
            way = replace(way, spelled=tuple(map(self._spelled, way.words)))
        return way

    def _spelled(self, beginning: str) -> tuple[str, ...]:
        ask = task_looks.spelling_of(self._connection().dialect, self.tenant, beginning[:LONGEST])
        return task_looks.padded([word for (word,) in self.by_text(ask.text, ask.parameters(self._now))])

    def sort_values(self, task: Task, sorts: Sequence[Sort]) -> tuple[Any, ...]:
        """The sort values and the number of a task, for the cursor behind it."""
        if all(sort.key in OF_THE_TASK for sort in sorts):
            return (*(OF_THE_TASK[sort.key](task) for sort in sorts), task.number)
        row = self.by_condition(
            sa.select(*(SORTS[sort.key] for sort in sorts), T.number).where(
                T.tenant == self.tenant, T.number == task.number
            )
        ).one()
        return tuple(row)

    def of_case(self, case: int, lock: Lock = Lock.NONE, *, limit: int | None = None) -> list[Task]:
        """The tasks of a case, by number."""
        return self._where(T.case == case, lock, limit)

    def of_category(self, category: int, lock: Lock = Lock.NONE, *, limit: int | None = None) -> list[Task]:
        """The tasks of a category, by number."""
        return self._where(T.category == category, lock, limit)

    def children(self, parent: int, lock: Lock = Lock.NONE) -> list[Task]:
        """The parts of a task, but not theirs, by number."""
        return self._where(T.parent == parent, lock, None)

    def parts(self, wholes: Sequence[int], *, only_open: bool = False) -> list[int]:
        """Numbers of all parts of tasks at any depth, a part behind what it is a part of; with `only_open` those that
        are open and not below what stays when their whole ends: a batch's task, an ended part."""
        listed = T.parent.in_(list(wholes)) if len(wholes) > 1 else T.parent == wholes[0]
        parts = _parts(self.tenant, only_open=only_open)
        top = parts.where(listed).with_only_columns(T.number, sa.literal(1).label("level"))
        below = top.cte("below", recursive=True)
        # Rings can't be: what is made a part of its own part is refused.
        under = step(below, "number", parts, "parent", lateral=self._is_lateral)
        deeper = sa.select(under.found.c.number, below.c.level + 1).select_from(under.source)
        found = below.union_all(deeper.where(under.condition))
        level = sa.func.max(found.c.level)
        statement = sa.select(found.c.number).group_by(found.c.number).order_by(level, found.c.number)
        return [int(row[0]) for row in self.by_condition(statement)]

    def top_uids(self, parts: Sequence[int]) -> dict[int, str]:
        """For each of these tasks the uid of the top of its hierarchy, at any depth."""
        return top_uids(self._connection(), self.tenant, parts)

    def load_above(self, part: int, lock: Lock) -> None:
        """Load a task and all that it is a part of, at any depth, for an exclusive command: in two statements."""
        self.load(numbers_above(self._connection(), self.tenant, part), lock)

    def have_no_parts(self, numbers: Sequence[int]) -> bool:
        """Whether all of these are known to have no parts, from when they were loaded."""
        return self._overlay.group.without_parts.issuperset(numbers)

    def ask_for_parts(self, numbers: Sequence[int]) -> None:
        """Note which of these have no parts, for `have_no_parts`."""
        statement = sa.select(T.parent).where(T.tenant == self.tenant, T.parent.in_(list(numbers)))
        having = {int(row[0]) for row in self.by_condition(statement.distinct())}
        self._overlay.group.without_parts.update(set(numbers) - having)

    def has_part(self, number: int) -> None:
        """Note that this one has a part now."""
        self._overlay.group.without_parts.discard(number)

    def naming(self, holder: str, *, limit: int) -> list[int]:
        """The numbers of tasks with a work item of this holder, the lowest first. The command must be exclusive."""
        item = tables.work_item.c
        named = sa.select(item.task).where(item.tenant == self.tenant, item.holder == holder)
        statement = sa.select(T.number).where(T.tenant == self.tenant, T.number.in_(named), T.removed_at.is_(None))
        return [int(row[0]) for row in self.by_condition(statement.order_by(T.number).limit(limit))]

    def counted_by(self, column: str, values: Sequence[str], visible_to: Principal) -> dict[str, tuple[int, int]]:
        """For each value that some tasks have in a column: how many the principal may see, and their lowest number."""
        named = T[column]
        wanted = list(values) if isinstance(named.type, sa.Text) else [int(value) for value in values]
        statement = (
            sa.select(named, sa.func.count(), sa.func.min(T.number))
            .where(
                *all_conditions(self.tenant, TaskFilter(visible_to=visible_to, lateral=self._is_lateral)),
                T.removed_at.is_(None),
                named.in_(wanted),
            )
            .params(now=self._now)
        )
        found = self.by_condition(statement.group_by(named))
        return {str(value): (int(count), int(number)) for value, count, number in found}

    def late_contacts(self, contacts: Sequence[int], at: Moment) -> set[int]:
        """Those of the contacts that have an open task whose due time is past."""
        statement = (
            sa.select(T.contact)
            .where(
                T.tenant == self.tenant,
                T.contact.in_(contacts),
                T.state.not_in(sorted(ENDED)),
                T.due_at < at,
                T.removed_at.is_(None),
                T.number.not_in(task_timers.changed(self.tenant, task_timers.EXPIRED, lateral=self._is_lateral)),
                T.number.not_in(task_timers.deleted(self.tenant, lateral=self._is_lateral)),
            )
            .params(now=at)
        )
        return {int(row[0]) for row in self.by_condition(statement.distinct())}

    def nearest(self, contacts: Sequence[int], visible_to: Principal) -> list[Task]:
        """For each of the contacts the open task with the earliest due time, the lower number first, one without a due
        time last. One statement finds them."""
        wanted = self._with_timers(plainly(TaskFilter(is_open=True, visible_to=visible_to)))
        order = (tables.due_or_last, T.number)
        place = sa.func.row_number().over(partition_by=T.contact, order_by=order).label("place")
        conditions = (*all_conditions(self.tenant, wanted), T.removed_at.is_(None), T.contact.in_(contacts))
        found = sa.select(T.number, place).where(*conditions).subquery()
        statement = sa.select(found.c.number).where(found.c.place == 1).order_by(found.c.number)
        return self.numbered(statement.params(now=self._now))

    def _where(self, condition: sa.ColumnElement[bool], lock: Lock, limit: int | None) -> list[Task]:
        statement = sa.select(T.number).where(T.tenant == self.tenant, condition, T.removed_at.is_(None))
        return self.numbered(statement.order_by(T.number).limit(limit), lock)


def _parts(tenant: int, *, only_open: bool) -> "sa.Select[tuple[int, int | None]]":
    conditions = [T.tenant == tenant, T.parent.is_not(None), T.removed_at.is_(None)]
    if only_open:
        conditions += [is_open_part(tables.task), for_people(tables.task)]
    return sa.select(T.number, T.parent).where(*conditions)


def _keys(sorts: Sequence[Sort]) -> tuple[Sort, ...]:
    return _until_number([*sorts, Sort("number", descending=sorts[-1].descending if sorts else False)])


def _until_number(sorts: Sequence[Sort]) -> tuple[Sort, ...]:
    """The keys that decide: no two tasks have the same number."""
    place = next(index for index, sort in enumerate(sorts) if sort.key == "number")
    return tuple(sorts[: place + 1])
