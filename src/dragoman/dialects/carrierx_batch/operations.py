"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of carrierx-batch.md 2,
14.2 and 16."""

from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.handlers import lists, resources, tasks, uploads
from dragoman.dialects.carrierx_batch.resource_types import SERVED, Served
from dragoman.dialects.carrierx_batch.wire import paging, upload_orders
from dragoman.dialects.carrierx_batch.wire.tasks import IDENTITY, MOVING, SETTABLE, render
from dragoman.dialects.kit import OTHERS, NotOffered, OperationSpec, any_of
from dragoman.dialects.kit.receiving import Streamed
from dragoman.usecases.batches.uploads import MEDIA

TASKS = "/batch/tasks"
TASK = "/batch/tasks/{task_sid}"
UNKNOWN_IN_LISTS = {OTHERS: "carrierx-batch.md, 10"}


_TASKS = (
    OperationSpec(
        name="batch.create",
        method="POST",
        path=TASKS,
        scopes=any_of("batch.manage", "batch.create"),
        parse=tasks.parse_create,
        run=tasks.create,
        render=render,
        writes=True,
        idempotent_by_key=True,
        is_bulk=True,
        streamed=Streamed(media=MEDIA, open=uploads.open_upload, parameters=(*upload_orders.KEYS, "dry_run")),
        parameters=("dry_run",),
        members=SETTABLE,
        ignored_members=dict.fromkeys((*IDENTITY, *MOVING), "carrierx-batch.md, 5"),
        summary="Create a batch task; `dry_run=true` only shows what it would be.",
        standing="1 [D], 16 [A]",
    ),
    OperationSpec(
        name="batch.list",
        method="GET",
        path=TASKS,
        scopes=any_of("batch.manage", "batch.read"),
        parse=lists.parse_list,
        run=lists.find,
        render=lists.render_list,
        parameters=paging.LIST,
        ignored_parameters=UNKNOWN_IN_LISTS,
        summary="List the tasks: filter, order, pages, selection of keys.",
        standing="2 [D]",
    ),
    OperationSpec(
        name="batch.get",
        method="GET",
        path=TASK,
        scopes=any_of("batch.manage", "batch.read"),
        parse=tasks.parse_get,
        run=tasks.get,
        render=tasks.render_shown,
        parameters=paging.SELECTION,
        ignored_parameters=UNKNOWN_IN_LISTS,
        summary="Read one task.",
        standing="3 [A]",
    ),
    OperationSpec(
        name="batch.update",
        method="PATCH",
        path=TASK,
        scopes=any_of("batch.manage", "batch.update"),
        parse=tasks.parse_patch,
        run=tasks.update,
        render=render,
        writes=True,
        is_bulk=True,
        members=(*SETTABLE, *IDENTITY),
        ignored_members=dict.fromkeys(MOVING, "carrierx-batch.md, 7"),
        summary="Approve or cancel a task under review.",
        standing="4 [S]",
    ),
    OperationSpec(
        name="batch.replace",
        method="PUT",
        path=TASK,
        scopes=any_of("batch.manage", "batch.update"),
        parse=tasks.parse_put,
        run=tasks.update,
        render=render,
        writes=True,
        is_bulk=True,
        members=(*SETTABLE, *IDENTITY),
        ignored_members=dict.fromkeys(MOVING, "carrierx-batch.md, 7"),
        summary="The same, with the whole task sent.",
        standing="5 [S]",
    ),
    OperationSpec(
        name="batch.delete",
        method="DELETE",
        path=TASK,
        scopes=any_of("batch.manage", "batch.delete"),
        parse=tasks.parse_remove,
        run=tasks.remove,
        render=answers.nothing,
        writes=True,
        summary="Delete a task that isn't executing; its effects remain.",
        standing="6 [A]",
    ),
    OperationSpec(
        name="batch.errors",
        method="GET",
        path=TASK + "/errors",
        scopes=any_of("batch.manage", "batch.read"),
        parse=lists.parse_failures,
        run=lists.failures,
        render=lists.render_failures,
        parameters=paging.PAGES,
        ignored_parameters=UNKNOWN_IN_LISTS,
        summary="List the failures of a task, one for each entry.",
        standing="7 [D]",
    ),
)


def _of_type(served: Served) -> tuple[OperationSpec, ...]:
    plain, handlers = served.plain, resources.Handlers(served.plain)
    settable = tuple(name for name in plain.properties if name not in plain.read_only)
    ignored = dict.fromkeys(sorted({*plain.read_only, plain.sid}), "carrierx-batch.md, 14.2")
    word, one = plain.name, f"{served.path}/{{{plain.sid}}}"
    return (
        OperationSpec(
            name=f"{word}.create",
            method="POST",
            path=served.path,
            scopes=any_of(f"{word}.manage", f"{word}.create"),
            parse=handlers.parse_create,
            run=handlers.create,
            render=resources.render,
            writes=True,
            idempotent_by_key=True,
            members=settable,
            ignored_members=ignored,
            summary=f"Create a {word}.",
            standing="14.2 [A]",
        ),
        OperationSpec(
            name=f"{word}.list",
            method="GET",
            path=served.path,
            scopes=any_of(f"{word}.manage", f"{word}.read"),
            parse=handlers.parse_list,
            run=handlers.find,
            render=resources.render_list,
            parameters=paging.LIST,
            ignored_parameters=UNKNOWN_IN_LISTS,
            summary=f"List each {word}: filter, order, pages, selection of keys.",
            standing="14.2 [A]",
        ),
        OperationSpec(
            name=f"{word}.get",
            method="GET",
            path=one,
            scopes=any_of(f"{word}.manage", f"{word}.read"),
            parse=handlers.parse_get,
            run=handlers.get,
            render=resources.render,
            parameters=paging.SELECTION,
            ignored_parameters=UNKNOWN_IN_LISTS,
            summary=f"Read a {word}.",
            standing="14.2 [A]",
        ),
        OperationSpec(
            name=f"{word}.update",
            method="PATCH",
            path=one,
            scopes=any_of(f"{word}.manage", f"{word}.update"),
            parse=handlers.parse_change(whole=False),
            run=handlers.change,
            render=resources.render,
            writes=True,
            members=settable,
            ignored_members=ignored,
            summary=f"Change a {word}: a JSON Merge Patch.",
            standing="14.2 [A]",
        ),
        OperationSpec(
            name=f"{word}.replace",
            method="PUT",
            path=one,
            scopes=any_of(f"{word}.manage", f"{word}.update"),
            parse=handlers.parse_change(whole=True),
            run=handlers.change,
            render=resources.render,
            writes=True,
            members=settable,
            ignored_members=ignored,
            summary=f"Replace a {word}: what isn't sent is unset.",
            standing="14.2 [A]",
        ),
        OperationSpec(
            name=f"{word}.delete",
            method="DELETE",
            path=one,
            scopes=any_of(f"{word}.manage", f"{word}.delete"),
            parse=handlers.parse_remove,
            run=handlers.remove,
            render=answers.nothing,
            writes=True,
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
    NotOffered("POST", TASK + "/undo", "The former values of objects are only in their history.", "batch.undo"),
    NotOffered("GET", TASK + "/events", "Read the task again to see how far it is.", "batch.events"),
)
