"""The query table WORK_BASKET (page, rows 72 to 79; ibm-htm-2.md, H)."""

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import memory_tables, query_lists, query_requests
from dragoman.dialects.ibm_htm.handlers.query_requests import Asked, Page, Texts
from dragoman.dialects.ibm_htm.handlers.query_spellings import spellings
from dragoman.dialects.ibm_htm.views import name_of
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Rows
from dragoman.dialects.ibm_htm.wire.expressions.other_views import WORK_BASKET, rows_of_basket
from dragoman.dialects.ibm_htm.wire.expressions.tables import ROLE_BASED, QueryTable
from dragoman.dialects.kit import Request
from dragoman.domain.access import sees_all
from dragoman.domain.work_list import roles_of
from dragoman.usecases.tasks import work_lists
from dragoman.usecases.uow import UnitOfWork

TABLE = QueryTable(WORK_BASKET, "WBID", ROLE_BASED, display_name="Work baskets")


def parse(request: Request) -> Texts:
    """GET workBaskets/query/{query} and its older spelling, counts too."""
    return query_requests.texts(request, ())


def find(uow: UnitOfWork, command: Texts) -> Page:
    """The page, of baskets on which the caller has a role. Forbidden (`administrators_only`) for all of them."""
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
    asked = memory_tables.read(uow, command, table, {})
    known = [each for each in work_lists.list_all(uow) if command.of_all or roles_of(uow.principal, each)]
    return asked, [rows_of_basket(each, name_of(uow, each.owner)) for each in known]


def describe(uow: UnitOfWork, command: query_lists.Name) -> QueryTable:
    """The table. NotFound for another name."""
    return query_lists.named(command.name, (TABLE,))


def describe_all(uow: UnitOfWork, command: query_lists.Describe) -> list[QueryTable]:
    """The only table, unless a filter excludes it."""
    return query_lists.fitting(command, (TABLE,))


OPERATIONS = spellings(
    "workBaskets",
    "baskets.query.",
    range(72, 80),
    parse=parse,
    find=find,
    count=count,
    describe=describe,
    describe_all=describe_all,
)
