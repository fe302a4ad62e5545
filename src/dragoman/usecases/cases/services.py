"""Services in the order of their start: read page by page, and deleted in portions."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import may_edit_case
from dragoman.domain.case import Case
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.store.repositories.cases import Place, ServiceFilter
from dragoman.usecases import purge
from dragoman.usecases.uow import UnitOfWork

__all__ = ["Clear", "Page", "Place", "ServiceFilter", "clear", "page"]

PAGE = 50
ROWS = 500
"""Rows that a portion deletes, of one service at least."""


class Page(msgspec.Struct, frozen=True):
    """One page of services, from the one behind `after`."""

    wanted: ServiceFilter
    after: Place | None = None
    limit: int = PAGE

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def page(uow: UnitOfWork, command: Page) -> tuple[list[Case], Place | None]:
    """The services that the principal may see, and where the next page begins; None on the last one."""
    wanted = msgspec.structs.replace(command.wanted, visible_to=uow.principal)
    return uow.cases.services(wanted, limit=command.limit, after=command.after)


class Clear(msgspec.Struct, frozen=True):
    """Delete services with all that they hold. `is_open`: only those that are open now, or only those that are not."""

    wanted: ServiceFilter
    is_open: bool | None = None
    after: Place | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def clear(uow: UnitOfWork, command: Clear) -> Place | None:
    """Delete a portion; where the next one begins, None when there are none left.

    A service that holds the task of a batch stays until that is gone. Forbidden for one that the principal may not
    change: nothing of this portion is deleted then.
    """
    found, last = uow.cases.services(command.wanted, limit=PAGE, after=command.after)
    left = ROWS
    for place, case in enumerate(found):
        if command.is_open is not None and command.is_open is not (case.completed_at is None):
            continue
        if not may_edit_case(uow.principal, case):
            raise Forbidden("forbidden", f"{uow.principal.login} may not delete the case {case.number}.")
        left -= _remove(uow, case)
        if left <= 0 and place + 1 < len(found):
            return case.started_at, case.number
    return last


def _remove(uow: UnitOfWork, case: Case) -> int:
    try:
        return purge.remove_case(uow, case)
    except Conflict:  # before any change
        return 0
