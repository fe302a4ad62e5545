"""One act on up to a hundred tasks, each with its own outcome: what one refuses doesn't keep the others from it."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected, Invalid
from dragoman.domain.task import Task, Verb
from dragoman.usecases.tasks import verbs
from dragoman.usecases.uow import UnitOfWork

MOST = 100


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Apply a verb to these tasks: number -> the revision that was seen, None for any."""

    tasks: dict[int, int | None]
    verb: Verb
    user: str | None = None
    note: str | None = None
    until: Moment | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Outcome(msgspec.Struct, frozen=True):
    """What came of one task. `refusal` is None where it was done; `is_changed`: whether that made a revision."""

    number: int
    revision: int = 0
    is_changed: bool = False
    refusal: str | None = None
    code: str = ""


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
        return Outcome(number, refusal=refusal.message, code=refusal.code)
    return Outcome(number, after.revision, before is None or after.revision != before.revision)


def _done(uow: UnitOfWork, command: Act, number: int, revisions: frozenset[int] | None) -> Task:
    return verbs.perform(
        uow,
        verbs.Perform(
            number, command.verb, user=command.user, note=command.note, until=command.until, revisions=revisions
        ),
    )
