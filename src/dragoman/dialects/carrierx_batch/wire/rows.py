"""Rows of previews and results, and what belongs to them, as they are shown (REVIEWED-BULK 4, 6, 7 and 11)."""

from typing import Any

import msgspec

from dragoman.dialects.kit import json
from dragoman.dialects.kit.times import render_millis
from dragoman.domain import bulk_failures, json_numbers
from dragoman.domain.bulk import Batch
from dragoman.domain.clock import Moment
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.outcomes import results
from dragoman.usecases.batches.review import preview_pages, previews
from dragoman.usecases.batches.types import resource_types


def preview_row(row: previews.Row) -> dict[str, Any]:
    """What is predicted for one entry."""
    return dict(sorted(preview_pages.members_of(row).items()))


def result_row(batch: Batch, row: results.Row) -> dict[str, Any]:
    """What became of one entry, which `key` names as in an Error Detail."""
    return {
        "at": row.at,
        "error": row.error,
        "index": row.index,
        "key": _key(batch, row),
        "object": row.object,
        "outcome": row.outcome,
        "unchanged": row.unchanged,
    }


def _key(batch: Batch, row: results.Row) -> str:
    if row.entry is not None:
        return bulk_failures.key_of_entry(batch.field or "", json_numbers.decode(bytes(row.entry)))
    type_ = resource_types.find(batch.type)
    return bulk_failures.key_of_content("" if type_ is None else type_.natural_key, bytes(row.data or b"{}"))


def summary(batch: Batch) -> dict[str, int] | None:
    """How many entries the preview found in each effect."""
    return None if batch.summary is None else msgspec.structs.asdict(batch.summary)


def controlled(batch: Batch) -> dict[str, Any]:
    """The state of a run and the options that may change, in the words of the core."""
    because = batch.ended_because
    return {
        "canary": batch.canary,
        "concurrency": batch.concurrency,
        "ended_because": None if because is None else {"code": because.code, "detail": because.detail},
        "failure": batch.failure,
        "max_failures": _failures(batch.max_failures),
        "not_before": _maybe(batch.not_before),
        "priority": batch.priority,
        "processed": batch.processed,
        "rate_per_s": None if batch.rate is None else json.verbatim(batch.rate),
        "skipped": batch.skipped,
        "status": batch.status,
        "success": batch.success,
        "total": batch.total,
        "unchanged": batch.unchanged,
    }


def glance(shown: Shown) -> dict[str, Any]:
    """What an event tells, in the words of the core."""
    batch, pace = shown.batch, shown.batch.progress(shown.at)
    counts = ("total", "processed", "success", "unchanged", "failure", "skipped")
    return {
        "status": batch.status,
        "counts": {name: getattr(batch, name) for name in counts},
        "progress": {
            "started_at": _maybe(pace.started_at),
            "rate_per_second": pace.rate_per_second,
            "estimated_end_at": _maybe(pace.estimated_end_at),
        },
        "revision": batch.revision,
    }


def _failures(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdigit() else text


def _maybe(moment: Moment | None) -> str | None:
    return None if moment is None else render_millis(moment)
