"""Tasks for batches: changed, made and deleted in bulk by the documents of our own API."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from dragoman.dialects.native.handlers import tasks as handlers
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.tasks import NewTask, TaskPatch
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Expected
from dragoman.usecases.batches import task_resources
from dragoman.usecases.batches.resource_types import Create, Patch, ResourceType
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.uow import UnitOfWork


class BulkPatch(TaskPatch, frozen=True, forbid_unknown_fields=True):
    """A patch of a task that may also end it, or take it up again."""

    state: Annotated[task_resources.Ending, Meta(description="Done by the verb that leads there.")] | UnsetType = UNSET


READ_ONLY = handlers.READ_ONLY - {"state"}


def patch(uow: UnitOfWork, text: bytes) -> Patch:
    """What applies a patch."""
    document = reading.document(text, BulkPatch, read_only=READ_ONLY)
    state = None if isinstance(document.state, UnsetType) else document.state
    return task_resources.changing(uow, handlers.change(0, document), state)


def create(uow: UnitOfWork, texts: Sequence[bytes]) -> Create:
    """What makes one of these."""
    commands = {text: _command(uow, text) for text in texts}

    def apply(part: UnitOfWork, text: bytes) -> None:
        command = commands[text]
        if isinstance(command, Expected):
            raise command.with_traceback(None)
        task_edits.create(part, command)

    return apply


def _command(uow: UnitOfWork, text: bytes) -> task_edits.Create | Expected:
    try:
        new: NewTask = reading.document(text, NewTask, read_only=handlers.READ_ONLY)
        return task_resources.known_assignee(uow, handlers.creation(new))
    except Expected as refused:
        return refused


def _scopes(narrow: str) -> frozenset[str]:
    return frozenset({narrow, "task.manage", "task.write"})


TASK = ResourceType(
    name="task",
    methods=frozenset(Method),
    keys=task_resources.KEYS,
    natural_key="id",
    scopes={
        Method.POST: _scopes("task.create"),
        Method.PATCH: _scopes("task.update"),
        Method.DELETE: _scopes("task.delete"),
    },
    find=task_resources.find,
    create=create,
    patch=patch,
    remove=task_resources.remove,
)
