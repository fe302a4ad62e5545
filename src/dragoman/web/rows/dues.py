"""How a due time is shown: late and soon ones stand out, and late ones say by how much."""

from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.task import Task
from dragoman.web.words import Words

LATE = "late"
SOON_SECONDS = 12 * 3_600
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def urgency(task: Task, now: Moment) -> str:
    """`late`, `soon`, or nothing; what has ended is neither."""
    if task.due_at is None or not task.is_open:
        return ""
    left = (task.due_at - now) // TICKS_PER_SECOND
    return LATE if task.due_at < now else "soon" if left < SOON_SECONDS else ""


def late_text(said: Words, task: Task, now: Moment) -> str:
    """By how much it is late, in words."""
    seconds = (now - (task.due_at or now)) // TICKS_PER_SECOND
    if seconds < HOUR:
        amount = f"{max(1, seconds // MINUTE)} min"
    elif seconds < 2 * DAY:
        amount = f"{seconds // HOUR} h"
    else:
        amount = f"{seconds // DAY} d"
    return said.gettext("%(amount)s late", amount=amount)
