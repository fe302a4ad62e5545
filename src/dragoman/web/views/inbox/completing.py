"""What may be typed next into a filter, for the script of the page."""

from starlette.responses import JSONResponse, Response

from dragoman.usecases.inbox.completion import Complete, complete
from dragoman.web.site import Page
from dragoman.web.visit import Visit

LONGEST = 200


async def show(visit: Visit) -> Response:
    """The values that fit, best first."""
    key, text = (visit.request.first(name) or "" for name in ("key", "text"))
    dialects = tuple(dialect.name for dialect in visit.app.dialects)
    found = await visit.read(complete, Complete(key[:LONGEST], text[:LONGEST], dialects))
    return visit.sent(JSONResponse({"items": [{"value": each.value, "label": each.label} for each in found]}))


PAGES = (Page("/ui/complete", show),)
