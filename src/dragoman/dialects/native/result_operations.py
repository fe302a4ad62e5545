"""The operations on results of batches, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import batch_results
from dragoman.dialects.native.wire import batch_results as bodies
from dragoman.usecases.batches import results

READ = any_of("batch.manage", "batch.read")

_get = partial(operation, method="GET", scopes=READ)

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
)
