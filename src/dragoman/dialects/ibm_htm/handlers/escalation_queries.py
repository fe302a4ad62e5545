"""The query table ESCALATION (page, rows 61 to 68; ibm-htm-2.md, G)."""

from collections.abc import Iterator

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import memory_tables, query_lists, query_requests
from dragoman.dialects.ibm_htm.handlers.action_table import AD
from dragoman.dialects.ibm_htm.handlers.escalations import RECEIVER, with_escalations
from dragoman.dialects.ibm_htm.handlers.query_requests import Asked, Page, Texts
from dragoman.dialects.ibm_htm.handlers.query_spellings import spellings
from dragoman.dialects.ibm_htm.wire.escalations import EscalationView, all_of
from dragoman.dialects.ibm_htm.wire.expressions.columns import View
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Rows
from dragoman.dialects.ibm_htm.wire.expressions.other_views import (
    ESCALATION,
    ESCALATION_CPROP,
    ESCALATION_DESC,
    rows_of_escalation,
)
from dragoman.dialects.ibm_htm.wire.expressions.tables import QueryTable
from dragoman.dialects.kit import Request
from dragoman.domain.access import among_others, sees_all
from dragoman.domain.escalation import EscalationState
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork

TABLE = QueryTable(ESCALATION, "ESIID", display_name="Escalations")
ESCALATE, MANAGE, BROWSE_ALL = INTERACTIONS = ("ESCALATE", "MANAGE", "BROWSE_ALL")
VIEWS: dict[str, View] = {each.name: each for each in (ESCALATION_CPROP, ESCALATION_DESC)}
"""What a filter may speak of beside the table's own attributes."""


def parse(request: Request) -> Texts:
    """GET escalations/query/{query} and its older spelling, counts too."""
    return query_requests.texts(request, INTERACTIONS)


def find(uow: UnitOfWork, command: Texts) -> Page:
    """The page, of escalations of tasks on which the caller has a work item. Forbidden (`administrators_only`) for
    those of all tasks."""
    asked, objects = _asked(uow, command)
    return memory_tables.page(asked, objects)


def count(uow: UnitOfWork, command: Texts) -> int:
    """How many there are."""
    asked, objects = _asked(uow, command)
    return len(memory_tables.select(asked.tree, objects))


def _asked(uow: UnitOfWork, command: Texts) -> tuple[Asked, list[Rows]]:
    table = query_lists.named(command.table, (TABLE,))
    if command.of_all and not sees_all(uow.principal):
        raise refusals.administrators_only()
    asked = memory_tables.read(uow, command, table, VIEWS)
    return asked, [rows_of_escalation(seen) for seen in _seen(uow, command)]


def _seen(uow: UnitOfWork, command: Texts) -> Iterator[EscalationView]:
    wanted = TaskFilter(visible_to=None if command.of_all else among_others(uow.principal))
    found = with_escalations(uow, wanted)
    tasks.load_linked(uow, found)
    for task in found:
        roles = guard.roles_of(uow, task) if command.interaction in (ESCALATE, MANAGE) else frozenset()
        for seen in all_of(task):
            is_waiting = seen.escalation.state is EscalationState.WAITING
            if command.interaction == ESCALATE and not (AD in roles and is_waiting):
                continue
            if command.interaction == MANAGE and RECEIVER not in roles:
                continue
            yield seen


def describe(uow: UnitOfWork, command: query_lists.Name) -> QueryTable:
    """The table. NotFound for another name."""
    return query_lists.named(command.name, (TABLE,))


def describe_all(uow: UnitOfWork, command: query_lists.Describe) -> list[QueryTable]:
    """The only table, unless a filter excludes it."""
    return query_lists.fitting(command, (TABLE,))


OPERATIONS = spellings(
    "escalations",
    "escalations.query.",
    range(61, 69),
    parse=parse,
    find=find,
    count=count,
    describe=describe,
    describe_all=describe_all,
)
