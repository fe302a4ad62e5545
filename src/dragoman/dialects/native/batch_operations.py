"""The operations on batches, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import batch_rows, batch_uploads, batch_watching, batches
from dragoman.dialects.native.wire import batch_queries, queries
from dragoman.dialects.native.wire import batches as bodies
from dragoman.usecases.batches import contents, creations, pages, watching

CREATE = any_of("batch.manage", "batch.create")
READ = any_of("batch.manage", "batch.read")
UPDATE = any_of("batch.manage", "batch.update")
DELETE = any_of("batch.manage", "batch.delete")
DECIDE = any_of("batch.manage", "batch.update", "batch.decide")

_get = partial(operation, method="GET")
_post = partial(operation, method="POST", writes=True, query=queries.Trial)

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
    ),
)
