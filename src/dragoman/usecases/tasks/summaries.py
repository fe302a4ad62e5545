"""The figures of the overview: open tasks by state and age, ended ones by day, overdue ones by week.

Administrators get those of all tasks, others those of their own.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.task_query.moments import span
from dragoman.domain.zones import zone as zone_of
from dragoman.usecases.uow import UnitOfWork

AGES = ("today", "today-6d", "today-29d")
"""Since when tasks were made that are of an age; older ones are the last age."""
WEEKS = ("today-6d", "today-13d", "today-20d", "today-27d")
MOST_DAYS = 366


class Look(msgspec.Struct, frozen=True):
    """Sum up the tasks, the ended ones of so many days up to today in a time zone."""

    days: int
    zone: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Summary(msgspec.Struct, frozen=True):
    """The figures of one moment. `open`: state -> count by age; `done`: day and count, oldest first; `overdue`: count
    by week, the latest first."""

    at: Moment
    is_own: bool
    open: dict[str, list[int]]
    done: list[tuple[date, int]]
    overdue: list[int]


def is_own(principal: Principal) -> bool:
    """Whether the overview is of the principal's own tasks alone."""
    return not principal.is_admin


def look(uow: UnitOfWork, command: Look) -> Summary:
    """The figures as they are now. For readers."""
    own = is_own(uow.principal)
    assignee = (uow.principal.user or "") if own else None
    now, zone = uow.now, command.zone
    today = to_datetime(now).astimezone(zone_of(zone)).date()
    days = [today - timedelta(days=back) for back in range(command.days - 1, -1, -1)]
    begins = [_start(day.isoformat(), now, zone) for day in days]
    counts = [0] * command.days
    for at, count in uow.tasks.ended_by_piece(assignee, begins[0]):
        counts[max(bisect_right(begins, at) - 1, 0)] += count
    by_age: dict[str, list[int]] = {}
    for state, age, count in uow.tasks.open_by_state_and_age(assignee, _starts(AGES, now, zone)):
        by_age.setdefault(state, [0] * (len(AGES) + 1))[age] = count
    weeks = uow.tasks.overdue_by_week(assignee, now, _starts(WEEKS, now, zone))
    overdue = [weeks.get(week, 0) for week in range(len(WEEKS) + 1)]
    return Summary(now, own, by_age, list(zip(days, counts, strict=True)), overdue)


def _starts(texts: Sequence[str], now: Moment, zone: str) -> list[Moment]:
    return [_start(text, now, zone) for text in texts]


def _start(text: str, now: Moment, zone: str) -> Moment:
    found = span(text, now, zone)
    if found is None:
        raise ValueError(text)
    return found.start
