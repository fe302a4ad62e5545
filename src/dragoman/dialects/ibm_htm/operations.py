"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of the page, 2.

Each noun has a group of rows of its own; actions stand in the order in which an unknown one is told of them.
"""

from dragoman.dialects._kit import NotOffered, Operation
from dragoman.dialects.ibm_htm.handlers import messages, tasks
from dragoman.dialects.ibm_htm.wire.messages import render as render_message
from dragoman.dialects.ibm_htm.wire.replies import empty
from dragoman.dialects.ibm_htm.wire.tasks import render_task
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
            empty,
            f"task.{which}.set",
            is_bulk=True,
            summary=f"Set the {which} message.",
            standing=standing,
        )
        for which, standing in ((Which.INPUT, "14 [D]"), (Which.OUTPUT, "16 [D]"), (Which.FAULT, "18 [D]"))
    ),
)

OPERATIONS: tuple[Operation, ...] = (*DETAILS, *MESSAGES)

_EXTENSION = "an extension of the vendor's that we leave out: the page asks for its core"

NOT_OFFERED: tuple[NotOffered, ...] = tuple(
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
