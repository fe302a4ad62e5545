"""The history of a task as people read it: who changed what, through which dialect, from what to what."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from dragoman.domain import json_numbers
from dragoman.domain.clock import Moment
from dragoman.usecases.events.history import HistoryRow
from dragoman.usecases.tasks.whole import Whole
from dragoman.web.drawing import STATE_WORDS
from dragoman.web.icons import STATES
from dragoman.web.moments import Written
from dragoman.web.views.tasks.labels import FOLLOWS, TASK_LABELS
from dragoman.web.visit import Visit

LONG = 60
"""Characters from which on two texts are compared word by word."""
WORDS = 400
"""A comparison of more words takes too long."""
SHOWN = 2_000
USERS = frozenset({"assignee", "creator", "starter"})


class Piece(NamedTuple):
    """A part of a text: `same`, `del` or `ins`."""

    kind: str
    text: str


class Diff(NamedTuple):
    """What became of one field. `pieces` are those of a long text, else there is only what was and what is."""

    name: str
    label: str
    old: str | None
    new: str | None
    pieces: tuple[Piece, ...] = ()


class Step(NamedTuple):
    """A row of history."""

    revision: int
    who: str
    dialect: str
    operation: str
    at: Written
    icon: str
    diffs: list[Diff]
    cause: int | None
    request: str | None
    hash: str
    sealed: str  # when its digest was made
    is_cut: bool
    is_undoable: bool


def steps(visit: Visit, whole: Whole) -> list[Step]:
    """The rows of the page, newest first."""
    return [_step(visit, whole, row) for row in whole.history]


def _step(visit: Visit, whole: Whole, row: HistoryRow) -> Step:
    changes = json_numbers.decode(row.changes.encode()) if row.changes else {}
    diffs = [each for name, values in changes.items() for each in _diffs(visit, whole, name, *values)]
    return Step(
        row.revision,
        whole.name("user", row.actor) or row.principal,
        row.dialect,
        row.operation,
        visit.moments.of(row.at),
        _icon(changes),
        diffs,
        row.cause,
        row.request,
        row.hash,
        _sealed(visit, whole.sealed_at(row.revision)),
        not row.changes,
        bool(diffs) and not whole.task.stands_for_batch and "created_at" not in changes and "deleted" not in changes,
    )


def _sealed(visit: Visit, at: Moment | None) -> str:
    """The hour of a digest: its time, with the day unless that is today."""
    if at is None:
        return ""
    is_today = visit.moments.day(at) == visit.moments.day(visit.request.received_at)
    return visit.moments.time(at) if is_today else visit.moments.of(at).short


def _icon(changes: dict[str, Any]) -> str:
    """The drawing of what became of the task: the state that it came into, else a pen."""
    if "created_at" in changes:
        return "plus"
    state = changes.get("state", (None, None))[1]
    return state if state in STATES else "pen"


def _diffs(visit: Visit, whole: Whole, name: str, old: Any, new: Any) -> Iterator[Diff]:
    if name in FOLLOWS:
        return
    group, dot, rest = name.partition(".")
    if dot:
        yield from _inside(rest, old, new) if group == "extensions" else [_diff(name, rest, _text(old), _text(new))]
        return
    was, is_ = _value(visit, whole, name, old), _value(visit, whole, name, new)
    if was is not None or is_ is not None:
        yield _diff(name, visit.gettext(TASK_LABELS.get(name, name)), was, is_)


def _inside(name: str, old: Any, new: Any) -> Iterator[Diff]:
    """A record by its members; all else as a whole."""
    if not (isinstance(old, dict) or isinstance(new, dict)) or not isinstance(old or {}, dict):
        yield _diff(f"extensions.{name}", name, _text(old), _text(new))
        return
    before, after = old or {}, (new if isinstance(new, dict) else {})
    for member in {**before, **after}:
        was, is_ = before.get(member), after.get(member)
        if was != is_ or (member in before) is not (member in after):
            yield _diff(f"extensions.{name}.{member}", f"{name}.{member}", _text(was), _text(is_))


def _diff(name: str, label: str, old: str | None, new: str | None) -> Diff:
    if old and new and max(len(old), len(new)) >= LONG:
        pieces = tuple(_pieces(old, new))
        if pieces:
            return Diff(name, label, None, None, pieces)
    return Diff(name, label, _cut(old), _cut(new))


def _pieces(old: str, new: str) -> Iterator[Piece]:
    """What stays, goes and comes, word by word; nothing for texts that are too long, or have nothing in common."""
    before, after = old.split(" "), new.split(" ")
    if max(len(before), len(after)) > WORDS:
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.3:
        return
    for kind, from_, to, from_new, to_new in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("same", " ".join(before[from_:to]))
            continue
        if to > from_:
            yield Piece("del", " ".join(before[from_:to]))
        if to_new > from_new:
            yield Piece("ins", " ".join(after[from_new:to_new]))


def _value(visit: Visit, whole: Whole, name: str, value: Any) -> str | None:
    if value is None or value == "" or (name == "case" and value == whole.inbox):
        return None
    if name in USERS:
        return whole.name("user", value) or str(value)
    if name == "category":
        return whole.name("category", value) or str(value)
    if name == "state":
        return visit.gettext(STATE_WORDS.get(value, value))
    if isinstance(value, bool):
        return visit.gettext("yes") if value else visit.gettext("no")
    if name.endswith("_at") and isinstance(value, int):
        return visit.moments.of(Moment(value)).short
    return _text(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json_numbers.encode(value).decode()


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= SHOWN else f"{text[:SHOWN]}…"
