"""Acts of people on one task: a verb, a change or the deletion, and what came of it in a form that can be stored."""

import msgspec

from dragoman.command import Exclusive, Keys
from dragoman.usecases.tasks import edits, putting_back, restoring, verbs
from dragoman.usecases.uow import UnitOfWork


class Act(msgspec.Struct, frozen=True):
    """One of these commands."""

    command: verbs.Perform | edits.Change | edits.Remove | putting_back.PutBack | restoring.Restore

    def keys(self) -> Keys | Exclusive:
        return self.command.keys()


class Acted(msgspec.Struct, frozen=True):
    """What an act came to: the task, and its revision afterwards. One that changed nothing made no revision.

    `since` are the fields that others changed after the revision that the person had seen.
    """

    number: int
    revision: int
    is_changed: bool
    since: tuple[str, ...] = ()


def act(uow: UnitOfWork, command: Act) -> Acted:
    """Run the command. It raises what the command raises."""
    ref = command.command.task
    before = uow.tasks.find(ref)
    if isinstance(command.command, edits.Remove):
        gone = edits.remove(uow, command.command)
        return Acted(gone.number, gone.revision + 1, True)
    if isinstance(command.command, edits.Change):
        task = edits.change(uow, command.command)
    elif isinstance(command.command, putting_back.PutBack):
        task = putting_back.put_back(uow, command.command)
    elif isinstance(command.command, restoring.Restore):
        task = restoring.restore_deleted(uow, command.command)
    else:
        task = verbs.perform(uow, command.command)
    return Acted(task.number, task.revision, before is None or task.revision != before.revision)
