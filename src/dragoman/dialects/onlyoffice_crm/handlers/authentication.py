"""Logging in: name and password for a token, in the answer and in a cookie (page, 2)."""

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.kit.credentials import Credential
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.credentials import KEY
from dragoman.dialects.onlyoffice_crm.wire.dates import print_date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.paging import choose, read_paging
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.errors import Unauthenticated
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity.logins import LoggedIn, LogIn, login_of

LIFETIME_SECONDS = 365 * 86_400
BY_PASSWORD = ("", "email")
"""Values of `provider` that mean a password; others are social networks, which know nothing of us."""


def credential(request: Request) -> Credential | None:
    """The name and password of a login; None when one is missing, or when another provider shall vouch.

    The name may be an e-mail address or an id, which has letters of either case.
    """
    parameters = gather(request)
    login, password = parameters.text("userName"), parameters.text("password")
    provider = (parameters.text("provider") or "").strip().lower()
    if provider not in BY_PASSWORD or not login or not password:
        return None
    return Credential(password, login=login.lower() if persons.is_uid(login.lower()) else login)


def parse(scopes: frozenset[str], request: Request) -> LogIn:
    """POST authentication, by a principal whose password was right."""
    if request.principal is None:
        raise Unauthenticated("credentials_missing", "A user name and a password are needed.")
    return login_of(request.principal, scopes, LIFETIME_SECONDS)


def render(options: Options, logged_in: LoggedIn, request: Request) -> Reply:
    """The token, and the cookie that browsers keep; scripts of a page can't read it."""
    expires = "" if logged_in.expires_at is None else print_date(logged_in.expires_at, zone_of(logged_in.zone))
    response = choose({"token": logged_in.text, "expires": expires}, read_paging(gather(request)).fields)
    reply = envelope.reply(request, options.default_format, envelope.success(201, response))
    secure = "; Secure" if request.base_url.startswith("https:") else ""
    cookie = f"{KEY}={logged_in.text}; Path=/; Max-Age={LIFETIME_SECONDS}; HttpOnly; SameSite=Lax{secure}"
    reply.headers.append(("Set-Cookie", cookie))
    return reply
