"""Rows of a list, drawn fast: a template draws each shape of a row once, with marks where values go.

A page has fifty rows of few shapes. What a template may branch on is in the shape and nothing else; what differs from
row to row are texts, which are escaped and put in place of the marks. A row that was drawn is kept for later pages
(`web.rows.kept`).
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape  # half the time of markupsafe's for short texts
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from dragoman.domain.clock import Moment
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.tasks.rows import Row
from dragoman.web import verbs
from dragoman.web.dialects import DIALECTS
from dragoman.web.moments import Moments
from dragoman.web.patterns import Marks, pattern
from dragoman.web.rows.columns import Column, extension_text
from dragoman.web.rows.dues import LATE, late_text, urgency, urgent_until
from dragoman.web.rows.kept import KEPT, Kept
from dragoman.web.verbs import Act
from dragoman.web.words import N_, Words

LEVELS = (1, 4, 7)
"""The priorities from which one, two and three bars are filled."""
TABLES_KEPT, SHAPES_KEPT = 20, 500
"""Languages with choices of columns, and shapes of each; a shape takes some 3 kB."""
LOOKS_KEPT = 500
SEPARATOR = "\x00"
LABEL = N_("Task %(number)s")
NO_COLUMNS = ("due_zone", "reason", "asks_for")
OPTIONAL = ("priority", "dialect", "due", "ended", "parent", *NO_COLUMNS)
"""Values that a row may not have."""


class Shape(NamedTuple):
    """All that decides which elements a row has. `filled`: the names of those values that may be missing."""

    state: State
    is_suspended: bool
    is_read: bool
    verbs: frozenset[Verb]  # that are possible
    may_edit: bool
    urgency: str
    level: int  # how many bars its priority fills
    filled: tuple[str, ...]
    is_gone: bool
    is_current: bool
    is_chosen: bool

    @property
    def menu(self) -> Sequence[Act]:
        """The acts in its menu."""
        return verbs.in_menus(self.verbs)

    @property
    def acts(self) -> str:
        """The names of the acts that go for it when it is selected."""
        return verbs.of_selection(self.menu, may_edit=self.may_edit)


TEXTS: dict[str, Callable[[Row], str]] = {
    "priority": lambda row: "" if row.task.priority is None else str(row.task.priority),
    "dialect": lambda row: DIALECTS.get(row.task.made_through or "", row.task.made_through or ""),
    "category": lambda row: row.category or "",
    "assignee": lambda row: row.assignee or "",
    "type": lambda row: row.task.type or "",
    "creator": lambda row: row.creator or "",
    "outcome": lambda row: ", ".join(each for each in (row.task.outcome_code, row.task.outcome_text) if each),
    "stage": lambda row: str(row.task.stage or ""),
    "parent": lambda row: str(row.task.parent or ""),
}
"""Column -> its text."""
MOMENTS = {"due": "due_at", "changed": "modified_at", "created": "created_at", "ended": "completed_at"}
"""Column -> the moment that it shows."""

Draw = Callable[[Sequence[Column], Shape, Mapping[str, str]], str]
"""Draws a row of a shape with these columns and values."""


@lru_cache(TABLES_KEPT)
def _patterns(draw: Draw, columns: Sequence[Column]) -> Callable[[Shape], str]:
    """Shape -> its row, to be formatted with values."""
    return lru_cache(SHAPES_KEPT)(lambda shape: pattern(draw(columns, shape, Marks())))


@lru_cache(LOOKS_KEPT)
def _look(draw: Draw, columns: Sequence[Column], zone: str, from_list: str) -> object:
    """Stands for these, in the keys of rows that are kept."""
    return object()


class Drawer:
    """Draws the rows of one page."""

    def __init__(
        self,
        draw: Draw,
        said: Words,
        moments: Moments,
        now: Moment,
        columns: Sequence[Column],
        *,
        from_list: str = "",
        current: int | None = None,
        chosen: frozenset[int] = frozenset(),
        reasons: Mapping[int, str] | None = None,
        asks_for: str | None = None,
    ) -> None:
        self._pattern = _patterns(draw, tuple(columns))
        self._look = _look(draw, tuple(columns), moments.zone, from_list)
        self._words = said
        self._moments = moments
        self._now = now
        self._texts = [(each.name, TEXTS[each.name]) for each in columns if each.name in TEXTS]
        self._times = [(each.name, MOMENTS[each.name]) for each in columns if each.name in MOMENTS]
        self._optional = [name for name in OPTIONAL if name in {each.name for each in columns} or name in NO_COLUMNS]
        self._extensions = [(f"c{place}", each.name) for place, each in enumerate(columns) if each.is_of_extension]
        self._from_list = from_list
        self._current = current
        self._chosen = chosen
        self._reasons = reasons or {}
        self._asks_for = asks_for

    def all(self, rows: Iterable[Row]) -> Markup:
        """Rows that belong to the list."""
        return Markup("".join([self._found(row) for row in rows]))  # noqa: S704 - each is drawn from escaped values

    def one(self, row: Row, *, is_gone: bool = False) -> Markup:
        """One row. `is_gone`: it no longer belongs to the list."""
        return Markup(self._drawn(row, is_gone=is_gone))  # noqa: S704 - it is drawn from escaped values

    def _found(self, row: Row) -> str:
        """The row as it was drawn before, else as it is drawn now."""
        task = row.task
        number = task.number
        if self._extensions or number == self._current or number in self._chosen or number in self._reasons:
            return self._drawn(row)
        names = row.category, row.case, row.contact, row.assignee, row.creator
        key = self._look, task.tenant, number, names, row.verbs, row.may_edit
        text = KEPT.find(key, task, self._now)
        if text is None:
            text = self._drawn(row)
            KEPT.keep(key, Kept(task, self._now, self._right_until(task), text))
        return text

    def _right_until(self, task: Task) -> Moment:
        """Until when all times of the task are written as now."""
        ends = [
            self._moments_of(task, name).near_until(moment)
            for name, field in self._times
            if (moment := getattr(task, field)) is not None
        ]
        return min([urgent_until(task, self._now), *ends])

    def _moments_of(self, task: Task, column: str) -> Moments:
        """A due time is written in the zone in which it was chosen."""
        return self._moments.elsewhere(task.due_zone) if column == "due" else self._moments

    def _drawn(self, row: Row, *, is_gone: bool = False) -> str:
        task = row.task
        how_urgent = urgency(task, self._now)
        values = self._values(row, how_urgent)
        shape = Shape(
            task.state,
            task.suspended,
            task.read,
            row.verbs,
            row.may_edit,
            how_urgent,
            0 if task.priority is None else bars(task.priority),
            tuple([name for name in self._optional if values.get(name)]),
            is_gone,
            task.number == self._current,
            task.number in self._chosen,
        )
        return self._pattern(shape) % values

    def _values(self, row: Row, how_urgent: str) -> dict[str, str]:
        task, number = row.task, str(row.task.number)
        values = {
            "number": number,
            "revision": str(task.revision),
            "from_list": self._from_list,
            "label": task.label or self._words.gettext(LABEL, number=number),
            "context": " · ".join([each for each in (row.case, row.contact) if each]),
        }
        for name, text_of in self._texts:
            values[name] = text_of(row)
        for name, field in self._times:
            if (moment := getattr(task, field)) is not None:
                moments = self._moments_of(task, name)
                written = moments.of(moment)
                values[f"{name}_iso"], values[f"{name}_full"] = written.iso, written.full
                values[name] = written.near
                if moments is not self._moments:
                    values["due_zone"], values["due_zone_name"] = moments.zone_at(moment), moments.zone
        if how_urgent == LATE and "due" in values:
            values["due"] = late_text(self._words, task, self._now)
        for name, column in self._extensions:
            values[name] = extension_text(task, column)
        if reason := self._reasons.get(task.number):
            values["reason"] = reason
            if self._asks_for and task.assignee and Verb.ASSIGN in row.verbs:
                values["asks_for"] = quote(self._asks_for)
        return escaped(values)


def bars(priority: int) -> int:
    """How many bars a priority fills."""
    return bisect(LEVELS, priority)


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """The values, escaped all at once where none of them holds what separates them: a tenth of the time."""
    texts = escape(SEPARATOR.join(values.values())).split(SEPARATOR)
    if len(texts) != len(values):
        texts = [escape(text) for text in values.values()]
    return dict(zip(values, texts, strict=True))
