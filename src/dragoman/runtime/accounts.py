"""Tokens, sessions and accounts as the database has them: what `identity` holds credentials against."""

import asyncio
import logging

from msgspec.structs import replace

from dragoman.domain.access import Principal, system
from dragoman.domain.errors import Expected
from dragoman.domain.logins import is_known_as
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.domain.provider import Visitor
from dragoman.runtime.executor import Executor
from dragoman.runtime.passwords import PasswordRecord
from dragoman.runtime.proxy_users import ProxyUsers
from dragoman.settings import Sessions, Settings
from dragoman.usecases.identity import sessions, users

log = logging.getLogger(__name__)


def life_of(settings: Sessions) -> sessions.Life:
    """How long sessions last by the settings."""
    return sessions.Life(settings.idle_hours * sessions.HOUR, settings.days * sessions.DAY)


class StoredAccounts:
    """The `Accounts` of a server. Settings say which credentials give the right to decide batches."""

    def __init__(self, executor: Executor, settings: Settings, life: sessions.Life) -> None:
        self._executor = executor
        self._batch = settings.batch
        self._proxy_users = ProxyUsers(executor, settings)
        self._life = life
        self._behind: dict[str, asyncio.Task[None]] = {}  # what is written behind requests, by hash

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        found = await self._executor.read(users.find_token, users.FindToken(token_hash), system(tenant))
        return None if found is None else self._with_rights(found)

    async def find_login(self, login: str) -> PasswordRecord | None:
        return self._record(await self._find(login))

    async def find_user(self, user: str, tenant: int) -> PasswordRecord | None:
        return self._record(await self._executor.read(users.find_account, users.FindAccount(user), system(tenant)))

    def _record(self, account: users.Account | None) -> PasswordRecord | None:
        if account is None:
            return None
        user, principal = account.user, self._with_rights(account.principal)
        return PasswordRecord(principal, user.password_hash, user.disabled_at is not None, user.unlocked_at)

    async def find_visitor(self, visitor: Visitor) -> Principal:
        known = await self._find(visitor.login or "")
        found = await self._proxy_users.find(visitor, known)
        return replace(self._with_rights(found.principal), credential=f"proxy:{found.user.uid}")

    async def find_session(self, session_hash: str, tenant: int) -> sessions.SignedIn | None:
        command = sessions.FindSession(session_hash)
        found = await self._executor.read(sessions.find_session, command, system(tenant))
        if found is None:
            return None
        if sessions.is_stale(found.session, self._executor.clock.now()) and session_hash not in self._behind:
            noting = asyncio.get_running_loop().create_task(self._note(session_hash, tenant))
            self._behind[session_hash] = noting
            noting.add_done_callback(lambda _: self._behind.pop(session_hash, None))
        return replace(found, principal=self._with_rights(found.principal))

    async def _note(self, session_hash: str, tenant: int) -> None:
        """Note that a session is used. Whatever fails here, its request was answered."""
        command = sessions.SeeSession(session_hash, self._life)
        try:
            await self._executor.write(sessions.see_session, command, system(tenant), sessions.PAGES)
        except Expected as error:
            log.info("session.not_noted", extra={"code": error.code})

    def _with_rights(self, principal: Principal) -> Principal:
        return replace(
            principal,
            is_reviewer=principal.is_reviewer or self._batch.deciders == "everybody",
            is_granted=principal.is_granted and self._batch.token_grants,
        )

    async def _find(self, login: str) -> users.Account | None:
        """The account of a login or an e-mail address, or an id; letters of either case."""
        entry = await self._executor.read(users.find_login, users.FindLogin(login), system(DIRECTORY_TENANT))
        if entry is None:
            return None
        tenant = system(entry.user_tenant)
        found = await self._executor.read(users.find_account, users.FindAccount(entry.user), tenant)
        return found if found is not None and is_known_as(found.user, login) else None
