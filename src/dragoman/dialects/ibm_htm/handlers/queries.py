"""The query table TASK (page, 9.2; rows 32 to 39): lists and counts of tasks, and what the table is made of."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import negotiation, query
from dragoman.dialects.ibm_htm.wire.parameters import boolean, whole_number
from dragoman.dialects.ibm_htm.wire.query import Attribute, Order
from dragoman.dialects.ibm_htm.wire.tasks import JSON, Shown, details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.access import Principal, among_others, sees_all
from dragoman.domain.errors import TooLarge
from dragoman.domain.task import ENDED, State, Task
from dragoman.usecases.identity import names
from dragoman.usecases.identity import users as people
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks.lists import Sort, TaskFilter, Through
from dragoman.usecases.uow import UnitOfWork

MOST = 10_000
"""The most tasks in one reply, and the most that are read to sort by what isn't stored in a column."""

WHERE_CLAUSES = ("whereClause", "orderByClause")
"""Parameters of `tasks/filter`, which the query tables don't have (ibm-htm-2.md, C)."""

NOT_SERVED = ("content", "userParametersAllowed")
"""Filters of the list of query tables that are not offered."""

WAYS: tuple[Through, ...] = ("everybody", "individual", "group")


class View(msgspec.Struct, frozen=True):
    """The user whose tasks are requested, and the filter."""

    interaction: str | None
    through: frozenset[Through]
    of_all: bool
    on_behalf_of: str | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Ask(msgspec.Struct, frozen=True):
    """A page of a view."""

    view: View
    attributes: tuple[Attribute, ...]
    orders: tuple[Order, ...]
    offset: int
    size: int | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    ask: Ask
    items: list[TaskView]


def parse_list(request: Request) -> Ask:
    """Rows 32 and 36."""
    view = _view(request)
    offset, size = whole_number(request, "offset"), whole_number(request, "size")
    _check_name(request)
    return Ask(
        view,
        query.parse_attributes(request.first("selectedAttributes")),
        query.parse_orders(request.first("sortAttributes")),
        offset or 0,
        size,
    )


def parse_count(request: Request) -> View:
    """Rows 33 and 37."""
    view = _view(request)
    _check_name(request)
    return view


def find(uow: UnitOfWork, command: Ask) -> Found:
    """Tasks of the view in the requested order. Forbidden for another user's tasks without the right."""
    wanted = conditions(uow, command.view)
    size = MOST if command.size is None else min(command.size, MOST)
    sorts = query.sorts_of(command.orders)
    if sorts is None:
        every = _in_memory(uow, wanted, command.orders)
        return Found(command, every[command.offset : command.offset + size])
    return Found(command, _seen(uow, _page(uow, wanted, sorts, size, command.offset)))


def _page(uow: UnitOfWork, wanted: TaskFilter, sorts: tuple[Sort, ...], size: int, offset: int = 0) -> list[Task]:
    """Clients take a page of fewer tasks for the last one, so one with too much text is refused."""
    page, is_cut = task_lists.page(uow, wanted, sorts, limit=size, offset=offset)
    if is_cut:
        raise TooLarge("page_too_large", "The tasks of this page have too much text; ask for fewer with 'size'.")
    return page


def _seen(uow: UnitOfWork, page: list[Task]) -> list[TaskView]:
    return seen.gather_all(uow, page)


def count(uow: UnitOfWork, command: View) -> int:
    """How many there are."""
    return task_lists.count(uow, conditions(uow, command))


def conditions(uow: UnitOfWork, view: View) -> TaskFilter:
    """The view as the store takes it. Forbidden (`role_missing`) for `admin` by a user who is neither an
    administrator nor a supervisor, the vendor's TaskSystemAdministrator and TaskSystemMonitor."""
    caller = uow.principal
    if view.of_all:
        if not sees_all(caller):
            raise refusals.role_missing(guard.login(uow), "QUERY", query.TABLE)
        if view.on_behalf_of is not None:
            caller = _other(uow, view.on_behalf_of)
    interactions = INTERACTIONS[view.interaction](caller) if view.interaction is not None else ()
    everybodys = view.of_all and view.on_behalf_of is None
    return TaskFilter(
        # Administrators and supervisors, too, are shown their own tasks alone unless they ask for all of them.
        visible_to=None if everybodys else among_others(caller),
        visible_through=view.through,
        any_of=interactions,
    )


def _other(uow: UnitOfWork, login: str) -> Principal:
    user = names.answering(uow, NAME, login)
    if user is None:
        raise refusals.unknown_user(login)
    return people.acting(uow, user)


def _work_on(caller: Principal) -> TaskFilter:
    return TaskFilter(states=(State.CLAIMED,), assignee=caller.user, suspended=False)


def _available(caller: Principal) -> TaskFilter:
    return TaskFilter(states=(State.READY,), claimable_by=caller, not_suspended_or=(NAME, "supportsClaimIfSuspended"))


INTERACTIONS: dict[str, Callable[[Principal], tuple[TaskFilter, ...]]] = {
    "WORK_ON": lambda caller: (_work_on(caller),),
    "WORK_ON_ACTIVE": lambda caller: (replace(_work_on(caller), has_open_children=False),),
    "ASSESS_AVAILABLE": lambda caller: (_available(caller),),
    "ASSESS_AND_WORK_ON": lambda caller: (_work_on(caller), _available(caller)),
    "CHECK_COMPLETED": lambda caller: (TaskFilter(states=tuple(sorted(ENDED)), assignee=caller.user),),
    "BROWSE_ALL": lambda caller: (),
}
"""`interactionFilter`: one of these conditions must hold."""


def _in_memory(uow: UnitOfWork, wanted: TaskFilter, orders: tuple[Order, ...]) -> list[TaskView]:
    """All tasks of the view, sorted by what they show. Invalid when there are more than we would look through."""
    if task_lists.count(uow, wanted) > MOST:
        name = next(order.attribute.name for order in orders if order.attribute.sort is None)
        raise refusals.unsortable(name, MOST)
    every = _seen(uow, _page(uow, wanted, (), MOST))
    shown = [(details(one), one) for one in every]
    for order in reversed(orders):
        keys = {
            one.task.number: query.sort_key(order.attribute, details_of_one, one.task) for details_of_one, one in shown
        }
        shown.sort(key=lambda pair: keys[pair[1].task.number], reverse=order.descending)
    return [one for _, one in shown]


def render_list(found: Found, request: Request) -> Reply:
    """The answer of 9.2."""
    ask = found.ask
    body: Shown = {
        "identifier": query.KEY_SOURCE,
        "query": query.TABLE,
        "entityTypeName": query.TABLE,
        "offset": ask.offset,
        "size": len(found.items),
    }
    if ask.size is not None:
        body["requestedSize"] = ask.size
    body["attributeInfo"] = [attribute.info() for attribute in ask.attributes]
    body["items"] = [query.item(ask.attributes, details(one)) for one in found.items]
    return Reply(200, json.encode(body), JSON)


def render_count(number: int, request: Request) -> Reply:
    """Rows 33 and 37."""
    return Reply(200, json.encode({"count": number}), JSON)


class Describe(msgspec.Struct, frozen=True):
    """The available queries, the same for every user."""

    kind: str | None = None
    authorization: str | None = None
    sources: frozenset[str] = frozenset()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_attributes(request: Request) -> Describe:
    """Rows 34 and 39."""
    negotiation.check(request, negotiation.JSON)
    _check_name(request)
    return Describe()


def describe(uow: UnitOfWork, command: Describe) -> Describe:
    """Reads nothing from the store."""
    return command


def render_attributes(command: Describe, request: Request) -> Reply:
    items = [attribute.info() for attribute in query.ATTRIBUTES.values()]
    return Reply(200, json.encode({"identifier": "name", "query": query.TABLE, **query.KIND, "items": items}), JSON)


def parse_queries(request: Request) -> Describe:
    """Rows 35 and 38."""
    negotiation.check(request, negotiation.JSON)
    for name, known in (("kind", query.KINDS), ("authorizationType", query.AUTHORIZATION_TYPES)):
        value = request.first(name)
        if value is not None and value not in known:
            raise refusals.unknown_value(name, value, known)
    for name in NOT_SERVED:
        if name in request.query:
            raise refusals.not_served(name, "query tables can't be filtered by it")
    sources = (name.strip().upper() for name in (request.first("sourceAttributes") or "").split(","))
    return Describe(request.first("kind"), request.first("authorizationType"), frozenset(filter(None, sources)))


def render_queries(command: Describe, request: Request) -> Reply:
    """The only table, unless a filter excludes it."""
    fits = (
        command.kind in (None, query.KIND["kind"])
        and command.authorization in (None, query.KIND["authorizationType"])
        and command.sources <= query.ATTRIBUTES.keys() | {one.source for one in query.ATTRIBUTES.values()}
    )
    items = [{"name": query.TABLE, **query.KIND}] if fits else []
    return Reply(200, json.encode({"identifier": "name", "items": items}), JSON)


def _view(request: Request) -> View:
    negotiation.check(request, negotiation.JSON)
    for name in WHERE_CLAUSES:
        if name in request.query:
            raise refusals.of_other_queries(name)
    if (request.first("queryFilter") or "").strip():
        raise refusals.not_served("queryFilter", "the query language is not offered yet; interactionFilter is")
    of_all, on_behalf_of = boolean(request, "admin", default=False), request.first("onBehalfUser") or None
    if on_behalf_of is not None and not of_all:
        raise refusals.at_odds("onBehalfUser", "admin")
    boolean(request, "inherited", default=False)  # no work item is inherited here, so it adds nothing
    through = frozenset(way for way in WAYS if boolean(request, way, default=True))
    return View(_interaction(request), through, of_all, on_behalf_of)


def _interaction(request: Request) -> str | None:
    """The older spelling has no such parameter (ibm-htm.md, 9.2): there it is ignored."""
    value = request.first("interactionFilter") if "query" in request.path else None
    if value is not None and value not in INTERACTIONS:
        raise refusals.unknown_value("interactionFilter", value, INTERACTIONS)
    return value


def _check_name(request: Request) -> None:
    """The table name comes from the path, or from the parameter of the older form."""
    name = next(iter(request.path.values()), None) or request.first("queryTableName")
    if name is None:
        raise refusals.missing_parameter("queryTableName")
    if name != query.TABLE:
        raise refusals.no_query(name)
