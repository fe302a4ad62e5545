"""One request: what was sent, what it was answered with, what that means, and what it changed."""

from typing import Any

import msgspec
from starlette.responses import Response

from dragoman.dialects import discover
from dragoman.domain.errors import NotFound
from dragoman.domain.history_values import changes_of
from dragoman.domain.traffic import Entry, must_watch
from dragoman.usecases.admin import traffic as changes
from dragoman.web.calls import phrase, preformatted
from dragoman.web.site import Page
from dragoman.web.views.traffic.help import help_for
from dragoman.web.views.traffic.listing import ADDRESS, entries
from dragoman.web.views.traffic.rows import href
from dragoman.web.visit import Visit

LONGEST_VALUE = 200


async def show(visit: Visit) -> Response:
    """The newest request with this id."""
    must_watch(visit.require())
    entry = next((each for each in entries(visit) if each.request == visit.path["request"]), None)
    if entry is None:
        raise NotFound("unknown_path", visit.gettext("This process has no such request any more, or never had."))
    caused = await visit.read(changes.find_caused, changes.FindCaused((entry,)))
    titles = {dialect.name: dialect.title for dialect in discover()}
    return await visit.framed(
        "traffic/request.html",
        "traffic",
        entry=entry,
        at=visit.moments.of(entry.at),
        dialect=titles.get(entry.dialect, entry.dialect),
        phrase=phrase(entry.status),
        help=help_for(entry.status, "incident" if entry.incident else entry.code),
        bodies=_bodies(entry),
        changes=[_change(change) for change in caused.get(entry.request, ())],
        is_recording=visit.app.traffic.recording_until(entry.tenant) is not None,
    )


def _bodies(entry: Entry) -> dict[str, Any] | None:
    if entry.bodies is None:
        return None
    request, reply = preformatted(entry.bodies.request), preformatted(entry.bodies.reply)
    return {"request": request, "reply": reply, "headers": entry.bodies.reply_headers}


def _change(change: changes.Caused) -> dict[str, Any]:
    """A change with its fields, before and after."""
    fields = [(name, _written(old), _written(new)) for name, (old, new) in changes_of(change.changes).items()]
    return {"change": change, "href": href(change.entity, change.number), "fields": fields}


def _written(raw: msgspec.Raw) -> str | None:
    value = msgspec.json.decode(raw)
    if value is None:
        return None
    text = value if isinstance(value, str) else bytes(raw).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


PAGES = (Page(f"{ADDRESS}/{{request}}", show),)
