"""The attributes of dialects whose values the settings list, to be read."""

from starlette.responses import Response

from dragoman.web.views.admin import area
from dragoman.web.views.admin.settings import SOURCES
from dragoman.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Those of each dialect that is switched on, with the setting that lists them."""
    listed = []
    for dialect in visit.app.dialects:
        if dialect.listed is not None:
            setting = f"dialects.{dialect.name}.{dialect.listed.option}"
            source = visit.app.settings.sources.get(setting, "default")
            listed.append((dialect, setting, source, visit.gettext(SOURCES[source])))
    return await area.drawn(visit, "attributes", "attributes.html", listed=listed)


PAGES = (area.page(f"{area.ROOT}/attributes", show),)
