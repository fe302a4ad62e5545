"""Recognition: the user who a visitor is, found or made, with the names that are unique over all tenants."""

import logging

from dragoman.domain.access import system
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid
from dragoman.domain.ids import new_id
from dragoman.domain.people import DIRECTORY_TENANT, User
from dragoman.domain.provider import Visitor
from dragoman.domain.text import composed, folded
from dragoman.runtime.executor import Executor
from dragoman.usecases.identity import login_names, users, visitors

log = logging.getLogger(__name__)

MOST_TRIES = 200
LONGEST_LOGIN = 255
FACE = "web"


class Recognition:
    """Recognises visitors in tenants."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def user(self, visitor: Visitor, rules: visitors.Rules, tenant: int, *, provision: bool) -> User:
        """The user, with names, address and groups as they are now. Forbidden for who is nobody, or stays out."""
        user = await self._recognised(visitors.Recognise(visitor, rules), tenant)
        if user is None and provision:
            user = await self._added(visitor, rules, tenant)
        if user is None:
            raise Forbidden("not_linked", "No user of this server is linked to this account.")
        await self._follow_email(visitor, user, tenant)
        return user

    async def _recognised(self, command: visitors.Recognise, tenant: int) -> User | None:
        found = await self._executor.write(visitors.recognise, command, system(tenant), FACE, operation="sign_in")
        for remark in found.remarks:
            self._remark(command.visitor, tenant, remark)
        if found.refusal is not None:
            raise found.refusal
        return found.user

    async def _added(self, visitor: Visitor, rules: visitors.Rules, tenant: int) -> User | None:
        """Become the user of a free login: that of the visitor, or with a number behind it."""
        for login in _logins(visitor):
            fresh = new_id()
            uid = await self._claim(login, fresh, tenant)
            if uid is None:
                continue
            command = visitors.Recognise(visitor, rules, visitors.Newcomer(uid, login))
            try:
                user = await self._recognised(command, tenant)
            except Expected as error:
                if uid == fresh:
                    await self._release(login, uid)
                if error.code == "login_taken":
                    continue
                raise
            if user is not None and user.uid == uid:
                await self._claim(uid, uid, tenant)  # one may log in by id, too
            else:  # the same visitor was recognised elsewhere meanwhile
                await self._release(login, uid)
            return user
        return None

    async def _follow_email(self, visitor: Visitor, user: User, tenant: int) -> None:
        """Take over the address of the visitor, unless it is another's."""
        email = visitor.email
        if email is None or email == user.email:
            return
        owner = await self._claim(folded(email), user.uid, tenant)
        if owner != user.uid:
            self._remark(visitor, tenant, "email_taken")
            return
        command = visitors.ChangeEmail(user.uid, email)
        await self._executor.write(visitors.change_email, command, system(tenant), FACE, operation="sign_in")
        if user.email is not None and folded(user.email) not in (folded(email), folded(user.login)):
            await self._release(folded(user.email), user.uid)

    async def _claim(self, login: str, uid: str, tenant: int) -> str | None:
        """The id for which the login is claimed in this tenant; None if another tenant has it."""
        command = users.ClaimLogin(login, tenant, uid)
        try:
            return await self._executor.write(users.claim_login, command, system(DIRECTORY_TENANT), FACE)
        except Conflict:
            return None

    async def _release(self, login: str, uid: str) -> None:
        command = login_names.ReleaseLogin(login, uid)
        await self._executor.write(login_names.release_login, command, system(DIRECTORY_TENANT), FACE)

    def _remark(self, visitor: Visitor, tenant: int, code: str) -> None:
        log.warning("provider.not_followed", extra={"provider": visitor.source, "tenant": tenant, "code": code})


def _logins(visitor: Visitor) -> list[str]:
    """The logins that a newcomer may get, the first choice first. A proxy's user has no other than his own."""
    if visitor.login is None:
        return []
    login = composed(visitor.login)
    count = MOST_TRIES if visitor.subject else 1
    return [name for number in range(1, count + 1) if _is_login(name := _numbered(login, number))]


def _numbered(login: str, number: int) -> str:
    ending = "" if number == 1 else f"-{number}"
    return login[: LONGEST_LOGIN - len(ending)] + ending


def _is_login(login: str) -> bool:
    try:
        users.check_login(login)
    except Invalid:
        return False
    return True
