"""Memory of a serving process: garbage collection is rare, and large blocks are returned when they are freed."""

import ctypes
import gc
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE_BYTES = 1 << 20


def tune() -> None:
    """To be called once, when everything is loaded."""
    _collect_seldom()
    _give_back_large()


def _collect_seldom() -> None:
    """Rows are allocated by the thousand and have no cycles: collecting after every 700 took a fifth of a batch's time.
    Objects that exist by now stay, and aren't examined again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _give_back_large() -> None:
    """Blocks above a megabyte are returned to the system when they are freed. By default glibc keeps them after some of
    that size: a server that had read a batch of 24 MiB kept twice as much memory."""
    with suppress(AttributeError, OSError):  # another C library has its own ways
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
