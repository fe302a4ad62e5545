"""The operations of queries: rows 29, 31 to 39 and 42 to 50 of the page."""

from dragoman.dialects.ibm_htm.handlers import (
    queries,
    query_requests,
    template_queries,
    where_lists,
)
from dragoman.dialects.ibm_htm.handlers.query_spellings import READ, spellings
from dragoman.dialects.kit import OperationSpec

FILTER_PARAMETERS = ("offset", "orderByClause", "size", "whereClause")

QUERIES = (
    OperationSpec(
        name="tasks.filter",
        method="GET",
        path="/tasks/filter",
        scopes=READ,
        parse=where_lists.parse_filter,
        run=where_lists.find,
        render=where_lists.render,
        parameters=FILTER_PARAMETERS,
        refused_parameters=query_requests.QUERY_FILTERS,
        summary="List tasks by a where clause.",
        standing="31 [D]",
    ),
    *spellings(
        "tasks",
        "query.",
        range(32, 40),
        parse=queries.parse,
        find=queries.find,
        count=queries.count,
        describe=queries.describe,
        describe_all=queries.describe_all,
        more=queries.WAY_PARAMETERS,
    ),
)

TEMPLATE_QUERIES = (
    OperationSpec(
        name="templates.filter",
        method="GET",
        path="/taskTemplates/filter",
        scopes=READ,
        parse=where_lists.parse_filter,
        run=template_queries.filtered,
        render=template_queries.render_filter,
        parameters=FILTER_PARAMETERS,
        refused_parameters=query_requests.QUERY_FILTERS,
        summary="List templates by a where clause.",
        standing="42 [A]",
    ),
    *spellings(
        "taskTemplates",
        "templates.query.",
        range(43, 51),
        parse=template_queries.parse_list,
        find=template_queries.find,
        count=template_queries.count,
        describe=template_queries.describe,
        describe_all=template_queries.describe_all,
    ),
)
