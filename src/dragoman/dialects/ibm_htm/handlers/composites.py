"""Composite query tables (page 2, D.4): those that an administrator has defined over tasks."""

from dragoman.dialects.ibm_htm.handlers.query_requests import condition
from dragoman.dialects.ibm_htm.wire import query
from dragoman.dialects.ibm_htm.wire.expressions.columns import View
from dragoman.dialects.ibm_htm.wire.expressions.tables import COMPOSITE, QueryTable
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK, WORK_ITEM
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.usecases.tasks import query_tables
from dragoman.usecases.tasks.query_tables import Definition
from dragoman.usecases.uow import UnitOfWork

VIEWS: dict[str, View] = {WORK_ITEM.name: WORK_ITEM, WORK_ITEM.other_name: WORK_ITEM}
"""What a filter may speak of beside the attributes of tasks."""


def tables(uow: UnitOfWork) -> list[QueryTable]:
    """The predefined table, and those that the tenant has."""
    return [query.TABLE, *map(_table, query_tables.every(uow))]


def check(definition: Definition) -> tuple[str, str] | None:
    """What is wrong with a definition: an attribute that tasks don't have, or a filter that can't be read."""
    for name in definition.attributes:
        if name not in TASK.columns:
            return "attributes", f"{name} is no attribute of {TASK.name}"
    try:
        condition(None, _table(definition), VIEWS, Moment(0))
    except Invalid as fault:
        return "filter", fault.message
    return None


def _table(definition: Definition) -> QueryTable:
    return QueryTable(
        TASK,
        query.TABLE.key,
        kind=COMPOSITE,
        own_name=definition.name,
        own_attributes=definition.attributes,
        filter=definition.filter,
        display_name=definition.display_name,
        description=definition.description,
        rows=WORK_ITEM,
    )
