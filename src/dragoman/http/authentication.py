"""Authentication over HTTP: reading credentials from a request, cross-site and scope checks.

Whom a credential belongs to is decided in `runtime/identity.py`.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect, OperationSpec, Request
from dragoman.dialects.kit.credentials import Credential, usual
from dragoman.domain.access import Principal, require_scope
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Forbidden, Unauthenticated
from dragoman.http.cors import Origins
from dragoman.http.exchange import Exchange
from dragoman.http.hosts import Hosts
from dragoman.http.proxies import Trusted
from dragoman.http.rate_limits import Rates
from dragoman.runtime.identity import Identity
from dragoman.settings import Settings

OF_PROXY = Credential("", ambient=True)
"""A browser behind the proxy sends whatever another site makes it send."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_site(
    request: Request, credential: Credential | None, *, changes: bool, shared_with: Origins | None = None
) -> None:
    """Forbidden for a change that another site made a browser send, with a cookie or Basic that the browser keeps, or
    where no credentials are needed at all (None); but for origins that the dialect names, where none are needed.

    Clients that send neither Sec-Fetch-Site nor Origin are not browsers, and are accepted.
    """
    is_explicit = credential is not None and not credential.ambient
    if is_explicit or (request.method in SAFE_METHODS and not changes):
        return
    if credential is None and shared_with is not None and shared_with.names(request.headers.get("origin")):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is not None:
        foreign = urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    else:
        foreign = site not in (None, "same-origin", "none")
    if foreign:
        raise Forbidden("cross_site", "Another site may not change anything here through a browser.")


class Authentication:
    """Finds the principal of a request, and checks what it may do here at all."""

    def __init__(
        self, identity: Identity, rates: Rates, clock: Clock, settings: Settings, origins: Mapping[str, Origins]
    ) -> None:
        self._identity = identity
        self._rates = rates
        self._clock = clock
        self._limits = settings.limits
        self._body_seconds = settings.timeouts.body_seconds
        self._origins = origins
        server = settings.server
        self._hosts = Hosts(server.host, server.public_url, server.allowed_hosts)
        self._free: dict[tuple[str, ...], Trusted] = {}

    async def authenticate(self, request: Exchange, dialect: Dialect, operation: OperationSpec | None) -> None:
        """Put the principal on the request: known, of the same site, with a scope, and within its rate.

        A login checks its own password even if the request is authenticated already, as within a batch.
        """
        if request.acts_as is not None and not _is_login(operation):
            request.principal = request.acts_as
            check_dialect(request, dialect, operation)
            check_scope(request, operation)
            return
        changes = operation is not None and operation.writes
        request.locked_until = self._identity.locked_until
        request.renew = self.renew
        if operation is not None and operation.scopes == PUBLIC:
            self._check_unknown(request, dialect, changes=changes)
            await self._open(request, operation)
            return
        find = dialect.find_credentials or usual
        if operation is not None and operation.credentials is not None:
            await request.read_body(operation, self._limits, self._body_seconds)
            credential = operation.credentials(request)
        else:
            credential = find(request)
            if credential is None and find is not usual and request.is_form():
                await request.read_body(operation, self._limits, self._body_seconds)
                credential = find(request)
        if credential is None and request.from_proxy is None:
            if not self._is_free(dialect, request.address):
                raise missing()
            self._check_unknown(request, dialect, changes=changes)
            request.principal = await self._identity.stand_in(dialect.free_as)
            check_scope(request, operation)
            return
        request.principal = principal = await self._principal(request, credential, changes=changes)
        check_dialect(request, dialect, operation)
        check_scope(request, operation)
        self._identity.uses.note(principal, dialect.name)
        if self._rates.enabled:
            self._rates.take(principal.credential, self._clock.monotonic())
        if operation is not None and operation.confirms is not None:
            await request.read_body(operation, self._limits, self._body_seconds)
            await self._identity.confirm(principal, operation.confirms(request), request.address)

    async def renew(self, request: Request, *, fresh: bool = False) -> Principal:
        """Whose the credentials of an authenticated request are now, while its answer is still to come."""
        dialect, exchange = request.dialect, request
        if dialect is None or not isinstance(exchange, Exchange):
            raise missing()
        credential = (dialect.find_credentials or usual)(request)
        if fresh and credential is not None:
            self._identity.forget(credential)
        if credential is None and request.from_proxy is None:
            return await self._identity.stand_in(dialect.free_as)
        principal = await self._principal(request, credential, changes=False)
        check_dialect(exchange, dialect, request.operation, principal)
        if request.operation is not None:
            require_scope(principal, request.operation.scopes)
        return principal

    async def _open(self, request: Exchange, operation: OperationSpec) -> None:
        """Put the principal of a public operation on the request, in the tenant that its body names."""
        tenant = None
        if operation.tenant is not None:
            await request.read_body(operation, self._limits, self._body_seconds)
            tenant = operation.tenant(request)
        request.principal = self._identity.anonymous(tenant)

    def _is_free(self, dialect: Dialect, address: str) -> bool:
        """Whether clients at this address need no credentials."""
        networks = dialect.free_networks
        if not networks:
            return False
        if networks not in self._free:
            self._free[networks] = Trusted(networks)
        return address in self._free[networks]

    def _check_unknown(self, request: Exchange, dialect: Dialect, *, changes: bool) -> None:
        """Check a request without credentials: its host, where nobody needs any, and its site."""
        if dialect.is_open or dialect.free_networks:
            self._hosts.check(request.headers.get("host", ""), request.reached_at)
        check_site(request, None, changes=changes, shared_with=self._origins.get(dialect.name))

    async def _principal(self, request: Request, credential: Credential | None, *, changes: bool) -> Principal:
        """Who asks: by the credential, or else as the proxy says. A wrong credential doesn't count as none."""
        if credential is None and request.from_proxy is not None:
            check_site(request, OF_PROXY, changes=changes)
            return await self._identity.visitor(request.from_proxy.visitor())
        if credential is None:
            raise missing()
        check_site(request, credential, changes=changes)
        return self._identity.known(credential) or await self._identity.principal(credential, request.address)


def missing() -> Unauthenticated:
    """The error for a request without credentials where some are needed."""
    return Unauthenticated("credentials_missing", "Credentials are needed.")


def check_dialect(
    request: Exchange, dialect: Dialect, operation: OperationSpec | None, principal: Principal | None = None
) -> None:
    """Forbidden when an administrator has shut the user out of the dialect. Logging in is no use of it, and neither are
    requests for the user's own account."""
    principal = principal or request.principal
    if principal is None or principal.dialects is None or dialect.name in principal.dialects:
        return
    below = request.raw_path[len(request.prefix) :] + "/"
    if below.startswith(tuple(f"{path}/" for path in dialect.own_paths)) or _is_login(operation):
        return
    raise Forbidden("dialect_denied", f"{principal.login} may not use this API ({dialect.name}).", dialect=dialect.name)


def check_scope(request: Request, operation: OperationSpec | None) -> None:
    """Forbidden when the principal has none of the operation's scopes. Logging in needs none: it takes a password."""
    principal = request.principal
    if operation is None or principal is None or operation.scopes == ANY_CREDENTIALS or _is_login(operation):
        return
    require_scope(principal, operation.scopes)


def _is_login(operation: OperationSpec | None) -> bool:
    return operation is not None and operation.credentials is not None
