"""The details of a task (page, row 1)."""

import msgspec

from dragoman.dialects._kit import Request
from dragoman.dialects.ibm_htm import guard, seen
from dragoman.dialects.ibm_htm.guard import Action
from dragoman.dialects.ibm_htm.seen import Seen
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.usecases.keys import Keys, Lock
from dragoman.usecases.uow import UnitOfWork


class Show(msgspec.Struct, frozen=True):
    """One task, by uid."""

    task: str

    def keys(self) -> Keys:
        return Keys(owners=seen.OWNERS).also("task", [self.task], Lock.NONE)


def parse_show(request: Request) -> Show:
    """A content type says nothing here: clients name one on GET, too (page, 1)."""
    negotiation.check(request, negotiation.JSON)
    return Show(ids.parse_task(request.path["tkiid"]))


def show(uow: UnitOfWork, command: Show) -> Seen:
    """The task, for whoever is something to it."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    return seen.gather(uow, task)
