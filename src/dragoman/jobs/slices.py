"""Slices: how much of long work is done in one transaction, so that requests are hardly delayed.

While requests use the write lane, a slice takes about as long as the last group of them, and the next one waits twice
as long; otherwise it has up to a thousand rows.
"""

import asyncio

from dragoman.jobs.loops.loop import Pressure, Runner

FIRST = 20
LARGEST = 1_000
IDLE_SECONDS = 0.2
"""Maximum time of a slice while no request waits: one that arrives then waits for it once."""
LEAST_SECONDS = 0.003
"""Maximum time of a slice while requests are quick: a shorter one would be mostly its commit."""
WAITS = 2
"""How many times as long as a slice the wait behind it is, while requests come."""


def next_size(size: int, seconds: float, pressure: Pressure) -> int:
    """The number of rows of the next slice, after one of `size` took this long: at most twice as many."""
    allowed = max(pressure.group_seconds, LEAST_SECONDS) if pressure.is_felt else IDLE_SECONDS
    fitting = size * 2 if seconds <= 0 else int(size * allowed / seconds)
    return min(max(fitting, 1), size * 2, LARGEST)


def pause(seconds: float, pressure: Pressure) -> float:
    """How long to wait after a slice that took this long: requests get at least two thirds of the lane's time."""
    return WAITS * seconds if pressure.is_felt else 0.0


async def after_slice(runner: Runner, size: int) -> int:
    """Wait for requests after a slice of this size; return the size of the next one."""
    pressure = runner.pressure()
    if seconds := pause(pressure.bulk_seconds, pressure):
        await asyncio.sleep(seconds)
    return next_size(size, pressure.bulk_seconds, pressure)
