"""Traffic: what is kept of the requests that a process has answered, and who may look at it.

An entry holds no credentials: they are blanked before it is made (`blanking.py`).
"""

import msgspec

from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound

MOST_BYTES_OF_BODY = 32 * 1024
RECORDING_SECONDS = 600

Headers = tuple[tuple[str, str], ...]


class Bodies(msgspec.Struct, frozen=True, gc=False):
    """What was sent and answered while bodies were recorded, blanked."""

    request: str
    reply: str
    reply_headers: Headers = ()


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One request that was answered. `tenant` is 0 where nobody is known to have sent it."""

    sequence: int
    at: Moment
    dialect: str
    client: str  # the token's name, or the user's login
    operation: str
    method: str
    path: str
    query: str
    status: int
    milliseconds: float
    request: str
    tenant: int
    user: str | None
    code: str
    incident: str
    headers: Headers
    size: int
    bodies: Bodies | None = None

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def may_watch(principal: Principal) -> bool:
    """Whether the principal may look at the traffic of the tenant: its administrators, with all their scopes."""
    return principal.is_admin and principal.user is not None and principal.has_scope(frozenset({"tenant.manage"}))


def must_watch(principal: Principal) -> None:
    """NotFound, as for what isn't there, unless the principal may look at the traffic."""
    if not may_watch(principal):
        raise NotFound("unknown_path", "There is no such page.")
