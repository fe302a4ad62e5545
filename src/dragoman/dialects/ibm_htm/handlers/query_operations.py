"""The operations of queries: rows 29, 31 to 39 and 42 to 50 of the page."""

from dragoman.dialects.ibm_htm.handlers import (
    claim_next,
    queries,
    query_requests,
    template_queries,
    where_lists,
)
from dragoman.dialects.ibm_htm.handlers.query_spellings import READ, spellings
from dragoman.dialects.ibm_htm.wire.tasks import render_task
from dragoman.dialects.kit import OperationSpec, any_of

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

NEXT_PARAMETERS = (
    *("admin", "interactionFilter", "maxRetryCount", "processAppName", "query", "queryFilter", "queryTableName"),
    *("sortAttributes", *queries.WAY_PARAMETERS),
)

CLAIMS = tuple(
    OperationSpec(
        name=name,
        method="PUT",
        path="/task",
        query={"action": action},
        scopes=any_of("task.write"),
        parse=parse,
        run=claim_next.run,
        render=render_task,
        writes=True,
        parameters=NEXT_PARAMETERS,
        refused_parameters=query_requests.WHERE_CLAUSES,
        summary=summary,
        standing=standing,
    )
    for name, action, parse, summary, standing in (
        ("tasks.claim_next", "claimNext", claim_next.parse_claim, "Claim the first task of a query.", "29 [D]"),
        (
            "tasks.get_next",
            "getNext",
            claim_next.parse_get,
            "The first task of a query that the caller has claimed, else claim one.",
            "N [D]",
        ),
    )
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
