"""Tokens and accounts as the database has them: what `identity` holds credentials against."""

from dragoman.domain.access import Principal, system
from dragoman.domain.people import DIRECTORY_TENANT, LoginName, User
from dragoman.domain.text import folded, spellings
from dragoman.runtime.executor import Executor
from dragoman.runtime.identity import PasswordRecord
from dragoman.usecases.identity import users


class StoredAccounts:
    """The `Accounts` of a server."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        return await self._executor.read(users.find_token, users.FindToken(token_hash), system(tenant))

    async def find_login(self, login: str) -> PasswordRecord | None:
        user = await self._find_user(login)
        if user is None:
            return None
        return PasswordRecord(users.principal_of(user), user.password_hash, user.disabled_at is not None)

    async def _find_user(self, login: str) -> User | None:
        """The user of a login or an e-mail address, which is compared without case."""
        entry: LoginName | None = None
        for name in dict.fromkeys((*spellings(login), folded(login) if "@" in login else login)):
            entry = entry or await self._executor.read(
                users.find_login, users.FindLogin(name), system(DIRECTORY_TENANT)
            )
        if entry is None:
            return None
        return await self._executor.read(users.find_user, users.FindUser(entry.user), system(entry.user_tenant))
