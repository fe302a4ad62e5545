"""Containers of task templates, and the templates in them (page, 12; second page, F). They are the core's template sets
and blueprints; a responsible who matches no user is kept as it was sent."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.handlers.references import RESPONSIBLE, user_of
from dragoman.dialects.onlyoffice_crm.options import NAME, Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.views import ContainerView, Gathering, TemplateView
from dragoman.dialects.onlyoffice_crm.wire.parameters import Parameters, gather
from dragoman.dialects.onlyoffice_crm.wire.people import LOST_USER
from dragoman.domain.access import require_admin
from dragoman.domain.template_set import LONGEST_TITLE, AppliesTo, Blueprint, TemplateSet
from dragoman.usecases import categories as all_categories
from dragoman.usecases import template_sets as sets
from dragoman.usecases.uow import UnitOfWork


class Containers(msgspec.Struct, frozen=True):
    """The containers for one kind of entity."""

    applies_to: AppliesTo

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Container(msgspec.Struct, frozen=True):
    """One container to be read, made (`number` 0), renamed or deleted."""

    number: int
    title: str = ""
    applies_to: AppliesTo = AppliesTo.CONTACT
    for_administrators: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Template(msgspec.Struct, frozen=True):
    """A template by its number."""

    number: int
    for_administrators: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Content(msgspec.Struct, frozen=True):
    """A template as a client sends it, whole: what isn't there is nothing. `number` is 0 for a new one."""

    container: int
    number: int
    title: str
    description: str | None
    responsible: str | None
    category: int
    notifies: bool
    offset: int
    is_fixed: bool
    for_administrators: bool

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_list(applies_to: AppliesTo, request: Request) -> Containers:
    """GET crm/{entityType}/tasktemplatecontainer."""
    gather(request)
    return Containers(applies_to)


def parse_create(options: Options, applies_to: AppliesTo, request: Request) -> Container:
    """POST crm/{entityType}/tasktemplatecontainer."""
    title = _title(gather(request).text("title"))
    return Container(0, title, applies_to, options.template_admin_only)


def parse_container(options: Options, request: Request) -> Container:
    """GET and DELETE crm/tasktemplatecontainer/{containerid}, and GET of its templates."""
    return Container(_number(gather(request), "containerid"), for_administrators=options.template_admin_only)


def parse_rename(options: Options, request: Request) -> Container:
    """PUT crm/tasktemplatecontainer/{containerid}."""
    parameters = gather(request)
    number = _number(parameters, "containerid")
    return Container(number, _title(parameters.text("title")), for_administrators=options.template_admin_only)


def parse_template(options: Options, request: Request) -> Template:
    """GET and DELETE crm/tasktemplatecontainer/tasktemplate/{id}."""
    return Template(_number(gather(request), "id"), options.template_admin_only)


def parse_content(options: Options, is_new: bool, request: Request) -> Content:
    """POST and PUT crm/tasktemplatecontainer/{containerid}/tasktemplate."""
    parameters = gather(request)
    number, container = 0 if is_new else parameters.integer("id"), parameters.integer("containerid")
    title, description = parameters.text("title"), parameters.text("description")
    responsible, category = parameters.guid("responsibleid"), parameters.integer("categoryid")
    responsible = None if responsible == LOST_USER else responsible
    notifies, offset = parameters.boolean("isNotify"), parameters.long("offsetTicks")
    is_fixed = parameters.boolean("deadLineIsFixed")
    if container <= 0 or (number <= 0 and not is_new):
        raise bad_argument("id" if container > 0 else "containerid", "required")
    title = _title(title)
    if category <= 0:
        raise bad_argument("categoryid", "required")
    is_for_administrators = options.template_admin_only
    return Content(
        container, number, title, description, responsible, category, notifies, offset, is_fixed, is_for_administrators
    )


def list_all(uow: UnitOfWork, command: Containers) -> list[ContainerView]:
    """The containers for exactly this kind of entity, by number."""
    return Gathering(uow, 0).containers(sets.sets(uow, command.applies_to))


def get(uow: UnitOfWork, command: Container) -> ContainerView:
    return Gathering(uow, 0).containers([_container(uow, command.number)])[0]


def create(uow: UnitOfWork, command: Container) -> ContainerView:
    """The new container."""
    _require(uow, command.for_administrators)
    return Gathering(uow, 0).containers([sets.add_set(uow, command.applies_to, command.title)])[0]


def rename(uow: UnitOfWork, command: Container) -> ContainerView:
    """The container with another title."""
    found = _container(uow, command.number)
    _require(uow, command.for_administrators)
    return Gathering(uow, 0).containers([sets.rename_set(uow, found, command.title)])[0]


def delete(uow: UnitOfWork, command: Container) -> ContainerView:
    """The container as it was. Its templates go with it."""
    found = _container(uow, command.number)
    _require(uow, command.for_administrators)
    seen = Gathering(uow, 0).containers([found])[0]
    sets.remove_set(uow, found)
    return seen


def list_templates(uow: UnitOfWork, command: Container) -> list[TemplateView]:
    """The templates of a container, by number."""
    found = _container(uow, command.number)
    gathering = Gathering(uow, 0)
    return [gathering.template(blueprint) for blueprint in sets.blueprints(uow, found.number)]


def get_template(uow: UnitOfWork, command: Template) -> TemplateView:
    return Gathering(uow, 0).template(_blueprint(uow, command.number))


def create_template(uow: UnitOfWork, command: Content) -> TemplateView:
    """The new template. NotFound for an unknown container, then for an unknown category."""
    found = _container(uow, command.container)
    _check_category(uow, command)
    _require(uow, command.for_administrators)
    return Gathering(uow, 0).template(sets.add_blueprint(uow, found, **_fields(uow, command, None)))


def replace_template(uow: UnitOfWork, command: Content) -> TemplateView:
    """The template, all of it replaced, in the container of the path. NotFound for an unknown template, then for an
    unknown container, then for an unknown category."""
    blueprint = _blueprint(uow, command.number)
    found = _container(uow, command.container)
    _check_category(uow, command)
    _require(uow, command.for_administrators)
    return Gathering(uow, 0).template(sets.change_blueprint(uow, blueprint, found, **_fields(uow, command, blueprint)))


def delete_template(uow: UnitOfWork, command: Template) -> TemplateView:
    """The template as it was."""
    blueprint = _blueprint(uow, command.number)
    _require(uow, command.for_administrators)
    seen = Gathering(uow, 0).template(blueprint)
    sets.remove_blueprint(uow, blueprint)
    return seen


def _fields(uow: UnitOfWork, content: Content, present: Blueprint | None) -> dict[str, Any]:
    facts = {} if present is None else dict(present.extras.get(NAME, {}))
    facts.pop(RESPONSIBLE, None)
    user = None if content.responsible is None else user_of(uow, content.responsible)
    if content.responsible is not None and user is None:
        facts[RESPONSIBLE] = content.responsible
    others = {} if present is None else {name: kept for name, kept in present.extras.items() if name != NAME}
    return {
        "title": content.title,
        "description": content.description,
        "assignee": None if user is None else user.uid,
        "category": content.category,
        "notifies": content.notifies,
        "offset": content.offset,
        "at_time_of_day": content.is_fixed,
        "extras": others | ({NAME: facts} if facts else {}),
    }


def _require(uow: UnitOfWork, for_administrators: bool) -> None:
    if for_administrators:
        require_admin(uow.principal)


def _container(uow: UnitOfWork, number: int) -> TemplateSet:
    found = sets.find_set(uow, number, Lock.CHANGE)
    if found is None:
        raise not_found()
    return found


def _blueprint(uow: UnitOfWork, number: int) -> Blueprint:
    found = sets.find_blueprint(uow, number, Lock.CHANGE)
    if found is None:
        raise not_found()
    return found


def _check_category(uow: UnitOfWork, content: Content) -> None:
    if all_categories.find(uow, content.category) is None:
        raise not_found("Category is not found")


def _number(parameters: Parameters, name: str) -> int:
    number = parameters.integer(name)
    if number <= 0:
        raise bad_argument(name, "required")
    return number


def _title(title: str | None) -> str:
    if not title:
        raise bad_argument("title", "required")
    if len(title) > LONGEST_TITLE:
        raise bad_argument("title", f"longer than {LONGEST_TITLE} characters")
    return title
