"""Settings for the forms of clients, and the files among them (page, rows 55 and 80; ibm-htm-2.md, I and N)."""

import mimetypes
from base64 import b64decode

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import templates
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.handlers.messages import OWNERS, template_of
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.binaries import BYTES, PLAIN, Shown
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.template import ClientSetting, Template
from dragoman.usecases.uow import UnitOfWork

TYPES = {".xfdl": "application/xml", ".xfd": "application/xml", ".html": "text/html", ".htm": "text/html"}
"""What the vendor answers with for the files of its forms; others go by their name."""

Settings = dict[str, ClientSetting]


class OfTask(msgspec.Struct, frozen=True):
    """The settings of the template that a task was made from, for one kind of client."""

    task: str
    kind: str

    def keys(self) -> Keys:
        return Keys(owners=OWNERS).also("task", [self.task], Lock.NONE)


class OfTemplate(templates.Get, frozen=True):
    """The settings of a template for one kind of client; with `name` one of them, and whether the client takes it."""

    kind: str
    name: str = ""
    accept: str | None = None


def parse_of_task(request: Request) -> OfTask:
    """GET task/{tkiid}/clientSettings/{type}."""
    negotiation.check(request, negotiation.JSON)
    return OfTask(ids.parse_task(request.path["tkiid"]), request.path["type"])


def parse_of_template(request: Request) -> OfTemplate:
    """GET taskTemplate/{tktid}/clientSettings/{type}."""
    negotiation.check(request, negotiation.JSON)
    return OfTemplate(ids.parse_template(request.path["tktid"]), request.path["type"])


def parse_resource(request: Request) -> OfTemplate:
    """GET taskTemplate/{tktid}/resource; both parameters are required."""
    negotiation.check_federation(request)
    kind, name = (_required(request, parameter) for parameter in ("clientType", "resourceName"))
    return OfTemplate(ids.parse_template(request.path["tktid"]), kind, name, request.headers.get("accept"))


def _required(request: Request, name: str) -> str:
    value = request.first(name)
    if not value:
        raise refusals.missing_parameter(name)
    return value


def of_task(uow: UnitOfWork, command: OfTask) -> Settings:
    """For users who have a role on the task."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    return _of_kind(template_of(uow, task), command.kind)


def of_template(uow: UnitOfWork, command: OfTemplate) -> Settings:
    """For users who may make tasks from it."""
    return _of_kind(templates.get(uow, command), command.kind)


def resource(uow: UnitOfWork, command: OfTemplate) -> Shown:
    """The content of a setting: that of its file, or its text."""
    setting = _of_kind(templates.get(uow, command), command.kind).get(command.name)
    if setting is None:
        raise refusals.no_such("resource", command.name)
    shown = Shown(PLAIN, setting.text.encode())
    if setting.content is not None:
        shown = Shown(type_of_file(setting.text), b64decode(setting.content))
    if not negotiation.accepts(command.accept, shown.type):
        raise refusals.not_acceptable("Accept")
    return shown


def _of_kind(template: Template | None, kind: str) -> Settings:
    found = None if template is None else template.client_settings.get(kind)
    if found is None:
        raise refusals.no_such("client type", kind)
    return found


def type_of_file(name: str) -> str:
    """The media type of a file by its name."""
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    return TYPES.get(ending) or _KNOWN.types_map[True].get(ending, BYTES)


_KNOWN = mimetypes.MimeTypes()
"""Python's own table: that of the machine is not read, so that every server answers alike."""


def render(found: Settings, request: Request) -> Reply:
    """Names to values; of a file its name."""
    body = {"clientSettings": {name: setting.text for name, setting in found.items()}}
    return Reply(200, json.encode(body), "application/json")
