"""What retries and undos share: they are made from an ended batch, with its options unless others are given."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from dragoman.command import Lock, Ref
from dragoman.domain.bulk import Batch
from dragoman.domain.errors import Conflict
from dragoman.usecases.batches import documents, trials
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import filling
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import Options
from dragoman.usecases.uow import UnitOfWork


def ended(uow: UnitOfWork, key: Ref) -> Batch:
    """The batch, locked. NotFound `batch_not_found`; Conflict `batch_not_ended`."""
    batch = batches.get(uow, key)
    batch = uow.batches.find(batch.number, Lock.CHANGE) or batch
    batch = batch.as_of(uow.now)
    if not batch.has_ended:
        raise Conflict("batch_not_ended", f"The batch is {batch.status}; it has not ended yet.", status=batch.status)
    return batch


def options(batch: Batch, given: Mapping[str, Any]) -> Options:
    """The options of the batch with those that are given. Moments are not carried over, nor is a computed title."""
    return replace(
        Options(
            title=None if _has_computed_title(batch) else batch.title,
            purpose=batch.purpose,
            policy=batch.policy_asked,
            on_change=batch.on_change,
            max_failures=batch.max_failures,
            canary=batch.canary,
            rate=batch.rate,
            concurrency=batch.concurrency,
            priority=batch.priority,
        ),
        **given,
    )


def _has_computed_title(batch: Batch) -> bool:
    by = "" if batch.field is None else f" by {batch.field}"
    computed = (f"{batch.method} {batch.size} × {batch.type}{by}", f"{batch.method} selected {batch.type}")
    return batch.title is None or batch.title in computed


def shown(uow: UnitOfWork, batch: Batch, *, is_trial: bool) -> Shown:
    """The new batch. A trial has no id; its number of entries is known, and what its preview would add up to where
    these are few."""
    if is_trial:
        content = filling.at_once(uow, batch) if batch.size <= trials.MOST_PREVIEWED else None
        summary = None if content is None else trials.summary_of(uow, batch, content)
        batch = replace(batch, uid="", number=0, total=batch.size, summary=summary)
    return documents.shown(uow, batch)
