"""Actions on many tasks at once (page, 11; rows 25 to 28 and 30). Each task is an attempt of its own: one that fails is
reported, and undoes nothing else."""

from collections.abc import Callable, Iterable

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.ibm_htm import errors
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import actions, assignment
from dragoman.dialects.ibm_htm.handlers.actions import Act
from dragoman.dialects.ibm_htm.handlers.assignment import Move
from dragoman.dialects.ibm_htm.options import DEFAULTS
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.roles import Reason
from dragoman.dialects.ibm_htm.wire.tasks import JSON
from dragoman.dialects.ibm_htm.wire.until import Until, parse_until
from dragoman.dialects.kit import NO_BODY, Reply, Request, json
from dragoman.domain.errors import Expected, Invalid, TooLarge
from dragoman.domain.message import Which
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.tasks import messages as stored_messages
from dragoman.usecases.uow import UnitOfWork

MOST = 10_000
"""So many tasks in one request: it is one transaction, and others wait for it."""

MEMBER = "taskIDs"
MEMBERS = (MEMBER,)

OF_ALL = frozenset({"unknown_user"})
"""What is wrong with the request, whatever the task; it shows before anything is changed."""


class Bulk(msgspec.Struct, frozen=True):
    """An action on these tasks, by their ids as the client wrote them. `until` and `keep_data` are for suspensions."""

    tasks: tuple[str, ...]
    until: Until = Until()
    keep_data: bool = False

    def keys(self) -> Keys:
        return Keys(tasks=readable(self.tasks), owners=tasks.SEEN_OWNERS)


class Release(msgspec.Struct, frozen=True):
    """Release tasks: what was saved for their end is deleted. Which have any is known once they are loaded."""

    tasks: tuple[str, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Failure(msgspec.Struct, frozen=True):
    """What became of a task that the action failed for."""

    task: str
    error: Expected


def parse_cancel(request: Request) -> Release:
    """Row 25."""
    negotiation.check(request, negotiation.JSON)
    return Release(parse_tasks(request))


def parse_suspend(request: Request) -> Bulk:
    """Row 26: always for a time, unlike that of a single task."""
    negotiation.check(request, negotiation.JSON)
    until = parse_until(request, needed=True)
    return Bulk(parse_tasks(request), until)


def parse_resume(request: Request) -> Bulk:
    """Row 27."""
    negotiation.check(request, negotiation.JSON)
    return Bulk(parse_tasks(request))


def parse_suspend_and_cancel(request: Request) -> Bulk:
    """Row 28."""
    negotiation.check(request, negotiation.JSON)
    keep_data, until = actions.parse_keep_data(request), parse_until(request, needed=True)
    return Bulk(parse_tasks(request), until, keep_data)


class Transfer(msgspec.Struct, frozen=True):
    """A role of all these tasks that moves to another user."""

    tasks: tuple[str, ...]
    reason: Reason
    moves: tuple[Move, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_transfer(request: Request) -> Transfer:
    """Row 30, with the parameters of row 21."""
    negotiation.check(request, negotiation.JSON)
    reason, moves = assignment.parse_moves(request)
    return Transfer(parse_tasks(request), reason, moves)


def transfer(uow: UnitOfWork, command: Transfer) -> list[Failure]:
    """Move the role on each of them. Invalid (`unknown_user`) for the whole: no task could get this holder."""
    reason, moves = command.reason, command.moves
    return attempts(
        uow, command.tasks, lambda part, uid: assignment.transfer(part, assignment.Transfer(uid, reason, moves))
    )


def parse_tasks(request: Request) -> tuple[str, ...]:
    """`taskIDs` of the body. Invalid when it isn't there, or holds what is no text; TooLarge for too many."""
    negotiation.check_json(request)
    body = json.parse_object(request.body) if request.body.strip() else {}
    request.ignore_other_members(body)
    if MEMBER not in body:
        raise refusals.missing_member(MEMBER)
    listed = body[MEMBER]
    if not isinstance(listed, list):
        raise refusals.bad_value(MEMBER, "an array of task IDs is needed")
    if len(listed) > MOST:
        raise TooLarge("too_many_tasks", f"A request may name {MOST} tasks at most.", limit=MOST)
    return tuple(_text(entry) for entry in listed)


def _text(entry: object) -> str:
    """A scalar is read as text (page, 1), which is then not an id."""
    if entry is None or isinstance(entry, dict | list):
        raise refusals.bad_value(MEMBER, "each entry is the ID of a task")
    return entry if isinstance(entry, str) else json.encode(entry).decode()


def each(act: Callable[[UnitOfWork, Act], None]) -> Callable[[UnitOfWork, Bulk], list[Failure]]:
    """The run of an action of one task, for all of them in turn."""

    def run(uow: UnitOfWork, command: Bulk) -> list[Failure]:
        until, keep = command.until, command.keep_data
        return attempts(uow, command.tasks, lambda part, uid: act(part, Act(uid, until, keep)))

    return run


def attempts(uow: UnitOfWork, texts: Iterable[str], act: Callable[[UnitOfWork, str], None]) -> list[Failure]:
    """Do it to each of these tasks; what couldn't be done."""
    failures: list[Failure] = []
    for text in texts:
        try:
            uid = ids.parse_task(text)
            with uow.attempt() as part:
                act(part, uid)
        except Expected as error:
            if error.code in OF_ALL:
                raise
            failures.append(Failure(text, error))
    return failures


def cancel(uow: UnitOfWork, command: Release) -> list[Failure]:
    """Give them back; tasks, what they link and what they forget are loaded a statement a table."""
    uids = readable(command.tasks)
    found = task_lookup.load(uow, uids, Lock.CHANGE)
    tasks.load_linked(uow, found)
    forgotten = [(task.uid, which) for task in found for which in task.messages if which != Which.INPUT]
    stored_messages.load(uow, forgotten)
    return attempts(uow, command.tasks, lambda part, uid: actions.cancel(part, Act(uid)))


suspend = each(actions.suspend)
resume = each(actions.resume)
suspend_and_cancel = each(actions.suspend_and_cancel)


def readable(texts: Iterable[str]) -> list[str]:
    """The uids among these ids; what is none fails by itself later on."""
    found: list[str] = []
    for text in texts:
        try:
            found.append(ids.parse_task(text))
        except Invalid:
            continue
    return found


MEDIA = (JSON, *NO_BODY)
"""Of an answer to a bulk request."""


def render_failures(failures: list[Failure], request: Request) -> Reply:
    """200 either way: empty when all succeeded, else what failed and why (page, 11)."""
    if not failures:
        return Reply(200)
    listed = [{"tkiid": failure.task, **_told(failure.error)} for failure in failures]
    return Reply(200, json.encode({"failedOperations": listed}), JSON)


def _told(error: Expected) -> dict[str, str]:
    # No switch changes this: it has no status.
    answer = errors.answer_to(error, DEFAULTS)
    return {"errorNumber": answer.number, "errorMessage": answer.message}
