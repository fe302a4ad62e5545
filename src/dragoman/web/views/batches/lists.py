"""The list of batches."""

from starlette.responses import Response

from dragoman.usecases.batches import pages, rows
from dragoman.usecases.batches.pages import BatchSort
from dragoman.web.site import Page
from dragoman.web.visit import Visit

ADDRESS = "/ui/batches"
SIZES = (25, 50, 100)
NEWEST_FIRST = BatchSort("number", descending=True)


async def show(visit: Visit) -> Response:
    """A page of the list, the newest first."""
    limit = _limit(visit)
    command = pages.List(sort=NEWEST_FIRST, limit=limit, after=_after(visit))
    page = await visit.read(rows.row_page, command)
    return await visit.framed(
        "batches/list.html",
        "batches",
        heading=visit.gettext("Batches"),
        rows=page.rows,
        limit=limit,
        after=None if page.after is None else page.after[1],
        is_first=command.after is None,
    )


def _limit(visit: Visit) -> int:
    text = visit.request.first("limit") or ""
    return int(text) if text.isdigit() and int(text) in SIZES else 50


def _after(visit: Visit) -> tuple[int, int] | None:
    text = visit.request.first("after") or ""
    return (int(text), int(text)) if text.isdigit() and len(text) < 19 and text.isascii() else None


PAGES = (Page(ADDRESS, show),)
