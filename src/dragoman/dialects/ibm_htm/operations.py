"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of the page, 2.

Each noun has a group of rows of its own; actions stand in the order in which an unknown one is told of them.
"""

from dragoman.dialects._kit import NotOffered, Operation
from dragoman.dialects.ibm_htm.handlers import tasks
from dragoman.dialects.ibm_htm.wire.tasks import render_task

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

OPERATIONS: tuple[Operation, ...] = (*DETAILS,)

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
