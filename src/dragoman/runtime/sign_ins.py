"""Signing in at providers: from the browser's way there, over what the provider proves, to a session.

The requests to a provider run in threads of their own, so that one that doesn't answer holds nobody else up.
"""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dragoman.domain.access import system
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound, Unavailable
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.domain.provider import Provider, visitor
from dragoman.runtime.executor import Executor
from dragoman.runtime.recognition import Recognition
from dragoman.usecases.admin import tenants
from dragoman.usecases.identity import attempts, sessions, visitors

if TYPE_CHECKING:
    from dragoman.delivery.openid.attempt import Attempt
    from dragoman.delivery.openid.exchange import Http
    from dragoman.delivery.openid.flow import Flow

log = logging.getLogger(__name__)

R = TypeVar("R")

MOST_AT_ONCE = 16
"""Requests to one provider at a time; for further ones it counts as not answering."""


class Begun(msgspec.Struct, frozen=True):
    """Where the browser is sent, and the cookie that it keeps meanwhile."""

    url: str
    cookie: str


class Finished(msgspec.Struct, frozen=True):
    """The text of the new session's cookie, and the page that was asked for."""

    session: str
    next: str


class Browser(msgspec.Struct, frozen=True):
    """What signs in: its name, its address, and the hash of the session that it had."""

    name: str | None = None
    address: str | None = None
    replaces: str = ""


class SignIns:
    """The providers of one process. Errors are expected ones: Forbidden for whatever is wrong with a sign-in."""

    def __init__(
        self,
        providers: tuple[Provider, ...],
        executor: Executor,
        life: sessions.Life,
        clock: Clock,
        http: "Callable[[Provider], Http] | None" = None,
    ) -> None:
        """`clock` is that of the providers; `http` sends the requests to them, in tests by other means."""
        self._providers = {provider.name: provider for provider in providers}
        self._executor = executor
        self._life = life
        self._clock = clock
        self._http = http
        self._recognition = Recognition(executor)
        self._flows: dict[str, Flow] = {}
        self._running: dict[str, int] = {}
        self._lock = threading.Lock()
        self._key: bytes | None = None

    def offered(self) -> list[tuple[str, str]]:
        """Name and label of each provider, in the order of the configuration."""
        return [(provider.name, provider.label) for provider in self._providers.values()]

    async def begin(self, name: str, next_page: str, base_url: str) -> Begun:
        """Begin to sign in at a provider. NotFound for an unknown one, Unavailable if it doesn't answer."""
        provider, key = self._provider(name), await self._signing_key()

        def run(flow: "Flow") -> Begun:
            from dragoman.delivery.openid import attempt

            begun = attempt.begin(name, next_page, self._clock.now())
            return Begun(flow.begin(begun, callback(base_url, name)), attempt.seal(begun, key))

        return await self._call(provider, run)

    async def finish(
        self, name: str, parameters: Mapping[str, str], cookie: str, base_url: str, browser: Browser
    ) -> Finished:
        """Open a session for whom the provider sends back. Invalid if the browser didn't begin this sign-in here."""
        provider, key = self._provider(name), await self._signing_key()
        attempt = await self._call(provider, lambda _: self._attempt(name, parameters, cookie, key))
        principal = system(await self._tenant(provider))
        await self._use(attempt, principal.tenant)
        claims = await self._call(provider, lambda flow: flow.finish(attempt, parameters, callback(base_url, name)))
        table = provider.table
        rules = visitors.Rules(table.link_by_email, frozenset(table.required_groups), table.create_groups)
        user = await self._recognition.user(
            visitor(provider, claims), rules, principal.tenant, provision=table.provision == "on"
        )
        command = sessions.SignIn(
            user.uid, f"oidc:{name}", browser.name, browser.address, self._life, replaces=browser.replaces
        )
        text = await self._executor.write(sessions.sign_in, command, principal, sessions.PAGES)
        return Finished(text, attempt.next)

    async def end_session(self, name: str, return_to: str) -> str | None:
        """Where the session at the provider is ended; None if it isn't to be, or can't be."""
        provider = self._providers.get(name)
        if provider is None or not provider.table.end_session:
            return None
        try:
            return await self._call(provider, lambda flow: flow.end_session(return_to))
        except Expected as error:
            log.warning("provider.not_signed_out", extra={"provider": name, "code": error.code})
            return None

    def _provider(self, name: str) -> Provider:
        provider = self._providers.get(name)
        if provider is None:
            raise NotFound("provider_not_found", "Nobody signs in this way here.")
        return provider

    def _attempt(self, name: str, parameters: Mapping[str, str], cookie: str, key: bytes) -> "Attempt":
        from dragoman.delivery.openid.attempt import unseal

        attempt = unseal(cookie, key, self._clock.now())
        state = parameters.get("state", "")
        if (
            attempt is None
            or attempt.provider != name
            or not state.isascii()
            or not secrets.compare_digest(state, attempt.state)
        ):
            raise _not_begun()
        return attempt

    async def _use(self, attempt: "Attempt", tenant: int) -> None:
        command = attempts.UseAttempt(attempt.state)
        try:
            await self._executor.write(attempts.use_attempt, command, system(tenant), sessions.PAGES)
        except Conflict:
            raise _not_begun() from None

    async def _tenant(self, provider: Provider) -> int:
        command = tenants.FindTenant(provider.table.tenant)
        try:
            return await self._executor.read(tenants.find, command, system(DIRECTORY_TENANT))
        except NotFound:
            log.warning("provider.without_tenant", extra={"provider": provider.name})
            raise Forbidden("not_linked", "There is no tenant whose users sign in this way.") from None

    async def _signing_key(self) -> bytes:
        if self._key is None:
            command = attempts.FindKey(secrets.token_hex(32))
            key = await self._executor.write(attempts.find_key, command, system(DIRECTORY_TENANT), sessions.PAGES)
            self._key = bytes.fromhex(key)
        return self._key

    async def _call(self, provider: Provider, run: "Callable[[Flow], R]") -> R:
        """The result of `run` in a thread, with the provider's flow."""
        if self._running.get(provider.name, 0) >= MOST_AT_ONCE:
            raise Unavailable("provider_unavailable", f"{provider.name} doesn't answer.")
        self._running[provider.name] = self._running.get(provider.name, 0) + 1
        try:
            return await in_thread(lambda: run(self._flow(provider)))
        finally:
            self._running[provider.name] -= 1

    def _flow(self, provider: Provider) -> "Flow":
        # Imported at the first sign-in: most processes never see one, and the libraries are slow to load.
        from dragoman.delivery.openid.exchange import HttpxClient
        from dragoman.delivery.openid.flow import Flow

        with self._lock:
            if provider.name not in self._flows:
                http = self._http(provider) if self._http else HttpxClient(provider.name, self._clock)
                self._flows[provider.name] = Flow(provider, http, self._clock)
            return self._flows[provider.name]


def callback(base_url: str, name: str) -> str:
    """The address to which the provider sends the browser back."""
    return f"{base_url.rstrip('/')}/ui/sign-in/{name}/callback"


async def in_thread(run: Callable[[], R]) -> R:
    """The result of a function, in a thread of its own that neither other work nor the end of the process waits for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result, failure = None, None
        try:
            result = run()
        except Exception as error:  # house: ok, because it is raised where the result is awaited
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, name="sign-in", daemon=True).start()
    return await future


def _not_begun() -> Invalid:
    return Invalid("state_unknown", "This sign-in wasn't begun in this browser, is too old, or was finished before.")
