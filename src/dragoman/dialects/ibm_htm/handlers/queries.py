"""The query table TASK and composite tables over it (page, 9.2, rows 32 to 39; page 2, D): lists and counts."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import composites, query_lists, query_requests, query_rows
from dragoman.dialects.ibm_htm.handlers.query_conditions import Conditions, Whose
from dragoman.dialects.ibm_htm.handlers.query_requests import MOST, Asked, Page, Texts
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.wire import query
from dragoman.dialects.ibm_htm.wire.expressions import task_columns
from dragoman.dialects.ibm_htm.wire.expressions.tables import COMPOSITE, Order, QueryTable
from dragoman.dialects.ibm_htm.wire.expressions.tree import Tree
from dragoman.dialects.ibm_htm.wire.parameters import boolean
from dragoman.dialects.ibm_htm.wire.tasks import details
from dragoman.dialects.kit import Request
from dragoman.domain.access import Principal, among_others, sees_all
from dragoman.domain.condition import Comparison, Field, every
from dragoman.domain.errors import TooLarge
from dragoman.domain.task import ENDED, State, Task
from dragoman.usecases.identity import names
from dragoman.usecases.identity import users as people
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.tasks.lists import TaskFilter, Through
from dragoman.usecases.uow import UnitOfWork

WAYS: tuple[Through, ...] = ("everybody", "individual", "group")
WAY_PARAMETERS = ("everybody", "group", "individual", "inherited", "onBehalfUser")
NEEDED_TO_INTERACT = ("KIND", "STATE")
TOP = "TOP_TKIID"
"""The one attribute that no column of the store holds: the top of a hierarchy is looked up part by part."""


class Ask(msgspec.Struct, frozen=True):
    """A page or a count: the texts, and whose tasks are requested."""

    texts: Texts
    through: frozenset[Through] = frozenset(WAYS)
    on_behalf_of: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Query(msgspec.Struct, frozen=True):
    """A request, read: the tasks, and whose work items are shown of them."""

    asked: Asked
    wanted: TaskFilter
    whose: Whose


def parse(request: Request) -> Ask:
    """Rows 32, 33, 36 and 37."""
    return ask(request, query_requests.texts(request, INTERACTIONS))


def ask(request: Request, texts: Texts) -> Ask:
    """The request with these texts. Invalid (`parameters_at_odds`) for another user's tasks without `admin`."""
    on_behalf_of = request.first("onBehalfUser") or None
    if on_behalf_of is not None and not texts.of_all:
        raise refusals.at_odds("onBehalfUser", "admin")
    boolean(request, "inherited", default=False)  # no work item is inherited here, so it adds nothing
    return Ask(texts, frozenset(way for way in WAYS if boolean(request, way, default=True)), on_behalf_of)


def find(uow: UnitOfWork, command: Ask) -> Page:
    """Tasks of the view in the requested order. Forbidden for another user's tasks without the right."""
    found = read(uow, command)
    asked = found.asked
    page = queried(uow, found.wanted, asked.orders, limit=asked.limit, offset=asked.offset)
    return Page(asked, shown(uow, found, page))


def queried(
    uow: UnitOfWork, wanted: TaskFilter, orders: tuple[Order, ...], *, limit: int, offset: int = 0
) -> list[Task]:
    """A page. Clients take one of fewer tasks for the last one, so one with too much text is refused."""
    page, is_cut = task_lists.queried(uow, wanted, sorts(uow, wanted, orders), limit=limit, offset=offset)
    if is_cut:
        raise TooLarge("page_too_large", "The tasks of this page have too much text; ask for fewer with 'size'.")
    return page


def sorts(uow: UnitOfWork, wanted: TaskFilter, orders: tuple[Order, ...]) -> list[task_lists.Order]:
    """The orders as the core sorts; one by what all tasks have alike is none."""
    found = []
    for order in orders:
        field = task_columns.sorting(order.view.name, order.column.name) or query_rows.of_template(uow, order)
        if order.column.name == TOP:
            field = _top(uow, wanted)
        if field is not None:
            found.append(task_lists.Order(field, order.descending))
    return found


def _top(uow: UnitOfWork, wanted: TaskFilter) -> Field:
    """The uid of the top of a hierarchy: of a part that of another task. Invalid when there are too many of those."""
    is_part = Comparison(Field("is_part"), "=", (True,))
    parts = replace(wanted, where=is_part if wanted.where is None else every((wanted.where, is_part)))
    numbers = task_lists.queried_numbers(uow, parts, (), limit=MOST + 1)
    if len(numbers) > MOST:
        raise refusals.unsortable(TOP, MOST)
    return Field("top", codes=tuple(sorted(task_lookup.tops_of(uow, numbers).items())))


def shown(uow: UnitOfWork, found: Query, page: list[Task]) -> list[Mapping[str, Any]]:
    """What is shown of the tasks, by attribute."""
    views = seen.gather_all(uow, page)
    attributes = found.asked.attributes
    names = [query.TABLE.key, *(each.name for each in attributes if not each.is_array)]
    arrays = [each for each in attributes if each.is_array]
    items: list[Mapping[str, Any]] = [query.values(details(one), names) for one in views]
    if not arrays:
        return items
    rows = query_rows.of_tasks(uow, page, found.whose)
    return [
        {**item, **{each.name: query_rows.column(rows[task.number], each) for each in arrays}}
        for item, task in zip(items, page, strict=True)
    ]


def count(uow: UnitOfWork, command: Ask) -> int:
    """How many there are."""
    return task_lists.count(uow, read(uow, command).wanted)


def describe(uow: UnitOfWork, command: query_lists.Name) -> QueryTable:
    """The table. NotFound for another name."""
    return query_lists.named(command.name, composites.tables(uow))


def describe_all(uow: UnitOfWork, command: query_lists.Describe) -> list[QueryTable]:
    """Those that no filter excludes."""
    return query_lists.fitting(command, composites.tables(uow))


def read(uow: UnitOfWork, command: Ask, *, has_ways: bool = True) -> Query:
    """The request as the store takes it, with the ways to its tasks (`task_lists.with_ways`) unless they come later.
    Forbidden (`role_missing`) for `admin` by a user who is neither an administrator nor a supervisor, the vendor's
    TaskSystemAdministrator and TaskSystemMonitor."""
    texts = command.texts
    table = query_lists.named(texts.table, composites.tables(uow))
    caller = _caller(uow, command)
    if table.kind == COMPOSITE and texts.interaction is not None:
        own = {attribute.name for attribute in table.attributes}
        if not own.issuperset(NEEDED_TO_INTERACT):
            raise refusals.no_interactions(table.name)
    asked = query_requests.read(texts, table, composites.VIEWS, uow.now)
    everybodys = texts.of_all and command.on_behalf_of is None
    # Administrators and supervisors, too, are shown their own tasks alone unless they ask for all of them.
    whose = Whose(None if everybodys else among_others(caller), command.through)
    found = conditions(uow, caller, whose, asked.tree, texts.interaction)
    return Query(asked, task_lists.with_ways(uow, found) if has_ways else found, whose)


def wanted(uow: UnitOfWork, caller: Principal, whose: Whose, tree: Tree | None, interaction: str | None) -> TaskFilter:
    """The conditions of a query, with the ways to its tasks."""
    return task_lists.with_ways(uow, conditions(uow, caller, whose, tree, interaction))


def conditions(
    uow: UnitOfWork, caller: Principal, whose: Whose, tree: Tree | None, interaction: str | None
) -> TaskFilter:
    """The conditions of a query."""
    return TaskFilter(
        visible_to=whose.caller,
        visible_through=whose.through,
        any_of=() if interaction is None else INTERACTIONS[interaction](caller),
        where=Conditions(uow, whose, caller.user).of(tree),
    )


def _caller(uow: UnitOfWork, command: Ask) -> Principal:
    caller = uow.principal
    if not command.texts.of_all:
        return caller
    if not sees_all(caller):
        raise refusals.role_missing(guard.login(uow), "QUERY", query.TABLE.name)
    return caller if command.on_behalf_of is None else _other(uow, command.on_behalf_of)


def _other(uow: UnitOfWork, login: str) -> Principal:
    user = names.answering(uow, NAME, login)
    if user is None:
        raise refusals.unknown_user(login)
    return people.acting(uow, user)


def _work_on(caller: Principal) -> TaskFilter:
    return TaskFilter(states=(State.CLAIMED,), assignee=caller.user, suspended=False)


def available(caller: Principal) -> TaskFilter:
    """Tasks that he may claim now."""
    return TaskFilter(states=(State.READY,), claimable_by=caller, not_suspended_or=(NAME, "supportsClaimIfSuspended"))


INTERACTIONS: dict[str, Callable[[Principal], tuple[TaskFilter, ...]]] = {
    "WORK_ON": lambda caller: (_work_on(caller),),
    "WORK_ON_ACTIVE": lambda caller: (replace(_work_on(caller), has_open_children=False),),
    "ASSESS_AVAILABLE": lambda caller: (available(caller),),
    "ASSESS_AND_WORK_ON": lambda caller: (_work_on(caller), available(caller)),
    "CHECK_COMPLETED": lambda caller: (TaskFilter(states=tuple(sorted(ENDED)), assignee=caller.user),),
    "BROWSE_ALL": lambda caller: (),
}
"""`interactionFilter`: one of these conditions must hold."""
