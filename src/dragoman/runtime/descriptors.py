"""Open files of this process: each connection is one. Beyond their limit connections are closed without an answer."""

import sys

RESERVED = 128
"""For the database, the listeners and connections that are no streams."""


def raise_limit() -> int | None:
    """Set the limit to the most that the system allows, and return it. None where it can't be known.

    Shells and service managers start processes with 1,024, for programs that use `select`.
    """
    if sys.platform == "win32":
        return None
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # macOS calls it unlimited and takes less
            hard = soft
    return None if hard == resource.RLIM_INFINITY else hard
