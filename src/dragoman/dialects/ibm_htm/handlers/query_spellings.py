"""The eight spellings of queries (rows 32 to 39 and their likes), the same for every noun that can be queried."""

from collections.abc import Callable
from typing import Any

from dragoman.dialects.ibm_htm.handlers import query_lists, query_requests
from dragoman.dialects.kit import OperationSpec, Request, any_of

READ = any_of("task.read")

LIST_PARAMETERS = (
    "admin",
    "interactionFilter",
    "offset",
    "processAppName",
    "queryFilter",
    "selectedAttributes",
    "size",
    "sortAttributes",
)
COUNT_PARAMETERS = ("admin", "interactionFilter", "processAppName", "queryFilter")


def spellings(
    noun: str,
    prefix: str,
    rows: range,
    *,
    parse: Callable[[Request], Any],
    find: Callable[[Any, Any], Any],
    count: Callable[[Any, Any], int],
    describe: Callable[[Any, Any], Any],
    describe_all: Callable[[Any, Any], Any],
    parse_count: Callable[[Request], Any] | None = None,
    more: tuple[str, ...] = (),
) -> tuple[OperationSpec, ...]:
    """The operations below `/noun`, named `prefix…`; `rows` are those of the page, `more` further parameters."""
    newer, older = f"/{noun}/query/{{query}}", f"/{noun}/query"
    named, of_list, of_count = ("queryTableName",), (*LIST_PARAMETERS, *more), (*COUNT_PARAMETERS, *more)
    parse_count = parse_count or parse
    tables, attributes = (f"/{noun}/queries", f"/{noun}/queryTables"), f"/{noun}/queryTable/{{query}}/attributes"

    def listed(name: str, path: str, row: int, parameters: tuple[str, ...], summary: str) -> OperationSpec:
        return OperationSpec(
            name=f"{prefix}{name}",
            method="GET",
            path=path,
            scopes=READ,
            parse=parse if name.startswith("list") else parse_count,
            run=find if name.startswith("list") else count,
            render=query_requests.render if name.startswith("list") else query_requests.render_count,
            parameters=tuple(sorted(parameters)),
            refused_parameters=query_requests.WHERE_CLAUSES,
            summary=summary,
            standing=f"{row} [D]",
        )

    def described(name: str, path: str, row: int, summary: str) -> OperationSpec:
        is_one = name.startswith("attributes")
        return OperationSpec(
            name=f"{prefix}{name}",
            method="GET",
            path=path,
            scopes=READ,
            parse=query_lists.parse_name if is_one else query_lists.parse,
            run=describe if is_one else describe_all,
            render=query_lists.render_attributes if is_one else query_lists.render,
            parameters=() if is_one else query_lists.FILTERS,
            summary=summary,
            standing=f"{row} [D]",
        )

    return (
        listed("list", newer, rows[0], of_list, "List what a query finds, with chosen attributes."),
        listed("count", f"{newer}/count", rows[1], of_count, "Count what the same query finds."),
        described("attributes", f"{newer}/attributes", rows[2], "The attributes of a query table."),
        described("tables", tables[0], rows[3], "List the query tables."),
        listed("list.old", older, rows[4], (*of_list, *named), "The list in its older spelling."),
        listed("count.old", f"/{noun}/queryCount", rows[5], (*of_count, *named), "The count in its older spelling."),
        described("tables.old", tables[1], rows[6], "The query tables in their older spelling."),
        described("attributes.old", attributes, rows[7], "The attributes in their older spelling."),
    )
