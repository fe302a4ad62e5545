"""All pages under /ui/: which there are, who may see them, and what every request for one passes through.

The order: who asks; of a POST, that the form is ours and up to date; that a user is signed in, unless the page is open;
then the page itself.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dragoman.dialects.kit.request import IN_SCOPE, Request
from dragoman.dialects.kit.streams import BrokenOff
from dragoman.domain.errors import Expected, NotFound
from dragoman.domain.ids import new_id
from dragoman.web import assets, errors
from dragoman.web.forms import LABELS
from dragoman.web.typed import Typed
from dragoman.web.visit import SignInNeeded, Visit

if TYPE_CHECKING:
    from dragoman.runtime.application import Application

log = logging.getLogger(__name__)

Handler = Callable[[Visit], Awaitable[Response]]
SAFE_METHODS = ("GET", "HEAD")


class Page(NamedTuple):
    """A page: what a GET shows, and what a POST does. `is_open`: it needs no user who is signed in. `file`: the field
    of its form whose file it reads as it arrives."""

    path: str
    show: Handler | None = None
    act: Handler | None = None
    is_open: bool = False
    file: str | None = None


class Unanswered(Response):
    """No response: the server below knows what becomes of the request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


def site(app: "Application", pages: Sequence[Page]) -> Starlette:
    """The pages as one ASGI application."""
    rest = Page("/ui/{rest:path}", _unknown, _unknown)
    routes = [_route(app, page) for page in (*pages, LEAVE, rest)]
    return Starlette(routes=[Route(f"{assets.ROOT}{{name}}", assets.serve), *routes])


def _route(app: "Application", page: Page) -> Route:
    """The route takes every method, so that a page says which it has."""
    route = Route(page.path, _endpoint(app, page))
    route.methods = set()
    return route


async def _unknown(visit: Visit) -> Response:
    raise NotFound("unknown_path", "There is no such page.")


def _endpoint(app: "Application", page: Page) -> Callable[[StarletteRequest], Awaitable[Response]]:
    async def answer(request: StarletteRequest) -> Response:
        asked: Request = request.scope[IN_SCOPE]
        visit = Visit(app, asked, request.path_params)
        try:
            return await _within(visit, page, request)
        except SignInNeeded:
            return visit.to_sign_in()
        except BrokenOff as broken:
            asked.broken_off = broken
            return Unanswered()
        except Expected as error:
            asked.code = error.code
            return await _refusal(visit, error)
        except Exception as bug:  # house: ok, because this is the edge: a bug is answered and logged with its trace
            return _incident(visit, bug)

    return answer


async def _within(visit: Visit, page: Page, request: StarletteRequest) -> Response:
    handler = page.show if request.method in SAFE_METHODS else page.act if request.method == "POST" else None
    again = _to_be_sent_again(visit, page, request)
    if handler is None and again is None:
        return _not_here(visit, page)
    await visit.identify()
    if request.method == "POST":
        if visit.request.incoming is None:
            visit.read_form(await request.body())
        else:
            await visit.read_form_with_files(visit.request.incoming, page.file)
        if not visit.is_genuine():
            visit.request.code = "form_out_of_date"
            return out_of_date(visit)
    if not page.is_open:
        visit.require()
        if request.method == "POST":
            visit.leave_typed()
    if again is not None:
        return await _typed_again(visit, again)
    return _not_here(visit, page) if handler is None else await handler(visit)


def _to_be_sent_again(visit: Visit, page: Page, request: StarletteRequest) -> Typed | None:
    """The form that was sent to this address when the session had ended."""
    form = visit.typed_before
    is_asked = request.method in SAFE_METHODS and not page.is_open and not visit.wants_part
    return form if form is not None and is_asked and form.address == visit.address else None


async def _typed_again(visit: Visit, form: Typed) -> Response:
    """What was typed, to be sent now."""
    again = [(name, LABELS.get(name), value) for name, value in form.pairs]
    heading = visit.gettext("Not sent yet")
    return await visit.framed(
        "typed.html", heading=heading, action=form.address, again=again, passwords=[], back=form.address
    )


async def _leave(visit: Visit) -> Response:
    return visit.see_other(visit.back("/ui/"))


LEAVE = Page("/ui/typed/leave", act=_leave)


def out_of_date(visit: Visit) -> Response:
    """The page for a form that isn't ours, or of an earlier session: what was typed, to be sent again."""
    again = [(name, LABELS.get(name), value) for name, value in visit.form.shown()]
    passwords = [(name, LABELS[name]) for name in visit.form.passwords()]
    action, heading = quote(visit.request.full_path), visit.gettext("This form is out of date")
    return visit.page("out_of_date.html", 403, heading=heading, action=action, again=again, passwords=passwords)


def _not_here(visit: Visit, page: Page) -> Response:
    allow = ", ".join([*(SAFE_METHODS if page.show else ()), *(("POST",) if page.act else ())])
    sentence = visit.gettext("This page takes %(methods)s.", methods=allow)
    response = visit.page("error.html", 405, heading=visit.gettext("Not possible here"), sentence=sentence)
    response.headers["Allow"] = allow
    return response


async def _refusal(visit: Visit, error: Expected) -> Response:
    """In the frame for who is signed in, unless the frame can't be had now, either."""
    status, heading, headers = errors.described(error)
    values = {"heading": visit.gettext(heading), "sentence": visit.gettext(error.message)}
    try:
        response = await visit.framed("error.html", status=status, **values)
    except (Expected, SignInNeeded):
        response = visit.page("error.html", status, **values)
    response.headers.update(headers)
    return response


def _incident(visit: Visit, bug: Exception) -> Response:
    visit.request.incident = incident = new_id()
    log.error("request.failed", exc_info=bug, extra={"incident": incident, "request": visit.request.request_id})
    sentence = visit.gettext("An unexpected error was logged.")
    heading = visit.gettext("Something went wrong")
    return visit.page("error.html", 500, heading=heading, sentence=sentence, incident=incident)
