"""The start page, which lists the dialects. It shows nothing that a tenant has, so it needs no user."""

from typing import NamedTuple

from starlette.responses import Response

from dragoman.web import addresses
from dragoman.web.site import Page
from dragoman.web.views import first_run
from dragoman.web.visit import Visit


class Face(NamedTuple):
    """One dialect on the page."""

    title: str
    prefixes: list[str]
    operations: int


async def show(visit: Visit) -> Response:
    """What this server speaks; for who is signed in, the page that he starts with."""
    if visit.principal is not None:
        return visit.see_other(visit.preferences.start)
    if await first_run.is_open(visit):
        return visit.see_other(addresses.FIRST_RUN)
    faces = [
        Face(each.title, [prefix or "/" for prefix in each.prefixes], len(each.operations))
        for each in visit.app.dialects
    ]
    return visit.page("welcome.html", faces=faces)


PAGES = (Page(addresses.ROOT, show, is_open=True),)
