"""Saved views that are shared: listed, and deleted. They are made and changed where they are used, in the inbox."""

from starlette.responses import Response

from dragoman.domain.errors import NotFound
from dragoman.domain.view import EVERYBODY, View
from dragoman.usecases.inbox import views
from dragoman.web.views.admin import area
from dragoman.web.visit import Visit

ROOT = f"{area.ROOT}/views"


async def show(visit: Visit) -> Response:
    """The shared views, by name, with whom each is shared."""
    found = await visit.read(views.list_views, views.ListViews())
    names = {group.uid: group.name for group in await visit.read(views.groups, views.Groups())}
    names[EVERYBODY] = visit.gettext("Everybody")
    shared = [(view, names.get(view.shared_with, view.shared_with)) for view in found if view.shared_with]
    return await area.drawn(visit, "views", "views.html", views=shared)


async def delete(visit: Visit) -> Response:
    """Delete a view."""
    text = visit.path["view"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("view_not_found", "There is no such view.")
    gone = await visit.write_once(views.delete, views.DeleteView(int(text)), View, "delete_view")
    return visit.acted(ROOT, visit.gettext("%(title)s was deleted.", title=gone.name))


PAGES = (area.page(ROOT, show), area.page(f"{ROOT}/{{view}}/delete", act=delete))
