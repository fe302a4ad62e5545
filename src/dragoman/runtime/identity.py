"""Identity: turns a credential into a Principal, for every way into the server.

A look-up of a token or an account is cached for a second at most, so a revocation takes effect within a second on every
node. Passwords are verified in `passwords.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, Protocol, TypeVar

from dragoman.dialects.kit.credentials import Credential
from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock, Moment
from dragoman.domain.errors import Conflict, Forbidden, Unauthenticated, Unavailable
from dragoman.domain.provider import Visitor
from dragoman.runtime.guessing import Sleep
from dragoman.runtime.passwords import PasswordRecord, Passwords
from dragoman.runtime.token_uses import TokenUses
from dragoman.settings import Settings
from dragoman.usecases.identity.sessions import PAGES, SignedIn, session_tenant
from dragoman.usecases.identity.users import TOKEN_PREFIX, token_hash, token_tenant

TOKEN_MARK = f"{TOKEN_PREFIX}_"
MOST_KEPT = 10_000

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Accounts(Protocol):
    """Where tokens and accounts are stored."""

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        """The principal of a token by its SHA-256 in hex; None when unknown, expired, revoked, or its user disabled."""
        ...

    async def find_login(self, login: str) -> PasswordRecord | None:
        """The account with this login, over all tenants."""
        ...

    async def find_user(self, user: str, tenant: int) -> PasswordRecord | None:
        """The account of a user of a tenant."""
        ...

    async def find_session(self, session_hash: str, tenant: int) -> SignedIn | None:
        """The session of a cookie by its SHA-256 in hex; None when it has ended, or its user is disabled. That it was
        used is noted behind the answer."""
        ...

    async def find_visitor(self, visitor: Visitor) -> Principal:
        """The user whom a proxy names. Forbidden for who is nobody here, or stays out."""
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

    def __init__(self, accounts: Accounts, settings: Settings, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        seconds = settings.timeouts.token_cache_seconds
        self.main_tenant: int | None = None  # known once the database is open
        self.on_session_ended: Callable[[str], None] = _unheard  # with the hash of a session that ended in this process
        self._accounts = accounts
        self._tokens: Recent[str, Principal] = Recent(seconds, clock)
        self._logins: Recent[str, PasswordRecord] = Recent(seconds, clock)
        self._sessions: Recent[str, SignedIn] = Recent(seconds, clock)
        self._visitors: Recent[Visitor, Principal] = Recent(seconds, clock)
        self.uses = TokenUses(settings.tokens.seen_seconds, clock)
        self.passwords = Passwords(settings, clock, sleep)
        self._takes_passwords = settings.passwords.enabled

    def known(self, credential: Credential) -> Principal | None:
        """The principal of a token that was looked up within the last second."""
        return self._tokens.known(token_hash(credential.secret)) if credential.secret.startswith(TOKEN_MARK) else None

    def forget(self, credential: Credential) -> None:
        """Look this credential up again, however lately that was done."""
        self._tokens.forget(token_hash(credential.secret))
        if credential.login is not None:
            self._logins.forget(credential.login)

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

    async def session(self, text: str, *, fresh: bool = False) -> SignedIn | None:
        """The session of a cookie's text, looked up within the last second, or now; None when it has ended."""
        tenant = session_tenant(text)
        if tenant is None:
            return None
        key = token_hash(text)
        if fresh:
            self._sessions.forget(key)
        found = await self._sessions.get(key, lambda: self._accounts.find_session(key, tenant))
        if found is not None:
            self.uses.note(found.principal, PAGES)
        return found

    def forget_session(self, text: str) -> None:
        """Let a session that has just ended count no more in this process."""
        key = token_hash(text)
        self._sessions.forget(key)
        self.on_session_ended(key)

    async def visitor(self, visitor: Visitor) -> Principal:
        """The user whom a proxy names. Forbidden for who is nobody here, or stays out."""
        found = await self._visitors.get(visitor, lambda: self._accounts.find_visitor(visitor))
        if found is None:
            raise _unknown()
        return found

    def anonymous(self, tenant: int | None = None) -> Principal:
        """The principal of public operations, by default in the main tenant. Opening a dialect opens it for every
        client."""
        if self.main_tenant is None:
            raise Unavailable("starting", "The server is starting.")
        tenant = self.main_tenant if tenant is None else tenant
        return Principal(tenant=tenant, user=None, login="anonymous", is_admin=True)

    def locked_until(self, user: str) -> Moment | None:
        """Until when this process refuses a user's passwords from some address: the latest end, or None."""
        return self.passwords.locked_until(user)

    async def stand_in(self, login: str) -> Principal:
        """The principal of clients that need no credentials: the user of this login, anonymous for none.

        Unauthenticated where the user isn't there or is disabled.
        """
        if not login:
            return self.anonymous()
        record = await self._logins.get(login, lambda: self._accounts.find_login(login))
        if record is None or record.disabled:
            raise _unknown()
        return record.principal

    async def _of_password(self, login: str, password: str, address: str) -> Principal:
        if not self._takes_passwords:
            raise _unknown()
        record = self._logins.known(login)
        if record is None or not self.passwords.knows(record, login, password):
            self._logins.forget(login)  # the password may just have been changed
            record = await self._logins.get(login, lambda: self._accounts.find_login(login))
        if not await self.passwords.is_right(record, login, password, address) or record is None:
            raise _unknown()
        return record.principal

    async def confirm(self, principal: Principal, password: str, address: str) -> None:
        """Check the present password of a user who is signed in; a wrong one counts as a failed login.

        Conflict if there is none, Forbidden for a wrong one, TooMany after too many.
        """
        user = principal.user
        record = None if user is None else await self._accounts.find_user(user, principal.tenant)
        if user is None or record is None or record.password_hash is None:
            raise Conflict("no_password", f"{principal.login} has no password.")
        if not await self.passwords.is_right(record, user, password, address):
            raise Forbidden("wrong_password", "The present password is not right.")


def _unheard(session: str) -> None:
    """Nobody asks."""


def _unknown() -> Unauthenticated:
    return Unauthenticated("credentials_unknown", "These credentials are unknown or no longer valid.")
