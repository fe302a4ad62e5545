"""The six lists of the inbox."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from markupsafe import Markup
from starlette.responses import Response

from dragoman.domain.errors import NotFound
from dragoman.domain.task_query import terms
from dragoman.usecases.inbox import lists, views
from dragoman.usecases.inbox.lists import Looked
from dragoman.usecases.tasks.whole import Whole
from dragoman.web import framing
from dragoman.web.forms import new_key
from dragoman.web.frame import LISTS
from dragoman.web.rows.columns import CHOSEN, columns
from dragoman.web.site import Page
from dragoman.web.views.inbox import adding, api_call, asked, chips, cursors, reviewing, saving, shapes
from dragoman.web.views.inbox.asked import Asked
from dragoman.web.views.tasks import page as task_page
from dragoman.web.views.tasks.origins import Origin
from dragoman.web.visit import Visit
from dragoman.web.words import N_

HEADINGS = {entry.key: entry.label for entry in LISTS}
REVIEW = "review"
EMPTY = {
    "mine": N_("Nothing to do."),
    "available": N_("Nothing waits for you."),
    "all": N_("No tasks yet."),
    "overdue": N_("Nothing is late."),
    "done": N_("Nothing done yet."),
}


async def show(visit: Visit) -> Response:
    """One list."""
    name = visit.path["list"]
    if name not in HEADINGS:
        raise NotFound("unknown_path", "There is no such page.")
    if name == REVIEW:
        return await reviewing.drawn(visit)
    wanted = asked.asked(name, visit.request)
    if wanted.add is not None and wanted.value:
        return visit.see_other(adding.added(wanted))
    return await drawn(visit, wanted)


async def drawn(
    visit: Visit,
    wanted: Asked,
    status: int = 200,
    reasons: Mapping[int, str] | None = None,
    asks_for: str | None = None,
) -> Response:
    """The page of a list. `reasons`: why these tasks refused an act; they are selected still. `asks_for`: the login of
    the reader, who may ask for tasks that others have."""
    shown_as = wanted
    view = None if wanted.view is None else await visit.read(views.get, views.GetView(wanted.view))
    if view is not None:
        wanted = saving.within(wanted, view)
    dialects = tuple(dialect.name for dialect in visit.app.dialects)
    order = lists.order(wanted.list, wanted.q)
    after, before = (None if text is None else cursors.read(text, order) for text in (wanted.after, wanted.before))
    shown_columns = columns(wanted.list, wanted.cols)
    command = lists.Look(
        name=wanted.list,
        text=wanted.q,
        dialects=dialects,
        limit=wanted.limit,
        after=after,
        before=before,
        peek=wanted.peek,
        with_extensions=any(each.is_of_extension for each in shown_columns),
        known=framing.count_of(visit, (wanted.list, wanted.q)),
        with_counts=not framing.is_fresh(visit),
    )
    looked = await visit.read(lists.look, command)
    framing.keep_count(visit, (wanted.list, wanted.q), looked.count)
    if looked.counts is not None:
        await framing.counted(visit, looked.counts)
    choices = await adding.choices(visit, wanted.add) if wanted.add is not None else None
    peeked = None if looked.peeked is None else _peeked(visit, wanted, looked.peeked)
    faults = [chips.fault(each, visit.words) for each in looked.filter.faults]
    is_changed = view is not None and saving.is_changed(shown_as, view)
    may_save = view is not None and saving.may_save(visit, view)
    chip_shape, chip_values = shapes.chips_of(wanted, looked.filter.text, looked.filter.terms, visit.words)
    heading_shape, heading_values = shapes.headings(wanted, looked)
    return await visit.framed(
        "inbox/list.html",
        wanted.list if view is None else f"view-{view.number}",
        422 if faults else status,
        heading=visit.gettext(HEADINGS[wanted.list]) if view is None else view.name,
        view=view,
        ask=shapes.ask(wanted, view, has_faults=bool(faults), is_changed=is_changed, may_save=may_save),
        list_name=wanted.list,
        asked=wanted,
        looked=looked,
        rows=looked.rows,
        peeked=peeked,
        faults=faults,
        chip_shape=chip_shape,
        chip_values=chip_values,
        heading_shape=heading_shape,
        heading_values=heading_values,
        columns=shown_columns,
        all_columns=CHOSEN,
        extension_columns=",".join(each.name for each in shown_columns if each.is_of_extension),
        pages=_pages(wanted, looked),
        empty=_empty(visit, wanted, looked),
        count=shown(looked.count),
        choices=choices,
        call=_call(visit, wanted, looked),
        key=new_key(),
        drawer=visit.row_drawer(
            shown_columns,
            from_list=Origin(wanted.list, wanted.q).query,
            current=wanted.peek,
            chosen=frozenset(reasons or ()),
            reasons=reasons,
            asks_for=asks_for,
        ),
        has_reasons=bool(reasons),
    )


def _peeked(visit: Visit, wanted: Asked, found: Whole) -> Markup:
    """The task at the side."""
    text = visit.drawn("live/peek.html", **{**task_page.values(visit, found), "back": wanted.href()})
    return Markup(text)  # noqa: S704 - a template of ours, which escapes


def _call(visit: Visit, wanted: Asked, looked: Looked) -> api_call.Call | None:
    """The list as a call of the API, where it is asked for."""
    if wanted.edit != "call" or looked.filter.faults:
        return None
    return api_call.call(wanted.list, looked.filter, visit.request.received_at, visit.moments.zone)


def shown(count: int) -> str:
    """A count as it is shown."""
    return framing.shown(count) or "0"


def to_batch(**values: str) -> str:
    """The address of a new draft of a batch."""
    return f"/ui/batches/new?{urlencode(values)}"


def _pages(wanted: Asked, looked: Looked) -> dict[str, str | None]:
    """The addresses of the next, the previous and the first page, where there are such."""
    has_next, has_before = looked.has_after and looked.last is not None, looked.has_before and looked.first is not None
    return {
        "next": wanted.href(after=cursors.written(looked.last)) if has_next and looked.last else None,
        "previous": wanted.href(before=cursors.written(looked.first)) if has_before and looked.first else None,
        "first": wanted.href(after=None, before=None) if looked.has_before else None,
    }


def _empty(visit: Visit, wanted: Asked, looked: Looked) -> dict[str, Any] | None:
    """What stands in place of the rows."""
    if looked.rows or looked.filter.faults:
        return None
    if looked.filter.text and not (wanted.list == "all" and wanted.q is None):
        counted = [
            (chips.in_words(term, visit.words), shown(count), wanted.href(q=terms.without(looked.filter.text, term)))
            for term, count in zip(looked.filter.terms, looked.of_terms, strict=False)
            if count >= 0
        ]
        return {"sentence": visit.gettext("No task matches."), "terms": counted}
    sentence = visit.gettext(EMPTY[wanted.list])
    if wanted.list == "mine" and looked.others:
        more = visit.ngettext(
            "%(shown)s task is available.", "%(shown)s tasks are available.", looked.others, shown=shown(looked.others)
        )
        sentence = f"{sentence} {more}"
    return {"sentence": sentence, "terms": [], "to_available": wanted.list == "mine" and looked.others > 0}


async def begin(visit: Visit) -> Response:
    """The list that the reader starts with."""
    return visit.see_other(visit.preferences.start)


def of_address(address: str) -> Asked | None:
    """The list that an address shows; None where it shows none."""
    parts = urlsplit(address)
    name = parts.path.removeprefix("/ui/inbox/")
    if name not in HEADINGS or name == REVIEW:
        return None
    return asked.of_query(name, dict(reversed(parse_qsl(parts.query, keep_blank_values=True))))


PAGES = (Page("/ui/inbox", begin), Page("/ui/inbox/{list}", show))
