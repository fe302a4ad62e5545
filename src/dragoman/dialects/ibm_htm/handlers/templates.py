"""One version of a template, and its empty input message (page, rows 40 and 41)."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers.messages import root_of
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.messages import Stored
from dragoman.dialects.ibm_htm.wire.templates import details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.message import Which
from dragoman.domain.template import Template
from dragoman.usecases.tasks import templates
from dragoman.usecases.tasks import templates as task_templates
from dragoman.usecases.uow import UnitOfWork

GET = "GETTASKTEMPLATE"


class Get(msgspec.Struct, frozen=True):
    """A version by uid."""

    template: str

    def keys(self) -> Keys:
        return Keys().also("template", [self.template], Lock.NONE)


def parse_get(request: Request) -> Get:
    """GET taskTemplate/{tktid}."""
    negotiation.check(request, negotiation.JSON)
    return Get(ids.parse_template(request.path["tktid"]))


def parse_input(request: Request) -> Get:
    """GET taskTemplate/{tktid}/input."""
    negotiation.check(request)
    return Get(ids.parse_template(request.path["tktid"]))


def get(uow: UnitOfWork, command: Get) -> Template:
    """For those who may make tasks from it."""
    template = task_templates.find(uow, command.template)
    shown = ids.template_id(command.template)
    if template is None:
        raise refusals.no_template(shown)
    if not templates.may_create(uow.principal, template):
        raise refusals.role_missing(uow.principal.login, GET, shown)
    return template


def get_input(uow: UnitOfWork, command: Get) -> Stored:
    """An empty message of its type."""
    return Stored(root_of(get(uow, command), Which.INPUT))


def render(template: Template, request: Request) -> Reply:
    return Reply(200, json.encode(details(template)), "application/json")
