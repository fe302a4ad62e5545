"""The three lengths of time of a task beside the moments that follow from them (page, 3, 6 and 17).

A length is shown as it was sent for as long as the moment still follows from it; where a user set a moment of his
own, here or in another dialect, it is `DURATION_NOT_USED`; where the moment was removed, nothing is shown.
"""

from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.task import Task


def until_due(task: Task) -> str | None:
    """`durationUntilDue`."""
    return _shown(task.timing.get(timing.DUE), task.due_at, beginning(task))


def until_expires(task: Task) -> str | None:
    """`durationUntilExpires`."""
    return _shown(task.timing.get(timing.EXPIRES), task.expires_at, beginning(task))


def until_deleted(task: Task) -> str | None:
    """`durationUntilDeleted`."""
    since = None if timing.KEPT in task.timing else task.completed_at
    return _shown(
        task.timing.get(timing.DELETED), task.delete_at, since if task.delete_at is None else task.completed_at
    )


def beginning(task: Task) -> Moment | None:
    """When the lengths until due and expired begin; None for a task that was not started yet."""
    return task.first_activated_at


def _shown(sent: str | None, moment: Moment | None, since: Moment | None) -> str | None:
    if moment is None:
        return sent if since is None or sent in timing.CONSTANTS else None
    return sent if sent is not None and since is not None and _reaches(since, sent, moment) else timing.NOT_USED


def _reaches(since: Moment, sent: str, moment: Moment) -> bool:
    try:
        return timing.after(since, sent) == moment
    except Invalid:  # it began so late that it would lead beyond the year 9999: the moment was set
        return False
