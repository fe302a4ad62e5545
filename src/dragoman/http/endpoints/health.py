"""Is the process alive, can it take work? Asked by whoever watches over it, without credentials."""

from collections.abc import Callable

from dragoman.dialects.kit import Reply

LIVE = "/healthz"
READY = "/readyz"
PATHS = frozenset({LIVE, READY})


def answer(path: str, is_ready: Callable[[], bool]) -> Reply:
    """200 from /healthz as long as anything answers; /readyz says 503 when work can't be taken."""
    fine = path == LIVE or is_ready()
    status, word = (200, b"ok") if fine else (503, b"not ready")
    return Reply(status, b'{"status":"%s"}' % word, "application/json", [("Cache-Control", "no-store")])
