"""The rate of a batch: a bucket that each entry empties by one, and that fills at the rate.

It holds 1 + rate / 10 entries, so in any t seconds at most rate * t + 1 + rate / 10 are done. All that is stored is the
moment at which it will be full, so every node goes on with the same bucket.
"""

import math

from msgspec.structs import replace

from dragoman.domain.bulk import Batch
from dragoman.domain.clock import TICKS_PER_SECOND, Moment

BURST_SECONDS = 0.1
SLICE_SECONDS = 0.05
"""A slice waits until the bucket holds the entries of this time: fewer make a slice that is mostly its commit."""

ROUNDING = 1e-6


def rate_of(batch: Batch) -> float | None:
    """Entries a second; None for as many as the server can do."""
    return None if batch.rate is None else float(batch.rate)


def allowed(batch: Batch, at: Moment) -> int | None:
    """How many entries may be done now; None for any number."""
    rate = rate_of(batch)
    return None if rate is None else math.floor(_held(batch, rate, at) + ROUNDING)


def ready_at(batch: Batch, at: Moment) -> Moment:
    """When the next slice may begin."""
    rate = rate_of(batch)
    if rate is None:
        return at
    missing = _wanted(batch, rate) - _held(batch, rate, at)
    return Moment(at + max(0, math.ceil(missing / rate * TICKS_PER_SECOND)))


def taken(batch: Batch, count: int, at: Moment) -> Batch:
    """The batch after so many entries."""
    rate = rate_of(batch)
    if rate is None:
        return batch
    full_at = max(batch.bucket_full_at or at, at) + math.ceil(count / rate * TICKS_PER_SECOND)
    return replace(batch, bucket_full_at=Moment(full_at))


def changed(batch: Batch, rate: str | None, at: Moment) -> Batch:
    """The batch with another rate. Its bucket isn't emptier than empty, so the new rate holds at once."""
    made = replace(batch, rate=rate)
    new = rate_of(made)
    if new is None or made.bucket_full_at is None:
        return replace(made, bucket_full_at=None)
    emptied = math.ceil((1 + new * BURST_SECONDS) / new * TICKS_PER_SECOND)
    return replace(made, bucket_full_at=Moment(min(made.bucket_full_at, at + emptied)))


def _held(batch: Batch, rate: float, at: Moment) -> float:
    missing = max(0, (batch.bucket_full_at or at) - at) / TICKS_PER_SECOND * rate
    return 1 + rate * BURST_SECONDS - missing


def _wanted(batch: Batch, rate: float) -> int:
    """The entries of the next slice: none of them waits for more than there are up to the next decision."""
    return min(max(1, math.floor(rate * SLICE_SECONDS)), max(1, batch.stops_at() - batch.cursor))
