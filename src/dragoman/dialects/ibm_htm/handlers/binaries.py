"""Binary custom properties of a task (page, rows 51 to 54; ibm-htm-2.md, I)."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.binaries import LONGEST_NAME, Sent, Shown, media_type, parse_sent
from dragoman.dialects.ibm_htm.wire.parameters import boolean
from dragoman.dialects.kit import Request
from dragoman.domain.binary_property import BinaryHead
from dragoman.domain.task import Task
from dragoman.usecases.tasks import binaries
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

SET = "SETCUSTOMPROPERTY"
WHAT = "binary custom property"
MOST = 1_000
"""Of one task."""


class Get(msgspec.Struct, frozen=True):
    """One property of a task. `accept` is what the client takes."""

    task: str
    name: str
    accept: str | None = None

    def keys(self) -> Keys:
        keys = Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)
        return keys.also("binary_property", [(self.task, self.name)], Lock.NONE)


class Put(msgspec.Struct, frozen=True):
    """A property to store. `may_create`, `may_replace`: whether there may be none yet, or one."""

    task: str
    name: str
    sent: Sent
    may_create: bool
    may_replace: bool

    def keys(self) -> Keys:
        keys = Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)
        return keys.also("binary_property", [(self.task, self.name)], Lock.CHANGE)


def parse_get(request: Request) -> Get:
    """GET task/{tkiid}/binaryCustomProperty/{name}; what the client takes is compared with what is stored."""
    negotiation.check_federation(request)
    return Get(ids.parse_task(request.path["tkiid"]), request.path["name"], request.headers.get("accept"))


def parse_metadata(request: Request) -> Get:
    """GET task/{tkiid}/binaryCustomProperty/{name}/metadata."""
    negotiation.check(request, negotiation.JSON)
    return Get(ids.parse_task(request.path["tkiid"]), request.path["name"])


def parse_post(request: Request) -> Put:
    """POST: it is new, unless `allowUpdate` is set."""
    return _parse_put(request, may_create=True, may_replace=boolean(request, "allowUpdate", default=False))


def parse_put(request: Request) -> Put:
    """PUT: it is there, unless `allowCreate` is set."""
    return _parse_put(request, may_create=boolean(request, "allowCreate", default=False), may_replace=True)


def _parse_put(request: Request, *, may_create: bool, may_replace: bool) -> Put:
    negotiation.check(request)
    name = request.path["name"]
    if not 1 <= len(name.encode()) <= LONGEST_NAME:
        raise refusals.too_long("name", LONGEST_NAME)
    sent = parse_sent(request)
    return Put(ids.parse_task(request.path["tkiid"]), name, sent, may_create, may_replace)


def get(uow: UnitOfWork, command: Get) -> Shown:
    """The value, for users who have a role on the task."""
    task, head = _read(uow, command)
    type_ = media_type(head.type)
    if not negotiation.accepts(command.accept, type_):
        raise refusals.not_acceptable("Accept")
    return Shown(type_, binaries.value_of(uow, task, command.name))


def get_metadata(uow: UnitOfWork, command: Get) -> BinaryHead:
    """Its type and search text."""
    return _read(uow, command)[1]


def _read(uow: UnitOfWork, command: Get) -> tuple[Task, BinaryHead]:
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    head = task.binaries.get(command.name)
    if head is None:
        raise refusals.no_such(WHAT, command.name)
    return task, head


def put(uow: UnitOfWork, command: Put) -> bool:
    """Store it, in whatever state the task is; whether it has a value."""
    task = guard.load(uow, command.task)
    guard.require_role(uow, task, guard.roles_of(uow, task), guard.editors(task), SET)
    is_there = command.name in task.binaries
    if is_there and not command.may_replace:
        raise refusals.already_there(WHAT, command.name)
    if not is_there and not command.may_create:
        raise refusals.no_such(WHAT, command.name)
    if not is_there and len(task.binaries) >= MOST:
        raise refusals.too_long("binaryCustomProperties", MOST)
    sent = command.sent
    guard.keep(uow, binaries.put(uow, task, command.name, sent.type, sent.query, sent.value))
    return sent.value is not None
