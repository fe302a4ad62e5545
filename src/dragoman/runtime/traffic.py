"""The last requests that this process has answered, in memory, and bodies of them while a tenant records them.

It costs each request a few microseconds: a header that was seen before isn't looked at again, and is kept once. What
requests send is blanked before it is kept.
"""

import logging
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from dragoman.dialects.kit import Reply, Request
from dragoman.domain import blanking
from dragoman.domain.clock import Clock, Moment, later
from dragoman.domain.traffic import MOST_BYTES_OF_BODY, RECORDING_SECONDS, Bodies, Entry

log = logging.getLogger(__name__)

MOST_ENTRIES = 10_000
MOST_BYTES = 24 * 1024 * 1024
BYTES_OF_AN_ENTRY = 500
"""What one takes at least: its fields, and a reference to each header that it shares with others."""
MOST_SHARED, LONGEST_SHARED = 4_096, 200
LONGEST = 4_000
SHORTEST_LOOKED_AT, MARK = 36, "dgm_"
"""Paths and ids beyond this length, or with the mark of our tokens, may hold a credential."""
QUERY = "?"
"""Under which query strings stand among the headers that were seen; no header has that name."""

Pair = tuple[str, str]


class Line(Protocol):
    """The log line of a request."""

    @property
    def request(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def milliseconds(self) -> float: ...
    @property
    def dialect(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def tenant(self) -> int: ...
    @property
    def principal(self) -> str: ...
    @property
    def incident(self) -> str: ...
    @property
    def code(self) -> str: ...


class Seen(dict[Pair, Pair]):
    """Headers as they are kept, by what was sent. Those in which something is blanked aren't remembered.

    `unshared` counts the characters of those that an entry has for itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.secret: dict[str, Pair] = {}  # name -> the header, blanked
        self._plain: set[str] = set()  # names of headers that hold no credentials
        self.unshared = 0

    def __missing__(self, pair: Pair) -> Pair:
        name, value = pair
        if name == QUERY:
            kept = blanking.query(value)
        elif name not in self._plain and not self._is_plain(name):
            return self.secret.get(name) or (name[:LONGEST_SHARED], blanking.BLANK)
        else:
            kept = blanking.text(value)
        if kept == value and len(value) <= LONGEST_SHARED and len(name) <= LONGEST_SHARED:
            if len(self) >= MOST_SHARED:
                self.clear()
            self[pair] = pair
            return pair
        self.unshared += len(name) + min(len(kept), LONGEST)
        return (name[:LONGEST], kept if len(kept) <= LONGEST else f"{kept[:LONGEST]}…")

    def _is_plain(self, name: str) -> bool:
        """Whether a header of this name holds no credentials; remembered for short names."""
        is_secret = blanking.is_secret(name)
        if len(name) <= LONGEST_SHARED and len(self.secret) + len(self._plain) < MOST_SHARED:
            if is_secret:
                self.secret[name] = (name, blanking.BLANK)
            else:
                self._plain.add(name)
        return not is_secret


class Traffic:
    """The ring of one process. Only the event loop uses it."""

    def __init__(self, clock: Clock, *, most: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> None:
        self.started_at = clock.now()
        self.bytes = 0
        self._clock = clock
        self._most = most
        self._most_bytes = most_bytes
        self._entries: deque[Entry] = deque()
        self._seen = Seen()
        self._count = 0
        self._recording: dict[int, Moment] = {}  # tenant -> until when

    def add(self, line: Line, request: Request, query: str, reply: Reply | None = None) -> None:
        """Keep a request that was answered. `query` is that which was sent; without a `reply` no bodies are recorded.

        In the path of every request: no function of ours but for what wasn't seen before.
        """
        seen, principal, path, request_id = self._seen, request.principal, line.path, line.request
        secret = seen.secret
        headers = tuple([secret[pair[0]] if pair[0] in secret else seen[pair] for pair in request.headers.items()])
        if query:
            query = seen[QUERY, query][1]
        size = len(path)
        if size > SHORTEST_LOOKED_AT or MARK in path:
            path = blanking.text(path)
        if MARK in request_id or len(request_id) > SHORTEST_LOOKED_AT:
            request_id = blanking.text(request_id)
        size += BYTES_OF_AN_ENTRY + len(query) + seen.unshared
        seen.unshared = 0
        bodies = None
        if self._recording and reply is not None:
            bodies = self._bodies(line.tenant, request, reply)
            size += 0 if bodies is None else len(bodies.request) + len(bodies.reply)
        client, user = ("", None) if principal is None else (principal.client or principal.login, principal.user)
        self._count += 1
        entry = Entry(
            self._count,
            request.received_at,
            line.dialect,
            client,
            line.operation,
            line.method,
            path,
            query,
            line.status,
            line.milliseconds,
            request_id,
            line.tenant,
            user,
            line.code,
            line.incident,
            headers,
            size,
            bodies,
        )
        self._entries.append(entry)
        self.bytes += size
        while self._entries and (
            self.bytes > self._most_bytes or self._count - self._entries[0].sequence >= self._most
        ):
            self.bytes -= self._entries.popleft().size

    # -- recording ------------------------------------------------------------------------------------------------

    def record(self, tenant: int, login: str = "") -> Moment:
        """Record the bodies of a tenant's requests from now on, as this user wants; until when."""
        until = self._recording[tenant] = later(self._clock.now(), seconds=RECORDING_SECONDS)
        log.info("traffic.recording", extra={"tenant": tenant, "principal": login})
        return until

    def stop_recording(self, tenant: int) -> None:
        """Record no more bodies of this tenant's. Those that were recorded stay until they are pushed out."""
        self._recording.pop(tenant, None)

    def recording_until(self, tenant: int) -> Moment | None:
        """Until when bodies of this tenant's requests are recorded; None when they aren't."""
        until = self._recording.get(tenant)
        if until is not None and until <= self._clock.now():
            del self._recording[tenant]
            return None
        return until

    def _bodies(self, tenant: int, request: Request, reply: Reply) -> Bodies | None:
        if not tenant or self.recording_until(tenant) is None:
            return None
        seen = self._seen
        headers = tuple([seen[name.lower(), value] for name, value in reply.headers])
        sent = _body(request.body, request.headers.get("content-type", ""))
        return Bodies(sent, _body(reply.body, reply.content_type or ""), headers)

    # -- looking --------------------------------------------------------------------------------------------------

    def of(self, tenant: int, *, with_strangers: bool) -> Iterator[Entry]:
        """The requests of a tenant, newest first; `with_strangers` also those of nobody known."""
        return (
            entry
            for entry in reversed(self._entries)
            if entry.tenant == tenant or (with_strangers and entry.tenant == 0)
        )


def _body(raw: bytes, media: str) -> str:
    if len(raw) <= MOST_BYTES_OF_BODY:
        return blanking.body(raw, media)
    cut = raw[:MOST_BYTES_OF_BODY].decode(errors="ignore").encode()
    return f"{blanking.body(cut, media)}\n… ({len(raw)} bytes)"
