"""Messages of tasks. Bodies are stored apart; the task holds a head for each."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock, Ref
from dragoman.domain.errors import NotFound
from dragoman.domain.message import Message, Which, head
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

OTHER_RESULT = {Which.OUTPUT: Which.FAULT, Which.FAULT: Which.OUTPUT}
"""The result that each new result replaces: a task ends with an output or a fault."""


def of(uow: UnitOfWork, task: Task, which: Which) -> Message | None:
    """A message of the task, or None. The command names it in `Keys(messages=...)`, unless it is exclusive or reads."""
    return uow.messages.of(task.uid, which) if which in task.messages else None


class Read(msgspec.Struct, frozen=True):
    """One message of a task."""

    task: Ref
    which: Which

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)


def read(uow: UnitOfWork, command: Read) -> tuple[Task, Message]:
    """The task and the message. NotFound for a task that the principal may not see, and where there is no message.
    For readers."""
    task = tasks.get(uow, command.task)
    message = of(uow, task, command.which)
    if message is None:
        raise NotFound("message_not_found", "The task has no such message.")
    return task, message


def put(uow: UnitOfWork, task: Task, which: Which, type_: str, body: str, name: str | None = None) -> Task:
    """Store a message and return the task with its head. An output replaces a fault, and a fault an output.

    The caller saves the task with its other changes; `tasks.save` then deletes the replaced message.
    """
    uow.messages.put(Message(task.tenant, task.uid, which, type_, body))
    heads = {**task.messages, which: head(type_, body, name)}
    other = OTHER_RESULT.get(which)
    if other is not None:
        heads.pop(other, None)
    return replace(task, messages=heads) if heads != task.messages else task


def add_input(uow: UnitOfWork, task: str, type_: str, body: str) -> None:
    """The input message of a task that is being created. Its uid is new, so no stored message has to be loaded."""
    uow.messages.add(Message(uow.tenant, task, Which.INPUT, type_, body))


def load(uow: UnitOfWork, keys: Iterable[tuple[str, str]]) -> None:
    """Load messages for change, with one statement."""
    uow.messages.load(sorted(keys), Lock.CHANGE)
