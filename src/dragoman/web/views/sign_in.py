"""Signing in by a password, and signing out."""

from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.domain.errors import Invalid, TooMany, Unauthenticated
from dragoman.runtime.accounts import life_of
from dragoman.usecases.identity import sessions
from dragoman.usecases.identity.users import token_hash
from dragoman.web import addresses
from dragoman.web.site import Page
from dragoman.web.views import first_run
from dragoman.web.visit import Visit
from dragoman.web.words import N_

WRONG = N_("Login or password is wrong.")


async def show(visit: Visit) -> Response:
    """The form. It changes nothing for a user who is signed in already. Without any user it leads to first run."""
    if await first_run.is_open(visit):
        return visit.see_other(addresses.FIRST_RUN)
    next_ = visit.request.first("next") or ""
    return _form(visit, next_ if addresses.is_below_root(next_) else "")


async def act(visit: Visit) -> Response:
    """Open a session: 303 to the page that the browser came for. Invalid for an address elsewhere."""
    login, password, next_ = (visit.form.text(name) for name in ("login", "password", "next"))
    if next_ and not addresses.is_below_root(next_):
        raise Invalid("bad_next", "The address to go on to is not one of these pages.", status=422)
    empty = (("login", login, N_("Enter your login.")), ("password", password, N_("Enter your password.")))
    faults = {name: visit.gettext(sentence) for name, text, sentence in empty if not text}
    if faults:
        return _form(visit, next_, 422, faults)
    try:
        principal = await visit.app.identity.password(login, password, visit.request.address)
        if principal.user is None:
            raise Unauthenticated("credentials_unknown", WRONG)
        command = sessions.SignIn(
            principal.user,
            "password",
            visit.request.headers.get("user-agent"),
            visit.request.address,
            life_of(visit.app.settings.sessions),
            token_hash(visit.cookie) if visit.cookie else "",
        )
        text = await visit.write(sessions.sign_in, command, principal)
    except Unauthenticated as error:
        visit.request.code = error.code
        return _form(visit, next_, 422, {"password": visit.gettext(WRONG)})
    except TooMany as error:
        visit.request.code = error.code
        response = _form(visit, next_, 429, {"password": error.message})
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    visit.request.principal = principal
    visit.begin_session(text, command.life.seconds)
    return visit.see_other(next_ or addresses.ROOT)


async def sign_out(visit: Visit) -> Response:
    """End the session by which the browser came; then lead on to where the user signed in, if that is to end, too."""
    address = await _signing_out_elsewhere(visit)
    if visit.session is not None:
        await visit.write(sessions.sign_out, sessions.SignOut(visit.session.hash), visit.principal)
    visit.end_session()
    # A page and no redirect: the policy of the pages lets a form lead nowhere else.
    return visit.page("signed_out.html", address=address) if address else visit.see_other(addresses.SIGN_IN)


async def _signing_out_elsewhere(visit: Visit) -> str | None:
    if visit.request.from_proxy is not None:
        return visit.app.settings.proxy_login.sign_out_url or None
    kind, _, provider = ("" if visit.session is None else visit.session.via).partition(":")
    if kind != "oidc":
        return None
    return await visit.app.sign_ins.end_session(provider, visit.request.base_url + addresses.SIGN_IN)


def _form(visit: Visit, next_: str, status: int = 200, faults: dict[str, str] | None = None) -> Response:
    query = f"?{urlencode({'next': next_})}" if next_ else ""
    providers = [
        {"href": f"{addresses.SIGN_IN}/{name}{query}", "label": label} for name, label in visit.app.sign_ins.offered()
    ]
    login = visit.form.text("login")
    return visit.page(
        "sign_in.html",
        status,
        next=next_,
        login=login,
        faults=faults or {},
        providers=providers,
        takes_passwords=visit.app.settings.passwords.enabled,
        has_password_now=visit.request.first("done") == "password",
    )


PAGES = (
    Page(addresses.SIGN_IN, show, act, is_open=True),
    Page(addresses.SIGN_OUT, act=sign_out, is_open=True),
)
