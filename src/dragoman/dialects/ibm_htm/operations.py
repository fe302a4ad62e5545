"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of the page, 2.

Each noun has a group of rows of its own; actions stand in the order in which an unknown one is told of them.
"""

from typing import Any

from dragoman.dialects.ibm_htm.handlers import (
    actions,
    allowed,
    assignment,
    bulk,
    completion,
    creation,
    hierarchy,
    history,
    messages,
    queries,
    roles,
    start,
    tasks,
    templates,
    update,
)
from dragoman.dialects.ibm_htm.responses import render_nothing
from dragoman.dialects.ibm_htm.wire.messages import TYPES
from dragoman.dialects.ibm_htm.wire.messages import render as render_message
from dragoman.dialects.ibm_htm.wire.tasks import render_task
from dragoman.dialects.kit import NO_BODY, NotOffered, Operation
from dragoman.domain.message import Which

READ = frozenset({"task.read"})
WRITE = frozenset({"task.write"})

TASK = "/task/{tkiid}"

DETAILS = (
    Operation(
        "GET",
        TASK,
        READ,
        tasks.parse_show,
        tasks.show,
        render_task,
        "task.show",
        write=False,
        summary="The details of a task.",
        standing="1 [D]",
    ),
)


def _action(
    word: str, name: str, parse: Any, run: Any, summary: str, standing: str, *, render: Any = render_nothing
) -> Operation:
    """`PUT task/{tkiid}?action=word`. Those with a message in the body take as much as bulk requests do."""
    has_message = word in ("start", "complete")
    return Operation(
        "PUT",
        TASK,
        WRITE,
        parse,
        run,
        render,
        name,
        query={"action": word},
        is_bulk=has_message,
        media=TYPES if render is render_message else NO_BODY,
        summary=summary,
        standing=standing,
    )


ACTIONS = (
    _action("update", "task.update", update.parse_update, update.update, "Change properties: all or none.", "2 [S]"),
    _action("start", "task.start", start.parse_start, start.start, "Start an inactive task.", "3 [D]"),
    _action(
        "claim",
        "task.claim",
        actions.parse_claim,
        actions.claim,
        "Take responsibility for a task; the answer is its input message.",
        "4 [D]",
        render=render_message,
    ),
    _action("cancel", "task.cancel", actions.parse_cancel, actions.cancel, "Give a claim back.", "5 [D]"),
    _action(
        "complete",
        "task.complete",
        completion.parse_complete,
        completion.complete,
        "Complete a task with an output or a fault.",
        "6 [D]",
    ),
    _action(
        "suspend",
        "task.suspend",
        actions.parse_suspend,
        actions.suspend,
        "Set a task aside, for good or for a time.",
        "7 [D]",
    ),
    _action(
        "suspendAndCancelClaim",
        "task.suspend_and_cancel",
        actions.parse_suspend_and_cancel,
        actions.suspend_and_cancel,
        "Set a task aside for a time, and give the claim back when that is over.",
        "8 [D]",
    ),
    _action("resume", "task.resume", actions.parse_act, actions.resume, "Go on with a suspended task.", "9 [D]"),
    _action(
        "terminate", "task.terminate", actions.parse_act, actions.terminate, "Stop a task with its subtasks.", "10 [A]"
    ),
    _action(
        "forceTerminate",
        "task.force_terminate",
        actions.parse_act,
        actions.terminate,
        "The same, as the process API next door spells it.",
        "10 [A]",
    ),
    Operation(
        "DELETE",
        TASK,
        WRITE,
        tasks.parse_delete,
        tasks.delete,
        render_nothing,
        "task.delete",
        media=NO_BODY,
        summary="Delete a task with its subtasks; one that isn't there is no fault.",
        standing="11 [D]",
    ),
    Operation(
        "GET",
        "/task/actions",
        READ,
        allowed.parse_ask,
        allowed.ask,
        allowed.render,
        "task.actions",
        write=False,
        summary="What the caller may do now with some tasks.",
        standing="24 [D]",
    ),
)

MESSAGES = (
    *(
        Operation(
            "GET",
            f"{TASK}/{which}",
            READ,
            messages.parse_get(which),
            messages.get,
            render_message,
            f"task.{which}.show",
            write=False,
            media=TYPES,
            summary=f"The {which} message, as XML or JSON; with `new`, an empty one.",
            standing=standing,
        )
        for which, standing in ((Which.INPUT, "13 [D]"), (Which.OUTPUT, "15 [D]"), (Which.FAULT, "17 [D]"))
    ),
    *(
        Operation(
            "PUT",
            f"{TASK}/{which}",
            WRITE,
            messages.parse_put(which),
            messages.put,
            render_nothing,
            f"task.{which}.set",
            is_bulk=True,
            media=NO_BODY,
            summary=f"Set the {which} message.",
            standing=standing,
        )
        for which, standing in ((Which.INPUT, "14 [D]"), (Which.OUTPUT, "16 [D]"), (Which.FAULT, "18 [D]"))
    ),
)

CREATION = (
    Operation(
        "POST",
        "/task",
        WRITE,
        creation.parse,
        creation.create,
        creation.render,
        "task.create",
        is_bulk=True,
        summary="Make a task from a template, perhaps as a subtask, and perhaps start it.",
        standing="12 [D]",
    ),
    Operation(
        "GET",
        f"{TASK}/subtasks",
        READ,
        hierarchy.parse_list,
        hierarchy.list_all,
        hierarchy.render_list,
        "task.subtasks",
        write=False,
        summary="The subtasks of a task.",
        standing="22 [D]",
    ),
    Operation(
        "GET",
        f"{TASK}/history",
        READ,
        history.parse,
        history.show,
        history.render,
        "task.history",
        write=False,
        summary="What happened to a task, event by event.",
        standing="23 [D]",
    ),
)

ROLES = (
    Operation(
        "GET",
        f"{TASK}/role/{{role}}",
        READ,
        roles.parse_get,
        roles.get,
        roles.render,
        "role.show",
        write=False,
        summary="Who holds a role on a task.",
        standing="19 [D]",
    ),
    Operation(
        "PUT",
        f"{TASK}/role/{{role}}",
        WRITE,
        assignment.parse_assign,
        assignment.assign,
        render_nothing,
        "role.assign",
        media=NO_BODY,
        query={"action": "assign"},
        summary="Give a role to one more user.",
        standing="20 [D]",
    ),
    Operation(
        "PUT",
        f"{TASK}/role/{{role}}",
        WRITE,
        assignment.parse_transfer,
        assignment.transfer,
        render_nothing,
        "role.transfer",
        media=NO_BODY,
        query={"action": "transfer"},
        summary="Move a role from one holder to another.",
        standing="21 [D]",
    ),
)

TEMPLATES = (
    Operation(
        "GET",
        "/taskTemplate/{tktid}",
        READ,
        templates.parse_get,
        templates.get,
        templates.render,
        "template.show",
        write=False,
        summary="One version of a template.",
        standing="40 [D]",
    ),
    Operation(
        "GET",
        "/taskTemplate/{tktid}/input",
        READ,
        templates.parse_input,
        templates.get_input,
        render_message,
        "template.input",
        write=False,
        media=TYPES,
        summary="An empty input message of a template's tasks.",
        standing="41 [D]",
    ),
)

QUERIES = (
    Operation(
        "GET",
        "/tasks/query/{query}",
        READ,
        queries.parse_list,
        queries.find,
        queries.render_list,
        "query.list",
        write=False,
        summary="Tasks by what one wants to do with them, with the attributes that one wants to see.",
        standing="32 [D]",
    ),
    Operation(
        "GET",
        "/tasks/query/{query}/count",
        READ,
        queries.parse_count,
        queries.count,
        queries.render_count,
        "query.count",
        write=False,
        summary="How many tasks the same query finds.",
        standing="33 [D]",
    ),
    Operation(
        "GET",
        "/tasks/query/{query}/attributes",
        READ,
        queries.parse_attributes,
        queries.describe,
        queries.render_attributes,
        "query.attributes",
        write=False,
        summary="The attributes of a query table.",
        standing="34 [D]",
    ),
    Operation(
        "GET",
        "/tasks/queries",
        READ,
        queries.parse_queries,
        queries.describe,
        queries.render_queries,
        "query.tables",
        write=False,
        summary="The query tables that there are.",
        standing="35 [D]",
    ),
    Operation(
        "GET",
        "/tasks/query",
        READ,
        queries.parse_list,
        queries.find,
        queries.render_list,
        "query.list.old",
        write=False,
        summary="The list in its older spelling.",
        standing="36 [D]",
    ),
    Operation(
        "GET",
        "/tasks/queryCount",
        READ,
        queries.parse_count,
        queries.count,
        queries.render_count,
        "query.count.old",
        write=False,
        summary="The count in its older spelling.",
        standing="37 [D]",
    ),
    Operation(
        "GET",
        "/tasks/queryTables",
        READ,
        queries.parse_queries,
        queries.describe,
        queries.render_queries,
        "query.tables.old",
        write=False,
        summary="The query tables in their older spelling.",
        standing="38 [D]",
    ),
    Operation(
        "GET",
        "/tasks/queryTable/{query}/attributes",
        READ,
        queries.parse_attributes,
        queries.describe,
        queries.render_attributes,
        "query.attributes.old",
        write=False,
        summary="The attributes in their older spelling.",
        standing="39 [D]",
    ),
)


def _bulk(word: str, name: str, parse: Any, run: Any, summary: str, standing: str) -> Operation:
    """`PUT task?action=word`: the same on many tasks."""
    return Operation(
        "PUT",
        "/task",
        WRITE,
        parse,
        run,
        bulk.render_failures,
        name,
        query={"action": word},
        media=bulk.MEDIA,
        summary=summary,
        standing=standing,
    )


BULK = (
    _bulk("cancel", "tasks.cancel", bulk.parse_cancel, bulk.cancel, "Give many claims back.", "25 [D]"),
    _bulk("suspend", "tasks.suspend", bulk.parse_suspend, bulk.suspend, "Set many tasks aside for a time.", "26 [D]"),
    _bulk("resume", "tasks.resume", bulk.parse_resume, bulk.resume, "Go on with many suspended tasks.", "27 [D]"),
    _bulk(
        "suspendAndCancelClaim",
        "tasks.suspend_and_cancel",
        bulk.parse_suspend_and_cancel,
        bulk.suspend_and_cancel,
        "Set many tasks aside for a time, and give the claims back when that is over.",
        "28 [D]",
    ),
    Operation(
        "PUT",
        "/task/role/{role}",
        WRITE,
        bulk.parse_transfer,
        bulk.transfer,
        bulk.render_failures,
        "tasks.role.transfer",
        media=bulk.MEDIA,
        query={"action": "transfer"},
        summary="Let somebody else hold a role on many tasks.",
        standing="30 [D]",
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    *DETAILS,
    *ACTIONS,
    *BULK,
    *MESSAGES,
    *QUERIES,
    *CREATION,
    *ROLES,
    *TEMPLATES,
)

_EXTENSION = "work baskets, escalations, binary properties and client settings are not offered, only the core of tasks"

_LANGUAGE = "the languages of queries (whereClause, queryFilter) are not offered yet"
_TEMPLATE_QUERIES = "queries of templates are not offered yet"


def _tables(noun: str, reason: str) -> tuple[NotOffered, ...]:
    """The eight spellings of queries (rows 32 to 39) for something that can't be queried here."""
    query, table = f"/{noun}/query/{{query}}", f"/{noun}/queryTable/{{query}}/attributes"
    newer = (query, f"{query}/count", f"{query}/attributes", f"/{noun}/queries")
    older = (f"/{noun}/query", f"/{noun}/queryCount", f"/{noun}/queryTables", table)
    return tuple(NotOffered("GET", path, reason) for path in (*newer, *older))


_QUERIES_LEFT_OUT = (
    NotOffered("PUT", "/task", _LANGUAGE, query={"action": "claimNext"}),
    NotOffered("GET", "/tasks/filter", _LANGUAGE),
    NotOffered("GET", "/taskTemplates/filter", _LANGUAGE),
    *_tables("taskTemplates", _TEMPLATE_QUERIES),
    *_tables("escalations", _EXTENSION),
    *_tables("workBaskets", _EXTENSION),
)

NOT_OFFERED: tuple[NotOffered, ...] = _QUERIES_LEFT_OUT + tuple(
    NotOffered(method, path, _EXTENSION)
    for method, path in (
        ("POST", "/task/{tkiid}/binaryCustomProperty/{name}"),
        ("GET", "/task/{tkiid}/binaryCustomProperty/{name}"),
        ("PUT", "/task/{tkiid}/binaryCustomProperty/{name}"),
        ("GET", "/task/{tkiid}/binaryCustomProperty/{name}/metadata"),
        ("GET", "/task/{tkiid}/clientSettings/{type}"),
        ("GET", "/task/{tkiid}/escalationInfo"),
        ("GET", "/escalation/{esiid}"),
        ("PUT", "/escalation/{esiid}"),
        ("GET", "/escalation/actions"),
        ("POST", "/workBasket"),
        ("PUT", "/workBasket/{wbid}"),
        ("GET", "/taskTemplate/{tktid}/resource"),
    )
)
