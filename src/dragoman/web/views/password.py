"""Choosing a password: by a link, without signing in, or in place of one's present one."""

from starlette.responses import Response

from dragoman.domain.access import Principal, system
from dragoman.domain.errors import Forbidden, Invalid, TooMany
from dragoman.usecases.identity import password_changes, password_links
from dragoman.web import addresses
from dragoman.web.forms import faults_of
from dragoman.web.site import Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

WRONG = N_("This is not your present password.")


async def show(visit: Visit) -> Response:
    """The form. A link that is looked at stays good."""
    token = visit.request.first("token")
    if token is None:
        visit.require()
        return _form(visit)
    return _form(visit, login=await _holder(visit, token), token=token)


async def act(visit: Visit) -> Response:
    """Store the new password: by the link of the form, or for the user who is signed in."""
    token = visit.form.text("token")
    return await (_by_link(visit, token) if token else _own(visit))


async def _by_link(visit: Visit, token: str) -> Response:
    login, new = await _holder(visit, token), visit.form.text("new")
    if not new:
        return _form(visit, {"new": "Enter a new password."}, login=login, token=token)
    try:
        command = password_links.Redeem(token, new)
        await visit.write(password_links.redeem, command, _system(visit, token), password_links.OPERATION)
    except Invalid as error:
        return _form(visit, faults_of(error.problems, visit.gettext), login=login, token=token)
    return visit.see_other(f"{addresses.SIGN_IN}?done=password")


async def _own(visit: Visit) -> Response:
    principal = visit.require()
    current, new = visit.form.text("current"), visit.form.text("new")
    empty = {name: f"Enter your {what} password." for name, what in (("current", "present"), ("new", "new"))}
    faults = {name: sentence for name, sentence in empty.items() if not visit.form.text(name)}
    if faults:
        return _form(visit, faults)
    try:
        await visit.app.identity.confirm(principal, current, visit.request.address)
        keep = None if visit.session is None else visit.session.hash
        command = password_changes.ChangeOwn(new, keep_session=keep)
        await visit.write(password_changes.change_own, command, operation="change_own_password")
    except Invalid as error:
        return _form(visit, faults_of(error.problems, visit.gettext))
    except Forbidden as error:
        visit.request.code = error.code
        return _form(visit, {"current": visit.gettext(WRONG)})
    except TooMany as error:
        visit.request.code = error.code
        response = _form(visit, {"current": error.message}, status=429)
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    return visit.acted(addresses.PROFILE, visit.gettext("The password was changed."))


async def _holder(visit: Visit, token: str) -> str:
    """The login of the user of a link. NotFound, answered 410, for one that doesn't count."""
    look = password_links.Look(token)
    user = await visit.app.executor.read(password_links.look, look, _system(visit, token))
    return user.login


def _system(visit: Visit, token: str) -> Principal:
    """The server itself in the tenant of a link; what is no link is looked for in the main tenant, in vain."""
    tenant = password_links.link_tenant(token)
    return system(visit.app.identity.anonymous().tenant if tenant is None else tenant)


def _form(
    visit: Visit, faults: dict[str, str] | None = None, *, login: str = "", token: str = "", status: int = 422
) -> Response:
    return visit.page(
        "password.html",
        status if faults else 200,
        faults=faults or {},
        login=login or visit.require().login,
        token=token,
        least=visit.app.settings.passwords.least,
    )


PAGES = (Page(addresses.PASSWORD, show, act, is_open=True),)
