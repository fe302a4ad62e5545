"""Lists of templates: by where clause for those who may create tasks (row 42), and as a query table (rows 43 to 50)."""

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import memory_tables, query_lists, query_requests
from dragoman.dialects.ibm_htm.handlers.query_requests import MOST, Asked, Page, Texts
from dragoman.dialects.ibm_htm.handlers.where_lists import Where
from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.ibm_htm.wire.expressions import tables
from dragoman.dialects.ibm_htm.wire.expressions.columns import View
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Rows
from dragoman.dialects.ibm_htm.wire.expressions.parser import Scope, parse
from dragoman.dialects.ibm_htm.wire.expressions.tables import ROLE_BASED, QueryTable
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK_TEMPL, TASK_TEMPL_CPROP, TASK_TEMPL_DESC
from dragoman.dialects.ibm_htm.wire.parameters import natural
from dragoman.dialects.ibm_htm.wire.template_rows import rows
from dragoman.dialects.ibm_htm.wire.templates import details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.template import Template
from dragoman.usecases.tasks import templates as task_templates
from dragoman.usecases.uow import UnitOfWork

TABLE = QueryTable(TASK_TEMPL, "TKTID", ROLE_BASED, display_name="Task templates")
CREATE = "CREATE"
INTERACTIONS = (CREATE,)
CREATABLE = frozenset({"human", "originating"})
"""Kinds of templates that a user makes tasks from: to-do and administration tasks are made by others."""
VIEWS: dict[str, View] = {each.name: each for each in (TASK_TEMPL_CPROP, TASK_TEMPL_DESC)}
"""What a filter may speak of beside the table's own attributes."""


def filtered(uow: UnitOfWork, command: Where) -> list[Template]:
    """Templates that the caller may create tasks from, or administers; an administrator of the system sees all."""
    views = {TASK_TEMPL.name: TASK_TEMPL, **VIEWS}
    sortable = {TASK_TEMPL.name: TASK_TEMPL, TASK_TEMPL_DESC.name: TASK_TEMPL_DESC}
    orders = tables.ordered_by(sortable, TASK_TEMPL, command.orders)
    offset, size = natural("offset", command.offset) or 0, natural("size", command.size)
    tree = parse(command.clause, Scope("whereClause", views, TASK_TEMPL, uow.now))
    known = [each for each in _all(uow) if task_templates.may_create(uow.principal, each)]
    found = memory_tables.in_order(orders, memory_tables.select(tree, list(map(rows, known))))
    by_id = {ids.template_id(each.uid): each for each in known}
    chosen = found[offset : offset + (MOST if size is None else min(size, MOST))]
    return [by_id[str(each["TASK_TEMPL"][0]["TKTID"])] for each in chosen]


def render_filter(found: list[Template], request: Request) -> Reply:
    body = {"identifier": "tktid", "items": [details(template) for template in found]}
    return Reply(200, json.encode(body), "application/json")


def parse_list(request: Request) -> Texts:
    """GET taskTemplates/query/{query} and its older spelling, counts too."""
    return query_requests.texts(request, INTERACTIONS)


def find(uow: UnitOfWork, command: Texts) -> Page:
    """The page. Forbidden (`administrators_only`) without CREATE, unless an administrator asks for all."""
    asked, objects = _asked(uow, command)
    return memory_tables.page(asked, objects)


def count(uow: UnitOfWork, command: Texts) -> int:
    """How many there are."""
    asked, objects = _asked(uow, command)
    return len(memory_tables.select(asked.tree, objects))


def _asked(uow: UnitOfWork, command: Texts) -> tuple[Asked, list[Rows]]:
    table = query_lists.named(command.table, (TABLE,))
    if (command.of_all and not uow.principal.is_admin) or not (command.of_all or command.interaction == CREATE):
        raise refusals.administrators_only()
    asked = memory_tables.read(uow, command, table, VIEWS)
    known = _all(uow)
    if command.interaction == CREATE:
        known = [each for each in known if _is_offered(uow, each, of_all=command.of_all)]
    return asked, list(map(rows, known))


def _all(uow: UnitOfWork) -> list[Template]:
    """The oldest first."""
    found = task_templates.list_all(uow, task_templates.ListTemplates())
    return sorted(found, key=lambda template: (template.created_at, template.uid))


def _is_offered(uow: UnitOfWork, template: Template, *, of_all: bool) -> bool:
    may = of_all or task_templates.may_create(uow.principal, template)
    return may and not template.is_stopped and template.valid_from <= uow.now and template.kind in CREATABLE


def describe(uow: UnitOfWork, command: query_lists.Name) -> QueryTable:
    """The table. NotFound for another name."""
    return query_lists.named(command.name, (TABLE,))


def describe_all(uow: UnitOfWork, command: query_lists.Describe) -> list[QueryTable]:
    """The only table, unless a filter excludes it."""
    return query_lists.fitting(command, (TABLE,))
