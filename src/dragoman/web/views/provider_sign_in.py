"""Signing in at a provider: the browser's way there, and back."""

import logging

from starlette.responses import RedirectResponse, Response

from dragoman.domain.errors import Expected, Invalid, NotFound, Unavailable
from dragoman.domain.ids import new_id
from dragoman.runtime.accounts import life_of
from dragoman.runtime.sign_ins import Browser
from dragoman.usecases.identity.users import token_hash
from dragoman.web import addresses
from dragoman.web.site import Page
from dragoman.web.visit import Visit

log = logging.getLogger(__name__)


async def begin(visit: Visit) -> Response:
    """302 to the provider. The browser keeps the attempt in a cookie."""
    next_ = visit.request.first("next") or ""
    try:
        begun = await visit.app.sign_ins.begin(
            visit.path["name"], next_ if addresses.is_below_root(next_) else addresses.ROOT, visit.request.base_url
        )
    except Expected as error:
        return _failed(visit, error)
    visit.keep_attempt(begun.cookie)
    return visit.sent(RedirectResponse(begun.url, 302))


async def finish(visit: Visit) -> Response:
    """303 to the page that the browser came for, with a session of whom the provider sends back."""
    browser = Browser(
        visit.request.headers.get("user-agent"),
        visit.request.address,
        token_hash(visit.cookie) if visit.cookie else "",
    )
    try:
        finished = await visit.app.sign_ins.finish(
            visit.path["name"], _parameters(visit), visit.attempt, visit.request.base_url, browser
        )
    except Expected as error:
        if not isinstance(error, Invalid):  # an address that somebody else made must not end an attempt
            visit.keep_attempt("")
        return _failed(visit, error)
    visit.keep_attempt("")
    visit.begin_session(finished.session, life_of(visit.app.settings.sessions).seconds)
    return visit.see_other(finished.next)


def _parameters(visit: Visit) -> dict[str, str]:
    """The parameters of the callback. Invalid for one that is there twice."""
    if any(len(values) > 1 for values in visit.request.query.values()):
        raise Invalid("repeated_parameter", "A parameter of the address is allowed once.")
    return {name: value for name, [value] in visit.request.query.items()}


def _failed(visit: Visit, error: Expected) -> Response:
    """The page for a sign-in that didn't work, and what an operator needs to find out why."""
    if isinstance(error, NotFound):
        raise error
    visit.request.code, incident = error.code, new_id()
    status = 400 if isinstance(error, Invalid) else 503 if isinstance(error, Unavailable) else 403
    facts = {"incident": incident, "provider": visit.path["name"], "code": error.code, "reason": error.message}
    log.warning("provider.sign_in_failed", extra=facts)
    return visit.page("sign_in_failed.html", status, sentence=error.message, code=error.code, incident=incident)


PAGES = (
    Page(f"{addresses.SIGN_IN}/{{name}}", begin, is_open=True),
    Page(f"{addresses.SIGN_IN}/{{name}}/callback", finish, is_open=True),
)
