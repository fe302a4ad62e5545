"""One act on up to a hundred tasks, each with its own outcome: what one refuses doesn't keep the others from it."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected, Invalid, Problem
from dragoman.domain.task import Task, Verb
from dragoman.usecases.tasks import edits, verbs
from dragoman.usecases.uow import UnitOfWork

MOST = 100


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Apply a verb, or a change, to these tasks: number -> the revision that was seen, None for any.

    Of the change the task and its revisions are those of each task.
    """

    tasks: dict[int, int | None]
    verb: Verb | None = None
    change: edits.Change | None = None
    user: str | None = None
    note: str | None = None
    until: Moment | None = None
    code: str | None = None
    text: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Outcome(msgspec.Struct, frozen=True):
    """What came of one task. `refusal` is None where it was done; `is_changed`: whether that made a revision;
    `problems` are those of what was asked, if it was refused for these."""

    number: int
    revision: int = 0
    is_changed: bool = False
    refusal: str | None = None
    problems: tuple[Problem, ...] = ()


def act(uow: UnitOfWork, command: Act) -> list[Outcome]:
    """The outcomes in the order of the tasks. Invalid for more than `MOST`."""
    if len(command.tasks) > MOST:
        raise Invalid("too_many_tasks", f"At most {MOST} tasks are acted on at once; make a batch of more.")
    uow.tasks.load(sorted(command.tasks))
    return [_one(uow, command, number, seen) for number, seen in command.tasks.items()]


def _one(uow: UnitOfWork, command: Act, number: int, seen: int | None) -> Outcome:
    before = uow.tasks.find(number)
    try:
        with uow.attempt() as part:
            after = _done(part, command, number, None if seen is None else frozenset({seen}))
    except Expected as refusal:
        return Outcome(number, refusal=refusal.message, problems=getattr(refusal, "problems", ()))
    return Outcome(number, after.revision, before is None or after.revision != before.revision)


def _done(uow: UnitOfWork, command: Act, number: int, revisions: frozenset[int] | None) -> Task:
    if command.change is not None:
        return edits.change(uow, replace(command.change, task=number, revisions=revisions))
    assert command.verb is not None  # noqa: S101 - one of both is there
    fields = {name: getattr(command, name) for name in ("user", "note", "until", "code", "text")}
    return verbs.perform(uow, verbs.Perform(number, command.verb, revisions=revisions, **fields))
