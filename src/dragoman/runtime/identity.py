"""Identity: turns a credential into a Principal, for every way into the server.

A look-up of a token or an account is cached for a second at most, so a revocation takes effect within a second on every
node. A password takes 20 ms to verify; the result is cached for a minute under an HMAC with a key that only this
process has, and is valid only while the account has the same hash. An unknown login costs the same work as a known one.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, Protocol, TypeVar

import msgspec

from dragoman.dialects.kit.credentials import Credential
from dragoman.domain import passwords
from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock
from dragoman.domain.errors import TooMany, Unauthenticated, Unavailable
from dragoman.runtime.failures import Failures
from dragoman.settings import Settings
from dragoman.usecases.identity.sessions import SignedIn, session_tenant
from dragoman.usecases.identity.users import TOKEN_PREFIX, token_hash, token_tenant

TOKEN_MARK = f"{TOKEN_PREFIX}_"
MOST_KEPT = 10_000
PASSWORDS_AT_ONCE = 2
PASSWORDS_WAITING = 64

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class PasswordRecord(msgspec.Struct, frozen=True):
    """An account as a login finds it. Without a hash no password is right."""

    principal: Principal
    password_hash: str | None
    disabled: bool = False


class Accounts(Protocol):
    """Where tokens and accounts are stored."""

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        """The principal of a token by its SHA-256 in hex; None when unknown, expired, revoked, or its user disabled."""
        ...

    async def find_login(self, login: str) -> PasswordRecord | None:
        """The account with this login, over all tenants."""
        ...

    async def find_session(self, session_hash: str, tenant: int) -> SignedIn | None:
        """The session of a cookie by its SHA-256 in hex; None when it has ended, or its user is disabled. That it was
        used is noted behind the answer."""
        ...


class Recent(Generic[Key, Found]):
    """Results of a look-up, cached for some seconds from its start. Absence isn't cached.

    Concurrent requests for the same key share one look-up.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._monotonic = clock.monotonic
        self._kept: dict[Key, tuple[float, Found]] = {}
        self._asked: dict[Key, asyncio.Task[Found | None]] = {}

    def known(self, key: Key) -> Found | None:
        """The cached result."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._monotonic() < kept[0] else None

    def forget(self, key: Key) -> None:
        """Look this one up again."""
        self._kept.pop(key, None)

    async def get(self, key: Key, find: Callable[[], Awaitable[Found | None]]) -> Found | None:
        """The cached result, or that of `find`."""
        known = self.known(key)
        if known is not None:
            return known
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.get_running_loop().create_task(self._ask(key, find))
        return await asyncio.shield(task)  # a caller that is cancelled doesn't cancel it for the others

    async def _ask(self, key: Key, find: Callable[[], Awaitable[Found | None]]) -> Found | None:
        until = self._monotonic() + self._seconds
        try:
            found = await find()
        finally:
            del self._asked[key]
        if found is None:
            self._kept.pop(key, None)
        else:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (until, found)
        return found


class Identity:
    """Turns credentials into principals for one process."""

    def __init__(self, accounts: Accounts, settings: Settings, clock: Clock) -> None:
        seconds = settings.timeouts.token_cache_seconds
        self.main_tenant: int | None = None  # known once the database is open
        self._accounts = accounts
        self._tokens: Recent[str, Principal] = Recent(seconds, clock)
        self._logins: Recent[str, PasswordRecord] = Recent(seconds, clock)
        self._sessions: Recent[str, SignedIn] = Recent(seconds, clock)
        self._failures = Failures(settings.limits.login_failures, settings.timeouts.login_window_seconds)
        self._verified: dict[bytes, tuple[float, str]] = {}  # HMAC of the credential: until when, for which hash
        self._verified_seconds = settings.timeouts.password_cache_seconds
        self._key = secrets.token_bytes(32)  # house: ok, because it never leaves this object
        self._slots = asyncio.Semaphore(PASSWORDS_AT_ONCE)
        self._waiting = 0
        self._monotonic = clock.monotonic

    def known(self, credential: Credential) -> Principal | None:
        """The principal of a token that was looked up within the last second."""
        return self._tokens.known(token_hash(credential.secret)) if credential.secret.startswith(TOKEN_MARK) else None

    async def principal(self, credential: Credential, address: str) -> Principal:
        """The principal of a credential. Unauthenticated, or TooMany after failures of this account and address."""
        tenant = token_tenant(credential.secret)
        if tenant is None and credential.login is not None:
            return await self._of_password(credential.login, credential.secret, address)
        if tenant is None or tenant >= 2**63:
            raise _unknown()
        key = token_hash(credential.secret)
        found = await self._tokens.get(key, lambda: self._accounts.find_token(key, tenant))
        if found is None:
            raise _unknown()
        return found

    async def password(self, login: str, password: str, address: str) -> Principal:
        """The principal of a login with a password, which can't be a token. Raises as `principal`."""
        return await self._of_password(login, password, address)

    async def session(self, text: str) -> SignedIn | None:
        """The session of a cookie's text, looked up within the last second; None when it has ended."""
        tenant = session_tenant(text)
        if tenant is None:
            return None
        key = token_hash(text)
        return await self._sessions.get(key, lambda: self._accounts.find_session(key, tenant))

    def forget_session(self, text: str) -> None:
        """Let a session that has just ended count no more in this process."""
        self._sessions.forget(token_hash(text))

    def anonymous(self) -> Principal:
        """The principal of public operations, in the main tenant. Opening a dialect opens it for every client."""
        if self.main_tenant is None:
            raise Unavailable("starting", "The server is starting.")
        return Principal(tenant=self.main_tenant, user=None, login="anonymous", is_admin=True)

    async def _of_password(self, login: str, password: str, address: str) -> Principal:
        record = await self._logins.get(login, lambda: self._accounts.find_login(login))
        mark = hmac.digest(self._key, b"\0".join((login.encode(), password.encode())), "sha256")
        if record is not None and not record.disabled and self._was_verified(mark, record):
            return record.principal
        password_hash = record.password_hash if record is not None and not record.disabled else None
        account = login if record is None else record.principal.user or login  # whichever name the client used
        right = await self._verify(password_hash, password, (account, address))
        if record is None or password_hash is None or not right:
            raise _unknown()
        if len(self._verified) >= MOST_KEPT:
            self._verified.clear()
        self._verified[mark] = (self._monotonic() + self._verified_seconds, password_hash)
        return record.principal

    def _was_verified(self, mark: bytes, record: PasswordRecord) -> bool:
        until, password_hash = self._verified.get(mark, (0.0, ""))
        return self._monotonic() < until and password_hash == record.password_hash

    async def _verify(self, password_hash: str | None, password: str, key: tuple[str, str]) -> bool:
        """20 ms of work in a thread, two at once; failures count for those that wait, too."""
        self._failures.check(key, self._monotonic())
        if self._waiting >= PASSWORDS_WAITING:
            raise TooMany("logins_busy", "Too many logins at the same time. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._slots:
                self._failures.check(key, self._monotonic())
                right = await asyncio.to_thread(passwords.verify_password, password_hash, password)
                if right:
                    self._failures.forget(key)
                else:
                    self._failures.add(key, self._monotonic())
        finally:
            self._waiting -= 1
        return right


def _unknown() -> Unauthenticated:
    return Unauthenticated("credentials_unknown", "These credentials are unknown or no longer valid.")
