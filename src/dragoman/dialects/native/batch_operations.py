"""The operations on batches, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import OperationSpec, any_of
from dragoman.dialects.native import batch_views as views
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import batch_rows, batch_uploads, batch_verbs, batch_watching, batches
from dragoman.dialects.native.wire import batch_queries, queries
from dragoman.dialects.native.wire import batches as bodies
from dragoman.dialects.native.wire import requests as reading
from dragoman.usecases.batches import commands, creations, pages, watching
from dragoman.usecases.batches.commands import Action
from dragoman.usecases.batches.content import contents
from dragoman.usecases.batches.review import preview_pages

CREATE = any_of("batch.manage", "batch.create")
READ = any_of("batch.manage", "batch.read")
UPDATE = any_of("batch.manage", "batch.update")
DELETE = any_of("batch.manage", "batch.delete")
DECIDE = any_of("batch.manage", "batch.update", "batch.decide")

_get = partial(operation, method="GET")
_post = partial(operation, method="POST", writes=True, query=queries.Trial)

ACTIONS: tuple[tuple[Action, str, frozenset[str]], ...] = (
    (Action.APPROVE, "Approve it, or let it go on behind its canary.", DECIDE),
    (Action.REFUSE, "Refuse it, or stop it behind its canary.", DECIDE),
    (Action.PAUSE, "Let it stand still between two entries.", UPDATE),
    (Action.RESUME, "Let it go on.", UPDATE),
    (Action.STOP, "End it for good between two entries.", UPDATE),
)


def _act(action: Action, summary: str, scopes: frozenset[str]) -> OperationSpec:
    return _post(
        name=f"{action}_batch",
        path=f"/batches/{{id}}/{action}",
        summary=summary,
        scopes=scopes,
        parse=batch_verbs.parsing(action),
        run=commands.act,
        render=views.one,
        body=bodies.Deciding,
        body_may_be_empty=True,
        answer=bodies.Batch,
        is_conditional=True,
    )


BATCHES = (
    _get(
        name="list_batches",
        path="/batches",
        summary="Batches by conditions, sorted, page by page.",
        scopes=READ,
        parse=batches.parse_list,
        run=pages.list_page,
        render=batches.render_list,
        query=batch_queries.BatchQuery,
        answer=bodies.BatchList,
    ),
    _post(
        name="create_batch",
        path="/batches",
        summary="Create a batch. It is previewed, and waits for its review.",
        scopes=CREATE,
        parse=batches.parse_create,
        run=creations.create,
        render=batches.render_made,
        is_bulk=True,
        streamed=batch_uploads.UPLOADS,
        status=201,
        body=bodies.NewBatch,
        answer=bodies.Batch,
    ),
    _get(
        name="read_batch",
        path="/batches/{id}",
        summary="One batch, at once or when it rests.",
        scopes=READ,
        parse=batch_watching.parse_get,
        run=watching.look,
        render=batch_watching.render,
        query=batch_queries.Waiting,
        answer=bodies.Batch,
        runs_further=True,
    ),
    _get(
        name="watch_batch",
        path="/batches/{id}/events",
        summary="Its progress as a stream of server-sent events, until it ends.",
        scopes=READ,
        parse=batch_watching.parse_events,
        run=watching.look,
        render=batch_watching.render_events,
        answer=bodies.Glance,
        answer_media="text/event-stream",
        runs_further=True,
    ),
    _get(
        name="read_batch_entries",
        path="/batches/{id}/entries",
        summary="Its entries and their data: a page, or all of them as NDJSON or CSV.",
        scopes=READ,
        parse=batch_rows.parse_entries,
        run=contents.run,
        render=batch_rows.render_entries,
        query=queries.Pages,
        answer=bodies.BatchEntryList,
        line=bodies.BatchEntry,
        has_csv=True,
    ),
    _get(
        name="read_batch_preview",
        path="/batches/{id}/preview",
        summary="What it would do to each object: a page with the summary, or all rows as NDJSON or CSV.",
        scopes=READ,
        parse=batch_rows.parse_preview,
        run=preview_pages.run,
        render=batch_rows.render_preview,
        query=batch_queries.PreviewQuery,
        answer=bodies.PreviewPage,
        line=bodies.PreviewRow,
        has_csv=True,
    ),
    _post(
        name="preview_batch",
        path="/batches/{id}/preview",
        summary="Make its preview again; approvals are void.",
        scopes=UPDATE,
        parse=batch_verbs.parse_preview,
        run=commands.act,
        render=views.one,
        answer=bodies.Batch,
        is_conditional=True,
    ),
    operation(
        method="PATCH",
        name="patch_batch",
        path="/batches/{id}",
        summary="Change its options, or its title and purpose.",
        scopes=UPDATE,
        parse=batch_verbs.parse_patch,
        run=commands.change,
        render=views.one,
        writes=True,
        query=queries.Trial,
        body=bodies.BatchPatch,
        body_media=reading.MERGE_PATCH,
        answer=bodies.Batch,
        is_conditional=True,
    ),
    operation(
        method="DELETE",
        name="delete_batch",
        path="/batches/{id}",
        summary="Delete a batch that isn't executed. What it changed stays.",
        scopes=DELETE,
        parse=batch_verbs.parse_delete,
        run=commands.remove,
        render=replies.gone,
        writes=True,
        query=queries.Trial,
        status=204,
        is_conditional=True,
    ),
    *(_act(action, summary, scopes) for action, summary, scopes in ACTIONS),
)
