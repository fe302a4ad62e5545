"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of carrierx-batch.md 2,
14.2 and 16."""

from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.handlers import lists, resources, tasks
from dragoman.dialects.carrierx_batch.resource_types import SERVED, Served
from dragoman.dialects.carrierx_batch.wire.tasks import render
from dragoman.dialects.kit import NotOffered, Operation

TASKS = "/batch/tasks"
TASK = "/batch/tasks/{task_sid}"


def allowing(word: str, verb: str) -> frozenset[str]:
    """The scopes of which any one suffices (11)."""
    return frozenset({f"{word}.manage", f"{word}.{verb}"})


_TASKS = (
    Operation(
        "POST",
        TASKS,
        allowing("batch", "create"),
        tasks.parse_create,
        tasks.create,
        render,
        "batch.create",
        idempotent_by_key=True,
        is_bulk=True,
        summary="Make a batch task; `dry_run=true` only says how it would be.",
        standing="1 [D], 16 [A]",
    ),
    Operation(
        "GET",
        TASKS,
        allowing("batch", "read"),
        lists.parse_list,
        lists.find,
        lists.render_list,
        "batch.list",
        write=False,
        summary="List the tasks: filter, order, pages, selection of keys.",
        standing="2 [D]",
    ),
    Operation(
        "GET",
        TASK,
        allowing("batch", "read"),
        tasks.parse_get,
        tasks.get,
        tasks.render_shown,
        "batch.get",
        write=False,
        summary="Read one task.",
        standing="3 [A]",
    ),
    Operation(
        "PATCH",
        TASK,
        allowing("batch", "update"),
        tasks.parse_patch,
        tasks.update,
        render,
        "batch.update",
        is_bulk=True,
        summary="Approve or cancel a task under review.",
        standing="4 [S]",
    ),
    Operation(
        "PUT",
        TASK,
        allowing("batch", "update"),
        tasks.parse_put,
        tasks.update,
        render,
        "batch.replace",
        is_bulk=True,
        summary="The same, with the whole task sent.",
        standing="5 [S]",
    ),
    Operation(
        "DELETE",
        TASK,
        allowing("batch", "delete"),
        tasks.parse_remove,
        tasks.remove,
        answers.nothing,
        "batch.delete",
        summary="Remove a task that is not executing; what it did stays done.",
        standing="6 [A]",
    ),
    Operation(
        "GET",
        TASK + "/errors",
        allowing("batch", "read"),
        lists.parse_failures,
        lists.failures,
        lists.render_failures,
        "batch.errors",
        write=False,
        summary="List the failures of a task, one for each entry.",
        standing="7 [D]",
    ),
)


def _of_type(served: Served) -> tuple[Operation, ...]:
    plain, handlers = served.plain, resources.Handlers(served.plain)
    word, one = plain.name, f"{served.path}/{{{plain.sid}}}"
    return (
        Operation(
            "POST",
            served.path,
            allowing(word, "create"),
            handlers.parse_create,
            handlers.create,
            resources.render,
            f"{word}.create",
            idempotent_by_key=True,
            summary=f"Make a {word}.",
            standing="14.2 [A]",
        ),
        Operation(
            "GET",
            served.path,
            allowing(word, "read"),
            handlers.parse_list,
            handlers.find,
            resources.render_list,
            f"{word}.list",
            write=False,
            summary=f"List each {word}: filter, order, pages, selection of keys.",
            standing="14.2 [A]",
        ),
        Operation(
            "GET",
            one,
            allowing(word, "read"),
            handlers.parse_get,
            handlers.get,
            resources.render,
            f"{word}.get",
            write=False,
            summary=f"Read a {word}.",
            standing="14.2 [A]",
        ),
        Operation(
            "PATCH",
            one,
            allowing(word, "update"),
            handlers.parse_change(whole=False),
            handlers.change,
            resources.render,
            f"{word}.update",
            summary=f"Change a {word}: a JSON Merge Patch.",
            standing="14.2 [A]",
        ),
        Operation(
            "PUT",
            one,
            allowing(word, "update"),
            handlers.parse_change(whole=True),
            handlers.change,
            resources.render,
            f"{word}.replace",
            summary=f"Exchange a {word}: what isn't sent is unset.",
            standing="14.2 [A]",
        ),
        Operation(
            "DELETE",
            one,
            allowing(word, "delete"),
            handlers.parse_remove,
            handlers.remove,
            answers.nothing,
            f"{word}.delete",
            summary=f"Delete a {word}.",
            standing="14.2 [A]",
        ),
    )


OPERATIONS = (*_TASKS, *(operation for served in SERVED for operation in _of_type(served)))

NOT_OFFERED = (
    NotOffered("GET", TASK + "/preview", "A preview of each entry's effect is not computed yet.", "batch.preview"),
    NotOffered("PATCH", TASK + "/control", "A running batch can't be paused, slowed or stopped yet.", "batch.control"),
    NotOffered("GET", TASK + "/results", "Only failures are listed yet: see /errors.", "batch.results"),
    NotOffered("POST", TASK + "/retry", "Make a new task of the entries that /errors lists.", "batch.retry"),
    NotOffered("POST", TASK + "/undo", "What objects were before a batch stands in their history only.", "batch.undo"),
    NotOffered("GET", TASK + "/events", "Read the task again to see how far it is.", "batch.events"),
)
