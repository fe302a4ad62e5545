"""The operations on results of batches, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import batch_views
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import batch_repeats, batch_results
from dragoman.dialects.native.wire import batch_results as bodies
from dragoman.dialects.native.wire import batches as batch_bodies
from dragoman.dialects.native.wire import queries
from dragoman.usecases.batches.outcomes import results, retries, undo

READ = any_of("batch.manage", "batch.read")

CREATE = any_of("batch.manage", "batch.create")

_get = partial(operation, method="GET", scopes=READ)
_post = partial(
    operation,
    method="POST",
    scopes=CREATE,
    writes=True,
    query=queries.Trial,
    status=201,
    render=batch_views.made,
    body_may_be_empty=True,
    answer=batch_bodies.Batch,
)

RESULTS = (
    _get(
        name="read_batch_results",
        path="/batches/{id}/results",
        summary="What became of each entry, in order: a page, or all rows as NDJSON or CSV.",
        parse=batch_results.parse,
        run=batch_results.read,
        render=batch_results.render,
        query=bodies.ResultQuery,
        answer=bodies.ResultList,
        line=bodies.Result,
        has_csv=True,
    ),
    _get(
        name="read_batch_failures",
        path="/batches/{id}/failures",
        summary="Failures grouped by code, field and message.",
        parse=batch_results.parse_failures,
        run=results.failures,
        render=batch_results.render_failures,
        answer=bodies.FailureGroups,
    ),
    _post(
        name="retry_batch",
        path="/batches/{id}/retry",
        summary="Make a batch of the entries that failed, or were skipped.",
        parse=batch_repeats.parse_retry,
        run=retries.retry,
        body=bodies.Retry,
    ),
    _post(
        name="undo_batch",
        path="/batches/{id}/undo",
        summary="Make a batch that takes back what this one changed, in reverse order.",
        parse=batch_repeats.parse_undo,
        run=undo.undo,
        body=bodies.Undo,
    ),
)
