"""Messages of a task: input, output and named faults (page, rows 13 to 18, and 7)."""

from collections.abc import Callable

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import RULES, Action
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.dialects.ibm_htm.wire.messages import Sent, Stored, sent
from dragoman.dialects.ibm_htm.wire.parameters import boolean
from dragoman.dialects.ibm_htm.wire.words import STATES
from dragoman.dialects.kit import Request
from dragoman.domain.message import Which
from dragoman.domain.task import State, Task
from dragoman.domain.template import Template
from dragoman.usecases.tasks import messages
from dragoman.usecases.tasks import templates as task_templates
from dragoman.usecases.tasks.lifecycle import SEEN_OWNERS
from dragoman.usecases.uow import UnitOfWork

OWNERS = SEEN_OWNERS | {"template": Lock.NONE}
RESULTS = (Which.OUTPUT, Which.FAULT)
SETTING = {Which.INPUT: Action.SET_INPUT, Which.OUTPUT: Action.SET_OUTPUT, Which.FAULT: Action.SET_FAULT}
GET_FAULT = "GETFAULTMESSAGE"
LONGEST_NAME = 220
"""Of a fault, in bytes of UTF-8; as long as a task's name."""


class Get(msgspec.Struct, frozen=True):
    """One message of a task, or with `is_new` an empty one of its type. `name` is a fault's."""

    task: str
    which: Which
    is_new: bool = False
    name: str | None = None

    def keys(self) -> Keys:
        keys = Keys(owners=OWNERS).also("task", [self.task], Lock.NONE)
        return keys.also("message", [(self.task, self.which)], Lock.NONE)


def parse_get(which: Which) -> Callable[[Request], Get]:
    """GET task/{tkiid}/input, output, fault."""

    def parse(request: Request) -> Get:
        negotiation.check(request)
        is_new = boolean(request, "new", default=False)
        name = request.first("faultName") or None if which is Which.FAULT else None
        if which is Which.FAULT and is_new and name is None:
            raise refusals.missing_parameter("faultName")
        return Get(ids.parse_task(request.path["tkiid"]), which, is_new, name)

    return parse


def get(uow: UnitOfWork, command: Get) -> Stored:
    """The message; an empty one where there is none."""
    task = guard.load(uow, command.task)
    check_fault_name(uow, task, command.name)
    guard.check(uow, task, Action.GET)
    which = command.which
    if which in RESULTS:
        _refuse_one_way(task)
    if which is Which.FAULT and task.state is State.INACTIVE:
        raise refusals.state_forbids(STATES[task.state], ids.task_id(task.uid), GET_FAULT)
    if command.is_new or (command.name is not None and fault_name(task) != command.name):
        return Stored(root_of(template_of(uow, task), which))
    return stored(uow, task, which)


class Put(msgspec.Struct, frozen=True):
    """A message that shall take the place of what was there."""

    task: str
    which: Which
    sent: Sent
    name: str | None = None

    def keys(self) -> Keys:
        return Keys(tasks={self.task}, messages=touched(self.task, self.which), owners=OWNERS)


def parse_put(which: Which) -> Callable[[Request], Put]:
    """PUT task/{tkiid}/input, output, fault."""

    def parse(request: Request) -> Put:
        negotiation.check(request)
        name = request.first("faultName") or None if which is Which.FAULT else None
        if which is Which.FAULT and name is None:
            raise refusals.missing_parameter("faultName")
        message = sent(request)
        return Put(ids.parse_task(request.path["tkiid"]), which, message, name)

    return parse


def put(uow: UnitOfWork, command: Put) -> None:
    """Keep it. An output takes the place of a fault that was saved, and the other way about (page, 7)."""
    task = guard.load(uow, command.task)
    check_fault_name(uow, task, command.name)
    command.sent.check()
    action = SETTING[command.which]
    guard.require_role(uow, task, guard.roles_of(uow, task), RULES[action].who, action)
    if command.which in RESULTS:
        _refuse_one_way(task)
    guard.check_state(task, action)
    guard.keep(uow, store(uow, task, command.which, command.sent, command.name))


def store(uow: UnitOfWork, task: Task, which: Which, message: Sent, name: str | None = None) -> Task:
    """The task with this message, which is kept; the task itself is the caller's to save."""
    return messages.put(uow, task, which, message.type, message.body, name)


def touched(uid: str, which: Which) -> set[tuple[str, str]]:
    """The messages that putting this one may touch, for the keys of a command."""
    return {(uid, each) for each in (RESULTS if which in RESULTS else (which,))}


def stored(uow: UnitOfWork, task: Task, which: Which) -> Stored:
    """A message of the task as it is answered. The command names it in its keys, and loads the template."""
    root = root_of(template_of(uow, task), which)
    message = messages.of(uow, task, which)
    return Stored(root) if message is None else Stored(root, message.type, message.body)


def template_of(uow: UnitOfWork, task: Task) -> Template | None:
    """The version that the task was made from."""
    return None if task.template is None else task_templates.find(uow, task.template)


def root_of(template: Template | None, which: Which) -> str:
    """The name of the root element of a message (page, 7)."""
    named = {} if template is None else {Which.INPUT: template.input_name, Which.OUTPUT: template.output_name}
    return named.get(which) or which


def fault_name(task: Task) -> str | None:
    head = task.messages.get(Which.FAULT)
    return None if head is None else head.name


def check_fault_name(uow: UnitOfWork, task: Task, name: str | None) -> None:
    """Invalid unless the template knows a fault of this name. A task without a template takes any name; one that is
    one-way task has no faults, which is another error."""
    if name is None:
        return
    if len(name.encode()) > LONGEST_NAME:
        raise refusals.too_long("faultName", LONGEST_NAME)
    template = template_of(uow, task)
    if template is None or template.is_one_way or name in template.fault_names:
        return
    raise refusals.unknown_value("faultName", name, template.fault_names)


def _refuse_one_way(task: Task) -> None:
    if fact(task, "oneWay"):
        raise refusals.one_way(ids.task_id(task.uid))
