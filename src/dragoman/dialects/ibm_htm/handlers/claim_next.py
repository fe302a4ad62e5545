"""claimNext and getNext (page, row 29; page 2, E): the first task of a query that the caller may claim.

Look-up and claim are one transaction, which holds the row that is claimed; so callers at one moment get different
tasks. Those of one user who wait with the same query share that transaction: the candidates are looked up once, and
given out one by one. A task that another transaction took in the meantime is passed over.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from dragoman.command import Exclusive, Lock
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
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork

FEWEST = 16
"""So many candidates are looked up at least, or twice as many and so on: each number has a statement of its own."""
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
        return Exclusive(look=self)


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
    candidates = uow.once(("candidates", uow.principal, command.ask), lambda: Candidates(uow, command.ask))
    held = _held(uow, candidates.found) if command.keeps else None
    return seen.gather(uow, held or _claimed(uow, candidates, command))


def _held(uow: UnitOfWork, found: Query) -> Task | None:
    """The first task that the caller has claimed and can work on."""
    active = queries.INTERACTIONS["WORK_ON_ACTIVE"](uow.principal)
    mine = replace(found.wanted, all_of=(*found.wanted.all_of, *active))
    numbers = task_lists.queried_numbers(uow, mine, queries.sorts(uow, mine, found.asked.orders), limit=1)
    return task_lookup.find(uow, numbers[0]) if numbers else None


def _claimed(uow: UnitOfWork, candidates: "Candidates", command: Next) -> Task:
    for tries, number in enumerate(candidates.numbers(uow), 1):
        task = task_lookup.find(uow, number, Lock.CHANGE)
        if task is not None:
            with suppress(Conflict, Forbidden):  # another transaction was first
                guard.check(uow, task, Action.CLAIM)
                return guard.keep(uow, actions.take(uow, task))
        if tries == command.tries:
            raise refusals.candidates_lost(tries)
    raise refusals.nothing_to_claim()


class Candidates:
    """What the commands of a transaction may claim by one query."""

    def __init__(self, uow: UnitOfWork, ask: Ask) -> None:
        self.found = queries.read(uow, ask, has_ways=ask.texts.sorts is not None)
        self._wanted = _claimable(uow, self.found)
        self._orders = queries.sorts(uow, self._wanted, self.found.asked.orders)
        self._left: deque[int] = deque()
        self._given: set[int] = set()
        self._is_all = False

    def numbers(self, uow: UnitOfWork) -> Iterator[int]:
        """The numbers of tasks in order, each given once in the transaction, and locked: each command takes one."""
        while self._left or self._look(uow):
            number = self._left.popleft()
            self._given.add(number)
            yield number

    def _look(self, uow: UnitOfWork) -> bool:
        """Look up as many as there are commands, and some that others may take meanwhile; whether there are any."""
        if not self._is_all:
            wanted = len(self._given) + uow.sharers
            limit = FEWEST << max(0, ((wanted - 1) // FEWEST).bit_length())
            found = self._first(uow, limit)
            self._is_all = len(found) < limit
            self._left.extend(number for number in found if number not in self._given)
            task_lookup.load(uow, list(self._left)[: uow.sharers], Lock.CHANGE)
        return bool(self._left)

    def _first(self, uow: UnitOfWork, limit: int) -> list[int]:
        """The numbers of the first so many, or of all."""
        if self.found.asked.orders:
            return task_lists.queried_numbers(uow, self._wanted, self._orders, limit=limit)
        ready = task_lists.first_ready(uow, self._wanted, limit=limit)
        if ready is None:
            return task_lists.queried_numbers(uow, task_lists.with_ways(uow, self._wanted), (), limit=limit)
        return ready


def _claimable(uow: UnitOfWork, found: Query) -> TaskFilter:
    """Tasks of the query that whoever is asked for may claim: without one, the caller as an administrator."""
    available = queries.available(found.whose.caller or uow.principal)
    kind = Comparison(Field("fact", (NAME, "kind"), "human"), "in", CLAIMABLE_KINDS)
    where = kind if found.wanted.where is None else every((kind, found.wanted.where))
    return replace(found.wanted, where=where, all_of=(*found.wanted.all_of, available))
