"""The event log of a task (page, row 23 and 12): derived from our history, one change after the other."""

from collections.abc import Iterator

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.handlers.roles import is_group, name_of_group
from dragoman.dialects.ibm_htm.handlers.work_items import GROUP
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.views import name_of
from dragoman.dialects.ibm_htm.wire import events, ids, negotiation, roles, times
from dragoman.dialects.ibm_htm.wire.events import Event
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.clock import Moment
from dragoman.domain.people import name_in
from dragoman.domain.task import ENDED, State, Task
from dragoman.domain.work_item import EVERYBODY, REVIEWERS
from dragoman.usecases.events import history as history_uses
from dragoman.usecases.identity import lookup as people_lookup
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork

OF_GROUPS = "WORK_ITEM_KIND_GROUP"
KIND_OF_HOLDER = {
    EVERYBODY: "WORK_ITEM_KIND_EVERYBODY",
    GROUP: OF_GROUPS,
    REVIEWERS: OF_GROUPS,
    "": "WORK_ITEM_KIND_USER",
}
FILTERS = ("fromID", "toID", "idKind", "reason", "parentID", "escalationID")
"""Each keeps the entries that have this member with this value."""

_decode = msgspec.json.Decoder(events.Changes).decode


class Ask(msgspec.Struct, frozen=True):
    """The log of a task, the entries with these values alone."""

    task: str
    wanted: dict[str, str] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE


Entry = dict[str, str]


class Log(msgspec.Struct, frozen=True):
    """The entries of a task, oldest first."""

    task: str
    items: list[Entry]


def parse(request: Request) -> Ask:
    """GET task/{tkiid}/history. All events are shown, so `newEventType` adds none."""
    negotiation.check(request, negotiation.JSON)
    wanted = {name: value for name in FILTERS if (value := request.first(name))}
    if "reason" in wanted:
        wanted["reason"] = roles.symbol(roles.parse(wanted["reason"]))
    return Ask(ids.parse_task(request.path["tkiid"]), wanted)


def show(uow: UnitOfWork, command: Ask) -> Log:
    """For users who have a role on the task."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    found = sorted([*_own(uow, task), *_of_parts(uow, task)], key=lambda event: event.at)
    parent = task_lookup.parent_of(uow, task)
    above = None if parent is None else ids.task_id(parent.uid)
    shown = (_entry(uow, task, event, above) for event in found)
    wanted = command.wanted.items()
    return Log(ids.task_id(task.uid), [entry for entry in shown if all(entry.get(name) == v for name, v in wanted)])


def render(log: Log, request: Request) -> Reply:
    """The entries, whole seconds."""
    return Reply(200, json.encode({"tkiid": log.task, "items": log.items}), "application/json")


def _rows(uow: UnitOfWork, number: int) -> Iterator[tuple[str, int, events.Changes]]:
    for row in history_uses.changes_of_task(uow, number):
        user = people_lookup.find(uow, row.actor)
        yield row.principal if user is None else name_in(user, NAME) or row.principal, row.at, _decode(row.changes)


def _own(uow: UnitOfWork, task: Task) -> Iterator[Event]:
    for principal, at, changes in _rows(uow, task.number):
        yield from events.of_row(principal, Moment(at), changes)


def _of_parts(uow: UnitOfWork, task: Task) -> Iterator[Event]:
    """When it began to wait for subtasks, and when the last one ended: which is in the history of the subtasks."""
    moves: list[tuple[int, int, str]] = []
    for child in task_lookup.parts_of(uow, task):
        moves += _moves(uow, child)
    open_parts = 0
    for at, step, principal in sorted(moves, key=lambda move: move[0]):
        before, open_parts = open_parts, open_parts + step
        if before == 0 and open_parts == 1:
            yield Event("TaskWaitingForSubTask", principal, Moment(at))
        elif before == 1 and open_parts == 0:
            yield Event("SubTasksCompleted", principal, Moment(at))


def _moves(uow: UnitOfWork, child: Task) -> Iterator[tuple[int, int, str]]:
    """When a part began and ceased to be waited for: +1 and -1."""
    is_part = is_open = counted = False
    for principal, at, changes in _rows(uow, child.number):
        if "state" in changes:
            is_open = State(changes["state"][1]) not in ENDED
        if "parent" in changes:
            is_part = changes["parent"][1] == child.parent
        if (is_part and is_open) != counted:
            counted = not counted
            yield at, 1 if counted else -1, principal


def _entry(uow: UnitOfWork, task: Task, event: Event, parent: str | None) -> Entry:
    entry = {"event": event.event, "principal": event.principal, "time": times.render(event.at)}
    for name, holder in (("fromID", event.old), ("toID", event.new)):
        if holder is not None and holder != EVERYBODY:
            entry[name] = _shown(uow, holder)
    holder = event.new or event.old
    if holder is not None:
        kind = next(kind for begins, kind in KIND_OF_HOLDER.items() if holder.startswith(begins))
        entry |= {"idKind": kind, "reason": event.reason or ""}
    if event.escalation is not None:
        entry["escalationID"] = ids.escalation_id(task.uid, event.escalation)
    if parent is not None and event.event == "TaskCreated":
        entry["parentID"] = parent
    return entry


def _shown(uow: UnitOfWork, holder: str) -> str:
    return name_of_group(uow, holder) if is_group(holder) else name_of(uow, holder) or holder
