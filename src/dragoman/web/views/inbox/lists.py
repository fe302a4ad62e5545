"""The six lists of the inbox."""

from starlette.responses import Response

from dragoman.domain.errors import NotFound
from dragoman.usecases.tasks import lists, rows
from dragoman.usecases.tasks.lists import Sort, TaskFilter
from dragoman.web.frame import LISTS
from dragoman.web.site import Page
from dragoman.web.visit import Visit

ROWS = 50
HEADINGS = {entry.key: entry.label for entry in LISTS}


async def show(visit: Visit) -> Response:
    """One list."""
    name = visit.path["list"]
    if name not in HEADINGS:
        raise NotFound("unknown_path", "There is no such page.")
    wanted = {"mine": TaskFilter(is_open=True, assignee=visit.require().user)}.get(name, TaskFilter(is_open=True))
    sorts = (Sort("number", descending=True),)
    page = await visit.read(rows.row_page, lists.List(wanted, sorts, ROWS))
    return await visit.framed(
        "inbox/list.html", name, heading=visit.gettext(HEADINGS[name]), list_name=name, rows=page.rows
    )


async def begin(visit: Visit) -> Response:
    """The list that the reader starts with."""
    return visit.see_other(visit.preferences.start)


PAGES = (Page("/ui/inbox", begin), Page("/ui/inbox/{list}", show))
