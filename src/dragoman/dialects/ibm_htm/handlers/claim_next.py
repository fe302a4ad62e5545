"""claimNext and getNext (page, row 29; page 2, E): the first task of a query that the caller may claim.

Each caller's look-up and claim are one transaction, which holds the row that it claims; so callers at one moment get
different tasks. A task that another transaction took in the meantime is passed over.
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import actions, queries, query_requests
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.handlers.queries import Ask, Query
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import negotiation
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK_TEMPL
from dragoman.dialects.ibm_htm.wire.parameters import natural
from dragoman.dialects.kit import Request
from dragoman.domain.condition import Comparison, Field, every
from dragoman.domain.errors import Conflict
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork

AT_ONCE = 16
"""How many candidates are looked up at a time."""
CLAIMABLE_KINDS = ("human", "participating")
OTHER_TABLES = (TASK_TEMPL.name, "ESCALATION", "WORK_BASKET", "ACTIVITY", "PROCESS_INSTANCE")
"""Tables of the vendor whose rows are no tasks."""


class Next(msgspec.Struct, frozen=True):
    """Claim the first task of a query. `tries`: how many candidates at most; None is all. `keeps`: one that the caller
    has claimed already comes first."""

    ask: Ask
    tries: int | None = None
    keeps: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_claim(request: Request) -> Next:
    """PUT task?action=claimNext."""
    negotiation.check(request, negotiation.JSON)
    query_requests.refuse(request, query_requests.WHERE_CLAUSES)
    name = request.first("query") or request.first("queryTableName")
    if not name:
        raise refusals.missing_parameter("query")
    if name in OTHER_TABLES:
        raise refusals.unknown_value("query", name, ("TASK",))
    ask = queries.ask(request, query_requests.of_page(request, name, queries.INTERACTIONS))
    retries = natural("maxRetryCount", request.first("maxRetryCount"))
    return Next(ask, None if retries is None else retries + 1)


def parse_get(request: Request) -> Next:
    """PUT task?action=getNext."""
    return replace(parse_claim(request), keeps=True)


def run(uow: UnitOfWork, command: Next) -> TaskView:
    """The task, claimed. NotFound when there is nothing to claim; Conflict when all that were tried are lost."""
    found = queries.read(uow, command.ask)
    held = _held(uow, found) if command.keeps else None
    return seen.gather(uow, held or _claimed(uow, found, command))


def _held(uow: UnitOfWork, found: Query) -> Task | None:
    """The first task that the caller has claimed and can work on."""
    active = queries.INTERACTIONS["WORK_ON_ACTIVE"](uow.principal)
    mine = replace(found.wanted, all_of=(*found.wanted.all_of, *active))
    numbers = task_lists.queried_numbers(uow, mine, queries.sorts(uow, mine, found.asked.orders), limit=1)
    return task_lookup.find(uow, numbers[0]) if numbers else None


def _claimed(uow: UnitOfWork, found: Query, command: Next) -> Task:
    for tries, number in enumerate(_candidates(uow, found), 1):
        task = task_lookup.find(uow, number, Lock.CHANGE)
        if task is not None:
            with suppress(Conflict):  # another transaction was first
                guard.check(uow, task, Action.CLAIM)
                return guard.keep(uow, actions.take(uow, task))
        if tries == command.tries:
            raise refusals.candidates_lost(tries)
    raise refusals.nothing_to_claim()


def _candidates(uow: UnitOfWork, found: Query) -> Iterator[int]:
    """The numbers of tasks that may be claimed, in order, each once."""
    wanted = _claimable(uow, found)
    orders = queries.sorts(uow, wanted, found.asked.orders)
    seen_ones: set[int] = set()
    while True:
        limit = len(seen_ones) + AT_ONCE
        numbers = task_lists.queried_numbers(uow, wanted, orders, limit=limit)
        new = [number for number in numbers if number not in seen_ones]
        if not new:
            return
        seen_ones.update(new)
        yield from new


def _claimable(uow: UnitOfWork, found: Query) -> TaskFilter:
    """Tasks of the query that whoever is asked for may claim: without one, the caller as an administrator."""
    available = queries.available(found.whose.caller or uow.principal)
    kind = Comparison(Field("fact", (NAME, "kind"), "human"), "in", CLAIMABLE_KINDS)
    where = kind if found.wanted.where is None else every((kind, found.wanted.where))
    return replace(found.wanted, where=where, all_of=(*found.wanted.all_of, available))
