"""What a serving process does about memory: it looks for cycles seldom, and gives large blocks back once freed."""

import ctypes
import gc
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE_BYTES = 1 << 20


def tune() -> None:
    """Once, when everything is loaded."""
    _collect_seldom()
    _give_back_large()


def _collect_seldom() -> None:
    """Rows come and go by the thousand and hold no cycles: looking for some after every 700 of them cost a batch a
    fifth of its time. What is loaded by now stays, and isn't looked at again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _give_back_large() -> None:
    """What is larger than a megabyte goes back to the system when it is freed. glibc would keep it once it has seen a
    few of that size: a server that had read a batch of 24 MiB kept twice as much as one that is told so."""
    with suppress(AttributeError, OSError):  # another C library has its own ways
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
