"""Commands for the verbs of a task, with their permissions and preconditions."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock, Ref
from dragoman.domain.access import Permission
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.task import Task, Verb
from dragoman.usecases import preconditions
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

NOTE = "note"
"""The member of a change in history that holds what was said about it."""
WRITTEN = frozenset({"state", "assignee", "suspended", "resume_at", "outcome_code", "outcome_text", "deleted"})


class Perform(msgspec.Struct, frozen=True):
    """Apply a verb. `user` (id or login) is the new assignee, `code` and `text` the outcome, `until` ends a
    suspension; a `note` stands in the history of an assignment."""

    task: Ref
    verb: Verb
    user: str | None = None
    code: str | None = None
    text: str | None = None
    until: Moment | None = None
    note: str | None = None
    revisions: Revisions | None = None

    def keys(self) -> Keys | Exclusive:
        if self.user is not None and not persons.is_uid(self.user):
            return EXCLUSIVE  # a login is found by a condition
        return Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)


def perform(uow: UnitOfWork, command: Perform) -> Task:
    """The changed task. A repeated verb changes nothing; Conflict if the state forbids it."""
    task = tasks.get(uow, command.task, tasks.NEEDED[command.verb])
    preconditions.check(uow, "task", task, command.revisions, WRITTEN)
    if command.note:
        uow.remark("task", task.number, {NOTE: [None, command.note]})
    return tasks.perform(
        uow,
        task,
        command.verb,
        user=_whom(uow, command, task),
        code=command.code,
        text=command.text,
        until=command.until,
    )


def _whom(uow: UnitOfWork, command: Perform, task: Task) -> str | None:
    if command.verb is Verb.CLAIM:
        if uow.principal.user is None:
            raise Conflict("nobody_claims", "Only a user can claim a task.")
        return uow.principal.user
    return None if command.user is None else persons.assignable(uow, command.user, task.assignee)


class Get(msgspec.Struct, frozen=True):
    task: Ref

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Task:
    """NotFound for a missing task, Forbidden for one that the principal may not see."""
    return tasks.get(uow, command.task, Permission.SEE)
