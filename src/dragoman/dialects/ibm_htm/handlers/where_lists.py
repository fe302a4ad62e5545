"""Tasks by where clause (page, 9.1, row 31; page 2, C): those on which the caller has a work item."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import queries, query_requests
from dragoman.dialects.ibm_htm.handlers.query_conditions import Whose
from dragoman.dialects.ibm_htm.handlers.query_requests import MOST
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import negotiation
from dragoman.dialects.ibm_htm.wire.expressions import tables, views
from dragoman.dialects.ibm_htm.wire.expressions.columns import View
from dragoman.dialects.ibm_htm.wire.expressions.other_views import OF_ESCALATIONS
from dragoman.dialects.ibm_htm.wire.expressions.parser import Scope, parse
from dragoman.dialects.ibm_htm.wire.parameters import natural
from dragoman.dialects.ibm_htm.wire.tasks import details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.access import among_others
from dragoman.usecases.uow import UnitOfWork

VIEWS: dict[str, View] = {
    each.name: each
    for each in (
        views.TASK,
        views.WORK_ITEM,
        views.TASK_CPROP,
        views.TASK_DESC,
        views.TASK_TEMPL,
        views.TASK_TEMPL_CPROP,
        views.TASK_TEMPL_DESC,
        *OF_ESCALATIONS.values(),
    )
}
SORTABLE: dict[str, View] = {each.name: each for each in (views.TASK, views.TASK_DESC, views.TASK_TEMPL)}


class Where(msgspec.Struct, frozen=True):
    """A list by where clause, as the request says it."""

    clause: str | None
    orders: str | None
    offset: str | None
    size: str | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_filter(request: Request) -> Where:
    """GET tasks/filter and taskTemplates/filter. Invalid for parameters of query tables."""
    negotiation.check(request, negotiation.JSON)
    query_requests.refuse(request, query_requests.QUERY_FILTERS)
    return Where(*(request.first(name) for name in ("whereClause", "orderByClause", "offset", "size")))


def find(uow: UnitOfWork, command: Where) -> list[TaskView]:
    """The tasks in the requested order, the oldest first where there is none. Invalid for the first fault: order,
    offset, size, then the clause."""
    orders = tables.ordered_by(SORTABLE, views.TASK, command.orders)
    offset, size = natural("offset", command.offset) or 0, natural("size", command.size)
    tree = parse(command.clause, Scope("whereClause", VIEWS, views.TASK, uow.now))
    caller = among_others(uow.principal)
    wanted = queries.wanted(uow, caller, Whose(caller), tree, None)
    limit = MOST if size is None else min(size, MOST)
    return seen.gather_all(uow, queries.queried(uow, wanted, orders, limit=limit, offset=offset))


def render(found: list[TaskView], request: Request) -> Reply:
    """All that is known of each task."""
    body = {"identifier": "tkiid", "items": [details(one) for one in found]}
    return Reply(200, json.encode(body), "application/json")
