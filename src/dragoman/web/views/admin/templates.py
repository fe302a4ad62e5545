"""Templates: their versions, and a task as it would be made from one."""

from typing import Any

from starlette.responses import Response

from dragoman.domain.template import Template
from dragoman.usecases.tasks import template_trials, templates
from dragoman.web.views.admin import area
from dragoman.web.visit import Visit

ROOT = f"{area.ROOT}/templates"


async def show(visit: Visit) -> Response:
    """All versions by name, the newest first."""
    found = await visit.read(templates.list_all, templates.ListTemplates())
    return await area.drawn(visit, "templates", "templates.html", templates=[_row(visit, each) for each in found])


async def try_one(visit: Visit) -> Response:
    """A task as it would be made from this version."""
    found = await visit.read(template_trials.try_one, template_trials.Try(visit.path["template"]))
    return await area.drawn(
        visit,
        "templates",
        "template.html",
        row=_row(visit, found.template),
        versions=[_row(visit, each) for each in found.versions],
        holders=[(str(role).replace("_", " "), names) for role, names in found.holders.items()],
    )


def _row(visit: Visit, template: Template) -> dict[str, Any]:
    is_valid = template.valid_from <= visit.request.received_at
    return {"template": template, "from": visit.moments.of(template.valid_from), "is_valid": is_valid}


PAGES = (area.page(ROOT, show), area.page(f"{ROOT}/{{template}}", try_one))
