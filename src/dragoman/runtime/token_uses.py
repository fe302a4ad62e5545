"""Which tokens were used, and by which dialect: collected in memory, and stored behind the requests."""

from collections import defaultdict

from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock

MARK = "token:"
LARGEST_NUMBER = 100_000


class TokenUses:
    """The uses that are not stored yet, for one process. A token's use is noted once in `seen_seconds`."""

    def __init__(self, seen_seconds: float, clock: Clock) -> None:
        self.seen_seconds = seen_seconds
        self._monotonic = clock.monotonic
        self._until: dict[str, float] = {}  # credential: when its next use is noted
        self._waiting: dict[str, tuple[int, str]] = {}  # hash: tenant and dialect

    def note(self, principal: Principal, dialect: str) -> None:
        """Note that a principal made a request. Nothing for those who came without a token."""
        credential = principal.credential
        if not credential.startswith(MARK):
            return
        now = self._monotonic()
        if self._until.get(credential, 0.0) > now:
            return
        if len(self._until) >= LARGEST_NUMBER:
            self._until.clear()
        self._until[credential] = now + self.seen_seconds
        self._waiting[credential.removeprefix(MARK)] = principal.tenant, dialect

    def take(self) -> dict[int, dict[str, list[str]]]:
        """The hashes by tenant and dialect, and forget them."""
        taken: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        waiting, self._waiting = self._waiting, {}
        for digest, (tenant, dialect) in waiting.items():
            taken[tenant][dialect].append(digest)
        return taken

    def give_back(self, tenant: int, uses: dict[str, list[str]]) -> None:
        """Uses that could not be stored; a later one of the same token counts instead."""
        for dialect, hashes in uses.items():
            for digest in hashes:
                self._waiting.setdefault(digest, (tenant, dialect))
