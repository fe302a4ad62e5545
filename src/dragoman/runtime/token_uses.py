"""Who made requests, by which token and dialect: collected in memory, and stored behind the requests."""

from collections import defaultdict
from dataclasses import dataclass, field

from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock

MARK = "token:"
LARGEST_NUMBER = 100_000


@dataclass
class Seen:
    """What a tenant's users did: the hashes of the tokens that were used, by dialect, and the users' ids."""

    tokens: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    users: set[str] = field(default_factory=set)


class TokenUses:
    """The uses that are not stored yet, for one process. That of a credential is noted once in `seen_seconds`."""

    def __init__(self, seen_seconds: float, clock: Clock) -> None:
        self.seen_seconds = seen_seconds
        self._monotonic = clock.monotonic
        self._until: dict[str, float] = {}  # credential: when its next use is noted
        self._tokens: dict[str, tuple[int, str]] = {}  # hash: tenant and dialect
        self._users: set[tuple[int, str]] = set()

    def note(self, principal: Principal, dialect: str) -> None:
        """Note that a principal made a request."""
        credential = principal.credential
        now = self._monotonic()
        if self._until.get(credential, 0.0) > now:
            return
        if len(self._until) >= LARGEST_NUMBER:
            self._until.clear()
        self._until[credential] = now + self.seen_seconds
        if credential.startswith(MARK):
            self._tokens[credential.removeprefix(MARK)] = principal.tenant, dialect
        if principal.user is not None:
            self._users.add((principal.tenant, principal.user))

    def take(self) -> dict[int, Seen]:
        """What was noted, by tenant; it is forgotten here."""
        taken: dict[int, Seen] = defaultdict(Seen)
        tokens, self._tokens = self._tokens, {}
        users, self._users = self._users, set()
        for digest, (tenant, dialect) in tokens.items():
            taken[tenant].tokens[dialect].append(digest)
        for tenant, user in users:
            taken[tenant].users.add(user)
        return taken

    def give_back(self, tenant: int, seen: Seen) -> None:
        """What could not be stored; a later use of the same token counts instead."""
        for dialect, hashes in seen.tokens.items():
            for digest in hashes:
                self._tokens.setdefault(digest, (tenant, dialect))
        self._users.update((tenant, user) for user in seen.users)
