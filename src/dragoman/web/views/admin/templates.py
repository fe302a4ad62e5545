"""Templates: their versions, a task as it would be made from one, and files of templates that are loaded."""

import asyncio
from collections import Counter
from typing import Any

from starlette.responses import Response

from dragoman.domain.errors import Invalid
from dragoman.domain.template import Template
from dragoman.usecases.tasks import template_trials, templates
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ROOT = f"{area.ROOT}/templates"
OUTCOMES = {
    "added": N_("%(count)s added"),
    "changed": N_("%(count)s changed"),
    "removed": N_("%(count)s removed"),
    "started": N_("%(count)s started"),
    "stopped": N_("%(count)s stopped"),
    "unchanged": N_("%(count)s unchanged"),
}


async def show(visit: Visit) -> Response:
    """All versions by name, the newest first, and the form that loads a file."""
    return await _page(visit)


async def load(visit: Visit) -> Response:
    """Load the templates of a file, or of what was typed; none of them where one is wrong."""
    sent = visit.form.file("file")
    content = sent.content if sent is not None else visit.form.text("text").encode()
    if not content.strip():
        return await _page(visit, Refused({"file": visit.gettext("Choose a file, or type its text.")}))
    try:
        outcomes = await _load(visit, content)
    except Invalid as error:
        visit.request.code = error.code
        lines = [
            visit.gettext("Line %(line)s: %(fault)s", line=fault.path, fault=fault.message) for fault in error.problems
        ]
        return await _page(visit, Refused(sentence=visit.gettext("Nothing was loaded.")), lines)
    counts = Counter(outcomes)
    said = [visit.gettext(words, count=counts[outcome]) for outcome, words in OUTCOMES.items() if counts[outcome]]
    return visit.acted(ROOT, visit.gettext("Templates: %(outcomes)s.", outcomes=", ".join(said)))


async def _load(visit: Visit, content: bytes) -> list[str]:
    from dragoman.usecases.tasks import template_file  # tomlkit is seldom needed

    command = await asyncio.to_thread(template_file.read, content)
    return await visit.keep_once(templates.load, command, _outcomes, list[str], "load_templates")


def _outcomes(loaded: templates.LoadedFile) -> list[str]:
    return [str(each.outcome) for each in loaded.templates] + [str(each.outcome) for each in loaded.tables]


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


async def _page(visit: Visit, refused: Refused = NOTHING, lines: list[str] | None = None) -> Response:
    found = await visit.read(templates.list_all, templates.ListTemplates())
    return await area.drawn(
        visit,
        "templates",
        "templates.html",
        refused,
        templates=[_row(visit, each) for each in found],
        text=visit.form.text("text"),
        lines=lines or [],
    )


def _row(visit: Visit, template: Template) -> dict[str, Any]:
    is_valid = template.valid_from <= visit.request.received_at
    return {"template": template, "from": visit.moments.of(template.valid_from), "is_valid": is_valid}


PAGES = (area.page(ROOT, show, load), area.page(f"{ROOT}/{{template}}", try_one))
