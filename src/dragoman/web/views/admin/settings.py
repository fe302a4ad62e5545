"""The settings of the server, to be read: each with its value and where that comes from."""

from typing import Any

import msgspec
from starlette.responses import Response

from dragoman.settings import as_loaded
from dragoman.web.views.admin import area
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ROOT = f"{area.ROOT}/settings"
SOURCES = {"default": N_("default"), "file": N_("file"), "variable": N_("variable"), "option": N_("option")}


async def show(visit: Visit) -> Response:
    """All settings, or those whose name holds a word."""
    word = (visit.request.first("q") or "").strip()
    rows = [
        (each.name, _shown(each.value), visit.gettext(SOURCES[each.source]), each.source)
        for each in as_loaded(visit.app.settings)
        if word.lower() in each.name
    ]
    return await area.drawn(visit, "settings", "settings.html", rows=rows, q=word)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


PAGES = (area.page(ROOT, show),)
