"""Slices: how much of a long work is done in one transaction, so that people hardly notice it (DESIGN 2).

While requests want the write lane, a slice takes about as long as the last group of them, and the next one waits as
long again; when nobody does, it has up to a thousand rows.
"""

from dragoman.jobs.loops.loop import Pressure

FIRST = 20
LARGEST = 1_000
IDLE_SECONDS = 0.2
"""So long a slice may take when nobody waits: whoever comes then waits for it once."""
LEAST_SECONDS = 0.003
"""So long it may take however quick requests are: it must get on, and a shorter one would be mostly its commit."""


def next_size(size: int, seconds: float, pressure: Pressure) -> int:
    """How many rows the next slice takes, when one of `size` took so long: twice as many at most."""
    allowed = max(pressure.group_seconds, LEAST_SECONDS) if pressure.is_felt else IDLE_SECONDS
    fitting = size * 2 if seconds <= 0 else int(size * allowed / seconds)
    return min(max(fitting, 1), size * 2, LARGEST)


def pause(seconds: float, pressure: Pressure) -> float:
    """How long a loop of slices waits after one that took so long: people keep at least half of the lane's time."""
    return seconds if pressure.is_felt else 0.0
