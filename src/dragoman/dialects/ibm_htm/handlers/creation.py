"""Making tasks from templates, perhaps as a part of another, perhaps started at once (page, row 12, 4.3 and 10)."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.hierarchy import Relation, parse_relation
from dragoman.dialects.ibm_htm.handlers.start import INVOCATION, started
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.facts import of_template
from dragoman.dialects.ibm_htm.wire.messages import Sent, read
from dragoman.dialects.ibm_htm.wire.tasks import details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.message import Which, head
from dragoman.domain.task import Task
from dragoman.domain.template import Template
from dragoman.usecases.tasks import from_template, templates
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import messages as stored_messages
from dragoman.usecases.uow import UnitOfWork

CREATE = "CREATETASK"
CREATE_ONLY, ASYNC, SYNC = MODES = ("createOnly", "async", "sync")


class Create(msgspec.Struct, frozen=True):
    """A task to be made of a template, by uid."""

    template: str
    mode: str
    parent: str | None = None
    sent: Sent | None = None

    def keys(self) -> Keys:
        keys = Keys(tasks={self.parent} if self.parent else (), numbers={"task"}, owners=seen.OWNERS)
        return keys.also("template", [self.template], Lock.SHARED)


def parse(request: Request) -> Create:
    """POST task?taskTemplateID=, with the input message in the body, or nothing."""
    negotiation.check(request, negotiation.JSON)
    template = request.first("taskTemplateID")
    if not template:
        raise refusals.missing_parameter("taskTemplateID")
    mode = request.first("mode")
    if mode is None:
        mode = CREATE_ONLY
    if mode not in MODES:
        raise refusals.unknown_value("mode", mode, MODES)
    relation: Relation | None = parse_relation(request, mode)
    message = read(request)
    parent = None if relation is None else relation.parent()
    return Create(ids.parse_template(template), mode, parent, message)


def create(uow: UnitOfWork, command: Create) -> TaskView:
    """Make it; with `async` it is started, too. The principal becomes its originator."""
    template = templates.find(uow, command.template)
    if template is None:
        raise refusals.no_template(ids.template_id(command.template))
    parent = None if command.parent is None else guard.load(uow, command.parent)
    if command.sent is not None:
        command.sent.check()
    _check(uow, template, command.mode)
    if parent is not None:
        guard.check_parent(uow, parent)
    task = _make(uow, template, command, parent)
    return seen.gather(uow, task if command.mode == CREATE_ONLY else tasks.save(uow, task, started(uow, task)))


def render(made: TaskView, request: Request) -> Reply:
    """201, where the task is, and its details."""
    shown = details(made)
    location = f"{request.base_url}{request.prefix}/task/{shown['tkiid']}"
    return Reply(201, json.encode(shown), "application/json", [("Location", location)])


def _check(uow: UnitOfWork, template: Template, mode: str) -> None:
    """Refused as it would be on its start: no service is bound here that could answer a synchronous call."""
    shown = ids.template_id(template.uid)
    if mode == SYNC and template.kind != INVOCATION:
        raise refusals.unknown_value("mode", mode, (CREATE_ONLY, ASYNC))
    if not templates.may_create(uow.principal, template):
        raise refusals.role_missing(uow.principal.login, CREATE, shown)
    if template.is_stopped or template.valid_from > uow.now:
        raise refusals.template_stopped(shown)
    if mode == SYNC:
        raise refusals.wrong_kind(shown, "CALLTASK")


def _make(uow: UnitOfWork, template: Template, command: Create, parent: Task | None) -> Task:
    uid = uow.new_id()
    fields = from_template.fields(template, uow.principal.user, is_part=parent is not None)
    fields |= {"uid": uid, "extras": {NAME: facts} if (facts := of_template(template)) else {}}
    if parent is not None:
        fields |= {"parent": parent.number, "case": parent.case}
    message = command.sent
    if message is not None:
        stored_messages.add_input(uow, uid, message.type, message.body)
        fields["messages"] = {Which.INPUT: head(message.type, message.body)}
    return tasks.add(uow, **fields)
