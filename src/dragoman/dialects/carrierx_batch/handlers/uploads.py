"""Tasks made of CSV or NDJSON: the keys stand in the query, the entries in the body (carrierx-batch.md 16)."""

from functools import partial

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.handlers.tasks import Create, dry_run_of
from dragoman.dialects.carrierx_batch.wire.upload_orders import parse_upload
from dragoman.dialects.kit import Request, json
from dragoman.usecases.batches.content.uploads import Upload, reader_of


def open_upload(request: Request) -> Upload:
    limits = request.limits
    order = parse_upload(request)
    read_json = partial(json.parse, max_depth=limits.json_depth, max_members=limits.json_members)
    is_trial = dry_run_of(request)
    return Upload(
        reader_of(faults.media_of(request), order, read_json),
        order,
        most=limits.upload_entries,
        command=partial(Create, dry_run=is_trial),
        is_trial=is_trial,
        most_held=limits.entries,  # so many a trial of a JSON body shows, too
        encode=json.encode_sorted,
    )
