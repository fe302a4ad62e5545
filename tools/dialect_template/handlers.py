"""From requests to commands, and what acme asks of the present state."""

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys
from dragoman.dialects.acme import wire
from dragoman.dialects.kit import Request
from dragoman.domain.access import Permission
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


class Show(msgspec.Struct, frozen=True):
    """One task, by its number."""

    number: int

    def keys(self) -> Keys:
        """The task, and the contact that may hide it."""
        return Keys(tasks=[self.number], owners=tasks.SEEN_OWNERS)


class Replace(msgspec.Struct, frozen=True):
    """All of a task that acme sets."""

    number: int
    fields: wire.Fields

    def keys(self) -> Keys:
        """The task, and the contact that may hide it."""
        return Keys(tasks=[self.number], owners=tasks.SEEN_OWNERS)


def parse_show(request: Request) -> Show:
    """NotFound for an id that can't be one of ours."""
    return Show(wire.parse_id(request.path["id"]))


def parse_replace(request: Request) -> Replace:
    """NotFound for an id that can't be one of ours, Invalid with every fault of the body."""
    return Replace(wire.parse_id(request.path["id"]), wire.parse_fields(request.json()))


def show(uow: UnitOfWork, command: Show) -> Task:
    """The task as it is."""
    return tasks.get(uow, command.number)


def replace_task(uow: UnitOfWork, command: Replace) -> Task:
    """Change what acme speaks of and nothing else. A value that equals the one it shows is no change."""
    task = tasks.get(uow, command.number, Permission.EDIT)
    if command.fields == wire.shown_fields(task):
        return task
    fields = command.fields
    changed = replace(task, title=fields.title)
    if fields.due_at != wire.shown_fields(task).due_at:
        changed = replace(changed, due_at=fields.due_at, due_local=None, due_zone=None)
    changed = changed.with_extra("acme", {} if fields.color is None else {"color": fields.color})
    return tasks.save(uow, task, changed)
