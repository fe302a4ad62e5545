"""Saved views: the page that names one, and saving, changing and deleting it."""

from typing import Any

from starlette.responses import Response

from dragoman.domain.errors import Invalid
from dragoman.domain.view import EVERYBODY, View
from dragoman.usecases.inbox import views
from dragoman.usecases.inbox.lists import USUAL
from dragoman.web import framing
from dragoman.web.forms import faults_of
from dragoman.web.site import Page
from dragoman.web.views.inbox import asked
from dragoman.web.views.inbox.asked import Asked
from dragoman.web.visit import Visit

DEFAULT = "/ui/inbox/mine"


def within(wanted: Asked, view: View) -> Asked:
    """What is asked for, with what the view says where the address says nothing."""
    q = view.q if wanted.q is None else wanted.q
    cols = view.columns if wanted.cols is None else wanted.cols
    return asked.replaced(wanted, list=view.list, q=q, cols=cols)


def is_changed(wanted: Asked, view: View) -> bool:
    """Whether the address asks for something else than the view."""
    return wanted.q not in (None, view.q) or wanted.cols not in (None, view.columns)


def may_save(visit: Visit, view: View) -> bool:
    """Whether the reader may change the view."""
    return views.may_change(visit.require(), view)


async def new(visit: Visit) -> Response:
    """The page that names a new view."""
    query = {name: visit.request.first(name) for name in ("list", "q", "cols")}
    return await _page(visit, None, {**query, "name": "", "shared_with": ""})


async def edit(visit: Visit) -> Response:
    """The page of a view."""
    view = await visit.read(views.get, views.GetView(_number(visit)))
    typed = {"list": view.list, "q": view.q, "cols": view.columns, "name": view.name, "shared_with": view.shared_with}
    return await _page(visit, view, typed)


async def save(visit: Visit) -> Response:
    """Make or change a view by the form of its page."""
    number = _number(visit) if "number" in visit.path else None
    typed: dict[str, Any] = {name: visit.form.text(name) for name in ("list", "q", "name", "shared_with")}
    typed["cols"] = visit.form.text("cols") if "cols" in visit.form else None
    command = views.SaveView(
        number=number,
        name=typed["name"],
        list=typed["list"] or "all",
        q=typed["q"],
        columns=typed["cols"] or None,
        shared_with=typed["shared_with"],
    )
    try:
        view = await visit.write_once(views.save, command, View)
    except Invalid as fault:
        visit.request.code = fault.code
        known = None if number is None else await visit.read(views.get, views.GetView(number))
        return await _page(visit, known, typed, faults_of(fault.problems, visit.gettext))
    return visit.acted(framing.href(view), visit.gettext("View saved."))


async def save_filter(visit: Visit) -> Response:
    """Save what the list shows now as the view that it was opened by."""
    view = await visit.read(views.get, views.GetView(_number(visit)))
    columns = ",".join(visit.form.all("cols")) or view.columns
    command = views.SaveView(
        number=view.number,
        name=view.name,
        list=view.list,
        q=visit.form.text("q"),
        columns=columns,
        shared_with=view.shared_with,
    )
    await visit.write(views.save, command)
    return visit.acted(framing.href(view), visit.gettext("View saved."))


async def delete(visit: Visit) -> Response:
    """Delete a view."""
    view = await visit.write_once(views.delete, views.DeleteView(_number(visit)), View)
    return visit.acted(f"/ui/inbox/{view.list}", visit.gettext("View deleted."))


def _number(visit: Visit) -> int:
    text = visit.path["number"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


async def _page(
    visit: Visit, view: View | None, typed: dict[str, Any], faults: dict[str, str] | None = None
) -> Response:
    groups = await visit.read(views.groups, views.Groups())
    audiences = [("", visit.gettext("Only me"))]
    if visit.require().is_admin:
        audiences += [(EVERYBODY, visit.gettext("Everybody")), *((group.uid, group.name) for group in groups)]
    if typed["q"] is None:
        typed["q"] = USUAL.get(typed["list"] or "", "")
    return await visit.framed(
        "inbox/view.html",
        status=422 if faults else 200,
        heading=visit.gettext("Save view") if view is None else view.name,
        view=view,
        typed=typed,
        audiences=audiences,
        faults=faults or {},
        may_save=view is None or may_save(visit, view),
    )


PAGES = (
    Page("/ui/views/new", new),
    Page("/ui/views", act=save),
    Page("/ui/views/{number}", edit, save),
    Page("/ui/views/{number}/save", act=save_filter),
    Page("/ui/views/{number}/delete", act=delete),
)
