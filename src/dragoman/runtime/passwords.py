"""Verifying passwords: off the event loop, two at once, with guessing slowed down (`guessing.py`).

A password takes 20 ms to verify; the result is cached for a minute under an HMAC with a key that only this process
has, and is valid only while the account has the same hash. An unknown login costs the same work as a known one.
"""

import asyncio
import hmac
import secrets
from collections import OrderedDict

import msgspec

from dragoman.domain import passwords
from dragoman.domain.access import Principal
from dragoman.domain.clock import TICKS_PER_SECOND, Clock, Moment, later
from dragoman.domain.errors import TooMany
from dragoman.domain.text import folded
from dragoman.runtime.guessing import Guesses, Sleep, network_of
from dragoman.settings import Settings

MOST_KEPT = 10_000
PASSWORDS_AT_ONCE = 2
PASSWORDS_WAITING = 64
LONGEST_NAME = 255


class PasswordRecord(msgspec.Struct, frozen=True):
    """An account as a login finds it. Without a hash no password is right. Failures up to `unlocked_at` don't count."""

    principal: Principal
    password_hash: str | None
    disabled: bool = False
    unlocked_at: Moment | None = None

    @property
    def usable_hash(self) -> str | None:
        """The hash, unless the user is disabled."""
        return None if self.disabled else self.password_hash


class Passwords:
    """Verifies passwords for one process."""

    def __init__(self, settings: Settings, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self.guesses = Guesses(
            settings.limits.login_failures, settings.timeouts.login_window_seconds, clock.monotonic, sleep
        )
        self._clock = clock
        self._verified: OrderedDict[bytes, tuple[float, str]] = OrderedDict()  # HMAC: until when, for which hash
        self._verified_seconds = settings.timeouts.password_cache_seconds
        self._key = secrets.token_bytes(32)  # house: ok, because it never leaves this object
        self._unlocked: dict[str, Moment] = {}
        self._slots = asyncio.Semaphore(PASSWORDS_AT_ONCE)
        self._waiting = 0

    async def is_right(self, record: PasswordRecord | None, name: str, password: str, address: str) -> bool:
        """Whether the password is that of the record, which was found under this name; None: nobody's.

        A wrong one counts as a failed login of this user and address. TooMany after too many of them.
        """
        if self.knows(record, name, password):
            return True
        password_hash, mark = None if record is None else record.usable_hash, self._mark(name, password)
        is_known = password_hash is not None and password_hash == self._verified.get(mark, (0.0, ""))[1]
        account, network = _account(record, name), network_of(address)
        if record is not None and record.unlocked_at is not None:
            self._unlock(account, record.unlocked_at)
        await self.guesses.turn(account, network, is_known=is_known)
        right = await self._verify(password_hash, password, account, network, is_known=is_known)
        if right and password_hash is not None:
            self._remember(mark, password_hash)
        held = self.guesses.succeeded(account, network) if right else self.guesses.failed(account, network)
        await self.guesses.hold(held)
        return right

    def knows(self, record: PasswordRecord | None, name: str, password: str) -> bool:
        """Whether the password was found to be that of the record within the last minute."""
        if record is None or record.usable_hash is None:
            return False
        until, known_hash = self._verified.get(self._mark(name, password), (0.0, ""))
        return record.usable_hash == known_hash and self._clock.monotonic() < until

    def _mark(self, name: str, password: str) -> bytes:
        return hmac.digest(self._key, b"\0".join((name.encode(), password.encode())), "sha256")

    def locked_until(self, user: str) -> Moment | None:
        """Until when this process refuses the user's passwords from some address: the latest end, or None."""
        until = self.guesses.refused_until(user)
        return None if until is None else later(self._clock.now(), seconds=until - self._clock.monotonic())

    async def _verify(
        self, password_hash: str | None, password: str, account: str, network: str, *, is_known: bool
    ) -> bool:
        """20 ms of work in a thread, two at once; failures count for those that wait, too."""
        if self._waiting >= PASSWORDS_WAITING:
            raise TooMany("logins_busy", "Too many logins at the same time. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._slots:
                self.guesses.check(account, network, is_known=is_known)
                return await asyncio.to_thread(passwords.verify_password, password_hash, password)
        finally:
            self._waiting -= 1

    def _remember(self, mark: bytes, password_hash: str) -> None:
        """It stays known to be right behind its time, as long as the account keeps the hash."""
        self._verified[mark] = (self._clock.monotonic() + self._verified_seconds, password_hash)
        self._verified.move_to_end(mark)
        if len(self._verified) > MOST_KEPT:
            self._verified.popitem(last=False)

    def _unlock(self, account: str, at: Moment) -> None:
        if self._unlocked.get(account) == at:
            return
        if len(self._unlocked) >= MOST_KEPT:
            self._unlocked.clear()
        self._unlocked[account] = at
        self.guesses.unlock(account, self._clock.monotonic() - (self._clock.now() - at) / TICKS_PER_SECOND)


def _account(record: PasswordRecord | None, name: str) -> str:
    """What failures are counted under: the user, whichever of his names was sent."""
    if record is not None and record.principal.user is not None:
        return record.principal.user
    return folded(name[:LONGEST_NAME])
