"""How a due time is shown: late and soon ones stand out, and late ones say by how much."""

from dragoman.domain.clock import FOREVER, TICKS_PER_SECOND, Moment, later
from dragoman.domain.task import Task
from dragoman.web.words import Words

LATE = "late"
SOON_SECONDS = 12 * 3_600
MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = {MINUTE: "min", HOUR: "h", DAY: "d"}


def urgency(task: Task, now: Moment) -> str:
    """`late`, `soon`, or nothing; what has ended is neither."""
    if task.due_at is None or not task.is_open:
        return ""
    left = (task.due_at - now) // TICKS_PER_SECOND
    return LATE if task.due_at < now else "soon" if left < SOON_SECONDS else ""


def urgent_until(task: Task, now: Moment) -> Moment:
    """Until when its urgency, and the words for how late it is, are as now; perhaps they still are then."""
    if task.due_at is None or not task.is_open:
        return FOREVER
    soon = later(task.due_at, seconds=-SOON_SECONDS)
    if now <= task.due_at:
        return soon if now <= soon else task.due_at
    seconds = (now - task.due_at) // TICKS_PER_SECOND
    unit = _unit(seconds)
    return later(task.due_at, seconds=(seconds // unit + 1) * unit)


def _unit(seconds: int) -> int:
    """The seconds of the unit in which a delay is said."""
    return MINUTE if seconds < HOUR else HOUR if seconds < 2 * DAY else DAY


def late_text(said: Words, task: Task, now: Moment) -> str:
    """By how much it is late, in words."""
    seconds = (now - (task.due_at or now)) // TICKS_PER_SECOND
    unit = _unit(seconds)
    amount = f"{max(1, seconds // unit)} {UNITS[unit]}"
    return said.gettext("%(amount)s late", amount=amount)
