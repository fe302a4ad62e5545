"""Admission: how many requests one process works at, and which of those that wait begins next.

A request is admitted when its head is there. Beyond the most that may be in hand it waits on its connection, from which
nothing more is read: what a client sends meanwhile stays with the kernel, and costs nothing. Those that wait begin in
turns of their tenants, and in the order of their arrival within one. So a flood lowers nobody's rate but its own, and a
server at its limit works as fast as one below it.

What waits for something else than this server is in nobody's way, and counted apart (`Seat.leave`): a body that is slow
to arrive, a response that is a stream, a long poll.
"""

import asyncio
from collections import deque
from typing import Protocol

from dragoman.http.server.asgi import Scope
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot

ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are answered however much is in hand: who watches a server must see it just then."""
SILENCE_SECONDS = 1.0
"""How long a client that was refused isn't heard: so refusals cost little, however soon it asks again."""
SLOW_BODY_SECONDS = 1.0
"""A body that takes longer to arrive no longer counts as in hand."""
PRESENT_SECONDS = 1.0
"""How long a tenant counts as present after its last request: so long the others leave it its part."""
MOST_KNOWN = 10_000
UNKNOWN = 0
"""The share of all whose tenant isn't known yet: first requests, and wrong credentials."""
CREDENTIALS = frozenset({b"authorization", b"cookie"})
KEY = "dragoman.share"
HELD_SECONDS = "dragoman.held"
"""Where the scope of a request that waited for its turn has how long that was."""


class Held(Protocol):
    """A request that waits for its turn."""

    def go_on(self, seat: "Seat | None") -> None:
        """Begin with this seat; None: it waited for too long, and is refused."""
        ...


class Seat:
    """The place of a request among those in hand."""

    __slots__ = ("_admission", "_share")

    def __init__(self, admission: "Admission", share: int) -> None:
        self._admission: Admission | None = admission
        self._share = share

    def leave(self) -> None:
        """Make room for another; once, however often it is called."""
        admission, self._admission = self._admission, None
        if admission is not None:
            admission.left(self._share)


class Admission:
    """The requests of one process: at most `most` in hand, others waiting for up to `patience` seconds.

    A share is a tenant's number. While several are present they divide half of `most`; the rest stays free, so that a
    request of one that asks little finds little before it.
    """

    def __init__(self, most: int, patience: float) -> None:
        self.in_hand = 0
        self._most = most
        self._patience = patience
        self._of: dict[int, int] = {}  # in hand, by share, of all that are present
        self._forgets = False  # those who have gone, soon
        self._waiting: dict[int, deque[tuple[float, Held]]] = {}  # the share whose turn is next comes first
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return sum(map(len, self._waiting.values()))

    def enter(self, share: int, held: Held) -> Seat | None:
        """A seat; None when it has to wait: then `held` is told to go on later."""
        if share not in self._waiting and self._has_room(share):
            return self._seat(share)
        loop = asyncio.get_running_loop()
        self._waiting.setdefault(share, deque()).append((loop.time(), held))
        if self._timer is None:
            self._timer = loop.call_later(self._patience, self._lose_patience, loop)
        return None

    def left(self, share: int) -> None:
        """A seat of this share is free: let those in whose turn it is."""
        self.in_hand -= 1
        self._of[share] = remaining = self._of[share] - 1
        if not remaining and not self._forgets:
            self._forgets = True
            asyncio.get_running_loop().call_later(PRESENT_SECONDS, self._forget)
        while self._waiting and (turn := self._turn()) is not None:
            queue = self._waiting.pop(turn)
            _, held = queue.popleft()
            if queue:
                self._waiting[turn] = queue  # behind the others
            held.go_on(self._seat(turn))

    def measure(self, snapshot: Snapshot) -> None:
        """Add the counts of this process to a snapshot."""
        snapshot.set(table.IN_HAND, self.in_hand)
        snapshot.set(table.HELD, self.waiting)

    def _has_room(self, share: int) -> bool:
        if self.in_hand >= self._most:
            return False
        own = self._of.get(share, 0)
        return own == 0 or own < self._part(len(self._of))

    def _turn(self) -> int | None:
        """The share that has the next seat; None when there is none."""
        if self.in_hand >= self._most:
            return None
        part = self._part(len(self._of.keys() | self._waiting.keys()))
        return next((share for share in self._waiting if self._of.get(share, 0) < part), None)

    def _part(self, present: int) -> int:
        """How many requests of each share may be in hand while so many are present."""
        return self._most if present == 1 else max(1, self._most // (2 * present))

    def _seat(self, share: int) -> Seat:
        self.in_hand += 1
        self._of[share] = self._of.get(share, 0) + 1
        return Seat(self, share)

    def _forget(self) -> None:
        """Nobody leaves room any more for those who have gone."""
        self._of = {share: count for share, count in self._of.items() if count}
        self._forgets = False

    def _lose_patience(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse those that have waited for too long, and look again when the next one will have."""
        self._timer = None
        before = loop.time() - self._patience
        refused = []
        for share, queue in list(self._waiting.items()):
            while queue and queue[0][0] <= before:
                refused.append(queue.popleft()[1])
            if not queue:
                del self._waiting[share]
        if self._waiting:
            oldest = min(queue[0][0] for queue in self._waiting.values())
            self._timer = loop.call_at(oldest + self._patience, self._lose_patience, loop)
        for held in refused:
            held.go_on(None)


class Shares:
    """Whose share a request takes, by its credentials, as they were last known."""

    def __init__(self) -> None:
        self._tenants: dict[int, int] = {}  # by the hash of credentials: no secret is kept

    def of(self, scope: Scope) -> int:
        """The tenant of these credentials; UNKNOWN before a request with them was answered, or without any."""
        for header in scope["headers"]:
            if header[0] in CREDENTIALS:
                scope[KEY] = key = hash(header)
                return self._tenants.get(key, UNKNOWN)
        return UNKNOWN

    def learn(self, scope: Scope, tenant: int) -> None:
        """The credentials of this request are of this tenant."""
        key: int | None = scope.get(KEY)
        if key is None or self._tenants.get(key) == tenant:
            return
        if len(self._tenants) >= MOST_KNOWN:
            del self._tenants[next(iter(self._tenants))]
        self._tenants[key] = tenant
