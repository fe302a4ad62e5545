"""Retries and undos of a batch: a new batch is made from it."""

from dragoman.dialects.kit import Request
from dragoman.dialects.native.wire import batch_repeats, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.usecases.batches.outcomes.retries import Retry
from dragoman.usecases.batches.outcomes.undo import Undo


def parse_retry(request: Request, query: queries.Trial) -> Retry:
    """Which entries of which batch are tried again, and how."""
    return Retry(batch=reading.ref(request, "batch"), is_trial=query.dry_run, **batch_repeats.parse_retry(request))


def parse_undo(request: Request, query: queries.Trial) -> Undo:
    """Which batch is taken back, and how."""
    return Undo(batch=reading.ref(request, "batch"), is_trial=query.dry_run, **batch_repeats.parse_undo(request))
