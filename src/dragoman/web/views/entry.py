"""Signing in by a link. Like the way back from a provider it is a GET that opens a session, by a secret that is good
once."""

from starlette.responses import Response

from dragoman.domain.access import system
from dragoman.domain.errors import NotFound
from dragoman.runtime.accounts import life_of
from dragoman.usecases.identity import entry_links
from dragoman.web import addresses
from dragoman.web.site import Page
from dragoman.web.visit import Visit


async def enter(visit: Visit) -> Response:
    """Open a session: 303 to the reader's start page. 410 for a link that doesn't count any more."""
    token = visit.request.first("token") or ""
    tenant = entry_links.link_tenant(token)
    if tenant is None:
        raise NotFound("link_gone", "This link is used, expired or replaced by a newer one.", status=410)
    life = life_of(visit.app.settings.sessions)
    command = entry_links.Enter(token, visit.request.headers.get("user-agent"), visit.request.address, life)
    text = await visit.write(entry_links.enter, command, system(tenant), "sign_in_by_link")
    visit.begin_session(text, life.seconds)
    return visit.see_other(addresses.ROOT)


PAGES = (Page("/ui/enter", enter, is_open=True),)
