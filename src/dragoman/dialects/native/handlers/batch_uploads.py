"""Batches made of CSV or NDJSON: their members stand in the query, their entries in the body."""

from functools import partial
from typing import Any

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.receiving import Streamed
from dragoman.dialects.native.handlers import dry_run
from dragoman.dialects.native.wire import batch_uploads
from dragoman.dialects.native.wire import requests as reading
from dragoman.domain.errors import StaleVersion
from dragoman.usecases.batches import creations
from dragoman.usecases.batches.content.uploads import MEDIA, Upload, reader_of
from dragoman.usecases.batches.lifecycle import NewBatch


def open_upload(request: Request) -> Upload:
    if reading.if_match(request) is not None:
        raise StaleVersion("no_revision", "What this changes has no revisions; leave If-Match out.")
    order, is_trial = batch_uploads.parse_upload(request)
    limits = request.limits
    media = request.headers["content-type"].partition(";")[0].strip().lower()
    read_json = partial(json.parse, max_depth=limits.json_depth, max_members=limits.json_members)
    return Upload(
        reader_of(media, order, read_json),
        order,
        most=limits.upload_entries,
        command=_trial if is_trial else creations.Create,
        is_trial=is_trial,
    )


def _trial(order: NewBatch) -> Any:
    return dry_run.Trial(creations.Create(order, is_trial=True))


UPLOADS = Streamed(media=MEDIA, open=open_upload, parameters=batch_uploads.PARAMETERS, others=reading.JSON)
