"""Recognition: the user who a visitor is, found or made."""

import logging

from dragoman.domain.access import system
from dragoman.domain.errors import Forbidden
from dragoman.domain.people import User
from dragoman.domain.provider import Visitor
from dragoman.runtime.executor import Executor
from dragoman.usecases.identity import visitors

log = logging.getLogger(__name__)

FACE = "web"


class Recognition:
    """Recognises visitors in tenants."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def user(self, visitor: Visitor, rules: visitors.Rules, tenant: int, *, provision: bool) -> User:
        """The user, with names, address and groups as they are now. Forbidden for who is nobody, or stays out."""
        command = visitors.Recognise(visitor, rules, provision)
        found = await self._executor.write(visitors.recognise, command, system(tenant), FACE, operation="sign_in")
        for code in found.remarks:
            log.warning("provider.not_followed", extra={"provider": visitor.source, "tenant": tenant, "code": code})
        if found.refusal is not None:
            raise found.refusal
        if found.user is None:
            raise Forbidden("not_linked", "No user of this server is linked to this account.")
        return found.user
