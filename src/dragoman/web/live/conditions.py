"""The conditions of the list that a page shows."""

from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound
from dragoman.usecases.tasks.lists import TaskFilter

NOBODY = "0"


def conditions(name: str, principal: Principal, now: Moment) -> TaskFilter:
    """Those of the list itself. NotFound for an unknown one; those of no list hold for every task."""
    user = principal.user or NOBODY
    lists = {
        "": TaskFilter(),
        "mine": TaskFilter(is_open=True, assignee=user),
        "available": TaskFilter(is_open=True, unassigned=True, claimable_by=principal),
        "all": TaskFilter(is_open=True),
        "review": TaskFilter(is_open=True, kind="batch", claimable_by=principal),
        "overdue": TaskFilter(is_open=True, due_to=now),
        "done": TaskFilter(is_open=False, assignee=user),
    }
    if name not in lists:
        raise NotFound("unknown_list", "There is no such list.")
    return lists[name]
