"""The two moments of a task that imports set (page, 9.5)."""

from typing import Literal

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.access import Permission
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

Field = Literal["created_at", "modified_at"]


class SetMoment(msgspec.Struct, frozen=True):
    """When a task was created or last changed, as an import knows it."""

    number: int
    field: Field
    date: Date | None
    parameter: str

    def keys(self) -> Keys:
        return Keys(tasks={self.number}, owners=tasks.SEEN_OWNERS)


def parse_creation_date(request: Request) -> SetMoment:
    """PUT crm/task/{taskid}/creationdate."""
    return _parse_moment(request, "created_at", "creationDate")


def parse_modification_date(request: Request) -> SetMoment:
    """PUT crm/task/{taskid}/lastmodifeddate, spelt as the vendor does."""
    return _parse_moment(request, "modified_at", "lastModifedDate")


def _parse_moment(request: Request, field: Field, parameter: str) -> SetMoment:
    parameters = gather(request)
    return SetMoment(parameters.integer("taskid"), field, parameters.date(parameter), parameter)


def set_moment(uow: UnitOfWork, command: SetMoment) -> None:
    """Set it. NotFound for a user who may not see the task (page, 6.1)."""
    task = tasks.find_visible(uow, command.number, Lock.CHANGE)
    if task is None:
        raise not_found()
    tasks.require(uow, task, Permission.EDIT)
    if command.date is None:
        raise bad_argument(command.parameter, "required")
    tasks.set_moment(uow, task, command.field, command.date.at(zone_of(uow.home.zone)))
