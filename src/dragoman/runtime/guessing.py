"""Guessing passwords: slowed down and refused by user and address, so that it never locks out the user elsewhere.

- A user and an address together: from the fifth failure on answers are held back, longer each time; after
  `limits.login_failures` within the window further ones are refused until the oldest of them expires.
- An address alone: after a hundred failures over all users, passwords from it are refused unless they are known to be
  right.
- A user alone: beyond fifty failures in an hour, passwords that aren't known to be right are looked at once a second,
  in order. None is refused, since that would lock out the user.

Tokens, sessions and other users behind an address are not concerned. All of it is of this process. The figures are
those of the usual `limits.login_failures`; where more failures are allowed, answers are held back from half of them on,
and an address or a user alone may have as many.
"""

import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import lru_cache
from math import ceil

from dragoman.domain.errors import TooMany
from dragoman.runtime.failures import MOST_KEYS, Failures

FIRST_HELD = 5
LONGEST_HELD_SECONDS = 8.0
MOST_OF_AN_ADDRESS = 100
MOST_OF_A_USER = 50
USER_WINDOW_SECONDS = 3600.0
SECONDS_BETWEEN_LOOKS = 1.0
MOST_WAITING = 2_000
"""Attempts that wait, over all users: for a look, or held back. Beyond it they cost too much memory."""

Sleep = Callable[[float], Awaitable[None]]


class Guesses:
    """What failed logins hold back, refuse and slow down. `sleep` waits that many seconds."""

    def __init__(self, most: int, window_seconds: float, monotonic: Callable[[], float], sleep: Sleep) -> None:
        self._of_pairs: Failures[tuple[str, str]] = Failures(most, window_seconds)
        self._of_addresses: Failures[str] = Failures(max(MOST_OF_AN_ADDRESS, most), window_seconds)
        self._most_of_a_user = max(MOST_OF_A_USER, most)
        self._of_users: Failures[str] = Failures(self._most_of_a_user + 1, USER_WINDOW_SECONDS)
        self._first_held = max(FIRST_HELD, most // 2)
        self._refused: dict[str, dict[str, float]] = {}  # account -> network -> until when
        self._next_look: dict[str, float] = {}  # of accounts that are looked at once a second
        self._queued: Counter[tuple[str, str]] = Counter()
        self._waiting = 0
        self._monotonic = monotonic
        self._sleep = sleep

    def check(self, account: str, network: str, *, is_known: bool) -> None:
        """TooMany when this user and address, or this address, have used up their failures. `is_known`: the password
        was right before."""
        now = self._monotonic()
        until = self._of_pairs.full_until((account, network), now)
        if until is None and not is_known:
            until = self._of_addresses.full_until(network, now)
        if until is not None:
            raise _refused(until - now)

    async def turn(self, account: str, network: str, *, is_known: bool) -> None:
        """Return when this password may be looked at. TooMany as `check`, and where too many wait already."""
        self.check(account, network, is_known=is_known)
        now, pair = self._monotonic(), (account, network)
        if is_known or self._of_users.count(account, now) <= self._most_of_a_user:
            return
        if self._of_pairs.count(pair, now) + self._queued[pair] >= self._of_pairs.most:
            raise _refused(self._of_pairs.window_seconds)
        if self._waiting >= MOST_WAITING:
            raise TooMany("logins_busy", "Too many logins at the same time. Try again in a moment.")
        self._queued[pair] += 1
        try:
            await self._wait(self._take_look(account, now) - now)
        finally:
            self._queued[pair] -= 1
            if not self._queued[pair]:
                del self._queued[pair]
        self.check(account, network, is_known=is_known)

    def failed(self, account: str, network: str) -> float:
        """Count a failed login; the seconds for which its answer is to be held back."""
        now, pair = self._monotonic(), (account, network)
        self._of_pairs.add(pair, now, account)
        self._of_addresses.add(network, now, account)
        self._of_users.add(account, now, account)
        until = self._of_pairs.full_until(pair, now)
        if until is not None:
            self._refuse(account, network, until)
        return self._held_seconds(self._of_pairs.count(pair, now))

    def succeeded(self, account: str, network: str) -> float:
        """Forget the failures of this user and address; the seconds for which the answer is to be held back."""
        held = self._held_seconds(self._of_pairs.count((account, network), self._monotonic()))
        self._of_pairs.drop((account, network))
        self._allow(account, network)
        return held

    async def hold(self, seconds: float) -> None:
        """Hold back an answer."""
        if seconds and self._waiting < MOST_WAITING:
            await self._wait(seconds)

    def unlock(self, account: str, at: float) -> None:
        """Let failures of a user up to this moment, in monotonic seconds, count no more."""
        if at <= self._monotonic() - max(USER_WINDOW_SECONDS, self._of_pairs.window_seconds):
            return
        for failures in (self._of_pairs, self._of_addresses, self._of_users):
            failures.forget(account, at)
        now = self._monotonic()
        for network in list(self._refused.get(account, ())):
            if self._of_pairs.full_until((account, network), now) is None:
                self._allow(account, network)
        self._next_look.pop(account, None)

    def refused_until(self, account: str) -> float | None:
        """Until when the user is refused from some address, the latest end; None if from none."""
        latest = max(self._refused.get(account, {}).values(), default=0.0)
        return latest if latest > self._monotonic() else None

    def _take_look(self, account: str, now: float) -> float:
        at = max(now, self._next_look.get(account, now))
        if account not in self._next_look and len(self._next_look) >= MOST_KEYS:
            self._next_look = {name: then for name, then in self._next_look.items() if then > now}
        self._next_look[account] = at + SECONDS_BETWEEN_LOOKS
        return at

    def _refuse(self, account: str, network: str, until: float) -> None:
        if account not in self._refused and len(self._refused) >= MOST_KEYS:
            del self._refused[next(iter(self._refused))]
        now = self._monotonic()
        kept = {name: then for name, then in self._refused.pop(account, {}).items() if then > now}
        self._refused[account] = kept | {network: until}

    def _allow(self, account: str, network: str) -> None:
        of_account = self._refused.get(account)
        if of_account is not None:
            of_account.pop(network, None)
            if not of_account:
                del self._refused[account]

    def _held_seconds(self, failures: int) -> float:
        """1, 2, 4, 8 seconds from the fifth failure on."""
        further = failures - self._first_held
        return 0.0 if further < 0 else min(LONGEST_HELD_SECONDS, 2.0 ** min(further, 8))

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        self._waiting += 1
        try:
            await self._sleep(seconds)
        finally:
            self._waiting -= 1


def _refused(seconds: float) -> TooMany:
    wait = max(1, ceil(seconds))
    count, unit = (wait, "second") if wait < 60 else (ceil(wait / 60), "minute")
    again = f"{count} {unit}{'' if count == 1 else 's'}"
    return TooMany("too_many_failures", f"Too many failed logins for this address. Try again in {again}.", wait)


@lru_cache(4096)
def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 address, of which one client has all."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
