"""Users whom a proxy names: their login is the user, and what else the proxy says about them follows."""

from dragoman.domain.access import system
from dragoman.domain.errors import Forbidden
from dragoman.domain.people import DIRECTORY_TENANT, User, UserKind
from dragoman.domain.provider import Visitor
from dragoman.domain.text import folded
from dragoman.runtime.executor import Executor
from dragoman.runtime.recognition import Recognition
from dragoman.settings import Settings
from dragoman.usecases.admin import tenants
from dragoman.usecases.identity import users, visitors

MOST_FOLLOWED = 10_000


class ProxyUsers:
    """Finds them in the tenant of the settings, and makes them where that is on."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._recognition = Recognition(executor)
        self._tenant = settings.tenant
        self._provisions = settings.proxy_login.provision == "on"
        self._followed: dict[str, Visitor] = {}  # what was said about each, so that only news are written

    async def find(self, visitor: Visitor, known: users.Account | None) -> users.Account:
        """The account of a visitor; `known` is that of his login, over all tenants. Forbidden for nobody."""
        login = visitor.login or ""
        tenant = await self._executor.read(tenants.find, tenants.FindTenant(self._tenant), system(DIRECTORY_TENANT))
        if known is not None and (known.user.tenant != tenant or folded(known.user.login) != folded(login)):
            known = None  # of another tenant, or found by an address
        if known is None or self._has_news(visitor, login):
            user = await self._recognition.user(visitor, visitors.Rules(), tenant, provision=self._provisions)
            known = await self._executor.read(users.find_account, users.FindAccount(user.uid), system(tenant))
            self._keep(visitor, login)
        if known is None or not may_sign_in(known.user):
            raise Forbidden("not_allowed", "This account can't sign in.")
        return known

    def _has_news(self, visitor: Visitor, login: str) -> bool:
        says = visitor.name is not None or visitor.email is not None or visitor.groups is not None
        return says and self._followed.get(login) != visitor

    def _keep(self, visitor: Visitor, login: str) -> None:
        if len(self._followed) >= MOST_FOLLOWED:
            self._followed.clear()
        self._followed[login] = visitor


def may_sign_in(user: User) -> bool:
    """Whether the user is a person who is neither disabled nor deleted."""
    return user.disabled_at is None and user.deleted_at is None and user.kind is UserKind.PERSON
