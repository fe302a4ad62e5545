"""The few paths outside all dialects: liveness and readiness, for those who monitor the process, and the way to /ui/.

They need no credentials. OPTIONS is answered, too: HAProxy probes with it by default.
"""

from collections.abc import Callable

from dragoman.dialects.kit import Reply
from dragoman.http.responses import problem

LIVE = "/healthz"
READY = "/readyz"
PAGES = frozenset({"/", "/ui"})
ALLOW = ("Allow", "GET, HEAD, OPTIONS")


def answer(method: str, path: str, is_ready: Callable[[], bool]) -> Reply:
    """The reply to a path that belongs to no dialect."""
    is_health = path in (LIVE, READY)
    if not is_health and path not in PAGES:
        return problem(404, "unknown_path", "There is nothing at this path.")
    if method == "OPTIONS":
        return Reply(204, headers=[ALLOW])
    if method not in ("GET", "HEAD"):
        reply = problem(405, "method_not_allowed", "This path takes GET.")
        reply.headers.append(ALLOW)
        return reply
    return health(path == LIVE or is_ready()) if is_health else Reply(302, headers=[("Location", "/ui/")])


def health(is_fine: bool) -> Reply:
    """200, or 503 when requests can't be served."""
    status, word = (200, b"ok") if is_fine else (503, b"not ready")
    return Reply(status, b'{"status":"%s"}' % word, "application/json", [("Cache-Control", "no-store")])
