"""What each kind of job does: kind -> handler.

A handler works in slices, each a command sent by `runner.write(..., bulk=True)` that carries the hold: `jobs.held` is
the first line of its use case, and the last slice calls `jobs.complete`. So a handler may be cut off after any slice
and run again by another worker; where it continues is stored in the database, not in the handler.

What it raises: LeaseLost ends the attempt quietly; Unavailable gives the job back for a moment, uncounted; anything
else is a failed attempt.
"""

from collections.abc import Awaitable, Callable

from dragoman.domain.job import FORMER, Job, JobKind
from dragoman.jobs.handlers import (
    alias_claims,
    audiences,
    batch_previews,
    batches,
    event_pruning,
    handing_over,
    outside,
    outside_previews,
    zones,
)
from dragoman.jobs.loops.loop import Runner
from dragoman.usecases.background.jobs import Hold

Handler = Callable[[Runner, Hold, Job], Awaitable[None]]

HANDLERS: dict[str, Handler] = {
    JobKind.BATCH_FILL: batches.fill,
    JobKind.BATCH_PREVIEW: outside.by_type(batch_previews.prepare, outside_previews.prepare),
    JobKind.BATCH_EXECUTE: outside.by_type(batches.run, outside.run),
    JobKind.BATCH_ABANDON: batches.abandon,
    JobKind.BATCH_FORGET: batches.forget,
    JobKind.BATCH_CLEAR: batches.clear,
    JobKind.BATCH_AUDIENCES: audiences.complete,
    JobKind.USER_HAND_OVER: handing_over.hand_over,
    JobKind.ZONES_RECOMPUTE: zones.recompute,
    JobKind.ALIAS_CLAIM: alias_claims.assign,
    JobKind.EVENTS_PRUNE: event_pruning.prune,
}
HANDLERS |= {former: HANDLERS[kind] for former, kind in FORMER.items()}
