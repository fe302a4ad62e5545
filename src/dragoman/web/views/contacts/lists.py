"""The list of contacts, and of the newest cases."""

from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.usecases.contacts import looks
from dragoman.web.site import Page
from dragoman.web.visit import Visit

ADDRESS = "/ui/contacts"
SIZES = (25, 50, 100)
LONGEST = 200


async def show(visit: Visit) -> Response:
    """A page of the list, the newest first."""
    principal = visit.require("contact.read")
    text = (visit.request.first("q") or "")[:LONGEST]
    limit, before = _limit(visit), number(visit.request.first("after"))
    looked = await visit.read(looks.look_at_all, looks.LookAtAll(text, limit, before))
    query = {"q": text} if text else {}
    more = {**query, "limit": str(limit), "after": str(looked.before)}
    return await visit.framed(
        "contacts/list.html",
        "contacts",
        heading=visit.gettext("Contacts & cases"),
        looked=looked,
        q=text,
        next_page=None if looked.before is None else f"?{urlencode(more)}",
        first_page=None if before is None else f"{ADDRESS}?{urlencode(query)}",
        limit=limit,
        may_make=principal.has_scope(frozenset({"contact.write"})),
        may_make_cases=principal.has_scope(frozenset({"case.write"})),
    )


def number(text: str | None) -> int | None:
    """The number that a parameter holds; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _limit(visit: Visit) -> int:
    found = number(visit.request.first("limit"))
    return found if found in SIZES else 50


PAGES = (Page(ADDRESS, show),)
