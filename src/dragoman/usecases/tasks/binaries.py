"""Binary properties of tasks. Their bytes are stored apart; the task holds a head for each."""

from msgspec.structs import replace

from dragoman.domain.binary_property import head, made
from dragoman.domain.task import Task
from dragoman.usecases.uow import UnitOfWork


def value_of(uow: UnitOfWork, task: Task, name: str) -> bytes | None:
    """The bytes; None for a property without a value. The command names it in its keys, unless it is exclusive."""
    known = None if task.binaries[name].sha256 is None else uow.binaries.of(task.uid, name)
    return None if known is None else known.value


def put(uow: UnitOfWork, task: Task, name: str, type_: str, query: str, value: bytes | None) -> Task:
    """Store a value, or that there is none, and return the task with its head; the caller saves the task."""
    if value is None:
        uow.binaries.drop(task.uid, name)
    else:
        uow.binaries.put(made(task.tenant, task.uid, name, value))
    new = head(type_, query, value)
    return task if task.binaries.get(name) == new else replace(task, binaries={**task.binaries, name: new})
