"""The task that an address names: by number, or by UUID."""

from dragoman.command import Ref
from dragoman.domain.errors import NotFound
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.usecases.tasks.whole import Look, Whole, look
from dragoman.web.visit import Visit
from dragoman.web.words import N_

UNKNOWN = N_("No task has this number.")


def address(number: int) -> str:
    """The page of a task."""
    return f"/ui/tasks/{number}"


def named(visit: Visit) -> Ref:
    """The number or UUID in the address. NotFound for anything else."""
    text = visit.path["n"]
    if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= LARGEST_NUMBER:
        return int(text)
    uid = uuid_of(text)
    if uid is None:
        raise unknown()
    return uid


def unknown() -> NotFound:
    """The error for a task that isn't there, and for one that the reader may not see."""
    return NotFound("task_not_found", UNKNOWN)


async def whole(visit: Visit, before: int | None = None, *, is_beside: bool = False) -> Whole:
    """The task with all that its page shows, or the side of a list. NotFound in the same words for every task that the
    reader can't see."""
    try:
        return await visit.read(look, Look(named(visit), before, is_beside))
    except NotFound:
        raise unknown() from None
