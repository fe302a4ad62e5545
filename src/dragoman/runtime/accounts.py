"""Tokens and accounts as the database has them: what `identity` holds credentials against."""

from msgspec.structs import replace

from dragoman.domain.access import Principal, system
from dragoman.domain.people import DIRECTORY_TENANT, LoginName
from dragoman.domain.text import folded, spellings
from dragoman.runtime.executor import Executor
from dragoman.runtime.identity import PasswordRecord
from dragoman.settings import Batch
from dragoman.usecases.identity import users


class StoredAccounts:
    """The `Accounts` of a server. Settings say which credentials give the right to decide batches."""

    def __init__(self, executor: Executor, batch: Batch) -> None:
        self._executor = executor
        self._batch = batch

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        found = await self._executor.read(users.find_token, users.FindToken(token_hash), system(tenant))
        return None if found is None else self._with_rights(found)

    async def find_login(self, login: str) -> PasswordRecord | None:
        found = await self._find(login)
        if found is None:
            return None
        user = found.user
        return PasswordRecord(self._with_rights(found.principal), user.password_hash, user.disabled_at is not None)

    def _with_rights(self, principal: Principal) -> Principal:
        return replace(
            principal,
            is_reviewer=principal.is_reviewer or self._batch.deciders == "everybody",
            is_granted=principal.is_granted and self._batch.token_grants,
        )

    async def _find(self, login: str) -> users.Account | None:
        """The account of a login or an e-mail address, which is compared without case."""
        entry: LoginName | None = None
        for name in dict.fromkeys((*spellings(login), folded(login) if "@" in login else login)):
            entry = entry or await self._executor.read(
                users.find_login, users.FindLogin(name), system(DIRECTORY_TENANT)
            )
        if entry is None:
            return None
        return await self._executor.read(users.find_account, users.FindAccount(entry.user), system(entry.user_tenant))
