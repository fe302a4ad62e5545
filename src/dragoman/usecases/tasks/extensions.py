"""One extension of a task: read, replaced, removed."""

import msgspec

from dragoman.command import Keys, Lock, Ref
from dragoman.domain.access import Permission
from dragoman.domain.extension import Extension, Owner
from dragoman.domain.task import Task
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import preconditions
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

Found = tuple[Task, Extension]


class Get(msgspec.Struct, frozen=True):
    """One extension, by name without regard to case."""

    task: Ref
    name: str

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Found:
    """The task and the value. NotFound for a missing task or extension."""
    task = tasks.get(uow, command.task, Permission.SEE)
    return task, extensions.get_extension(task, command.name)


class Put(msgspec.Struct, frozen=True):
    """Set an extension to a value (JSON text), replacing any former value.

    With `must_be_new`, or while the task is at one of the revisions `unless_at`, there must be no former one; with
    `must_exist` there must be one.
    """

    task: Ref
    name: str
    text: str
    revisions: Revisions | None = None
    must_be_new: bool = False
    unless_at: Revisions = frozenset()
    must_exist: bool = False

    def keys(self) -> Keys:
        named = Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)
        return extensions.announce(named, Owner.TASK, [self.name])


def put(uow: UnitOfWork, command: Put) -> Found:
    """The task and the stored value, with the schema's defaults filled in."""
    task = tasks.get(uow, command.task, Permission.EDIT)
    preconditions.check(uow, "task", task, command.revisions, frozenset({f"extensions.{command.name}"}))
    if command.must_be_new or task.revision in command.unless_at:
        preconditions.check_absent(task, extensions.has_extension(task, command.name))
    if command.must_exist:
        preconditions.check_present(task, extensions.has_extension(task, command.name))
    saved = tasks.save(uow, task, extensions.set_extension(uow, task, command.name, command.text))
    return saved, extensions.get_extension(saved, command.name)


class Remove(msgspec.Struct, frozen=True):
    """Remove an extension."""

    task: Ref
    name: str
    revisions: Revisions | None = None

    def keys(self) -> Keys:
        return Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)


def remove(uow: UnitOfWork, command: Remove) -> Task:
    """The task without the extension. NotFound when it has none of this name."""
    task = tasks.get(uow, command.task, Permission.EDIT)
    preconditions.check(uow, "task", task, command.revisions, frozenset({f"extensions.{command.name}"}))
    return tasks.save(uow, task, extensions.remove_extension(task, command.name))
