"""The page "New task": a form whose fields are those of the native API."""

from typing import Any

import msgspec
from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.handlers.tasks import creation
from dragoman.dialects.native.wire.tasks import NewTask
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.usecases import categories
from dragoman.usecases.tasks import edits
from dragoman.web.site import Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

TEXTS = ("title", "description", "assignee", "due_local", "due_zone")
NUMBERS = ("category", "priority", "case", "contact", "parent")
FIELDS = (*TEXTS, *NUMBERS)
LABELS = {
    "title": N_("Title"),
    "description": N_("Description"),
    "assignee": N_("Assignee"),
    "due_local": N_("Due"),
    "due_zone": N_("Time zone"),
    "category": N_("Category"),
    "priority": N_("Priority"),
    "case": N_("Case"),
    "contact": N_("Contact"),
    "parent": N_("Parent"),
}
MINUTES = len("2026-12-01T14:00")


async def show(visit: Visit) -> Response:
    """The empty form; what the address names is filled in."""
    given = {name: visit.request.first(name) or "" for name in FIELDS}
    return await _page(visit, given | {"due_zone": given["due_zone"] or visit.moments.zone})


async def act(visit: Visit) -> Response:
    """Make the task; lead to it, or with "Create and open another" to an empty form."""
    typed = {name: visit.form.text(name) for name in FIELDS}
    content, found = _content(typed)
    found += problems.find(NewTask, content).found
    if not typed["title"].strip():
        found.insert(0, Problem("/title", "missing", visit.gettext("is needed")))
    if found:
        return await _page(visit, typed, found)
    try:
        task = await visit.write(edits.create, creation(msgspec.convert(content, NewTask)), operation="create_task")
    except (Invalid, Conflict) as refusal:
        visit.request.code = refusal.code
        faults = list(getattr(refusal, "problems", ())) or [Problem("", refusal.code, refusal.message)]
        return await _page(visit, typed, faults)
    sentence = visit.gettext("Task %(number)s created.", number=task.number)
    if "another" in visit.form:
        return visit.acted("/ui/tasks/new", sentence)
    return visit.acted(f"/ui/tasks/{task.number}", sentence)


def _content(typed: dict[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The body that the fields stand for, and which numbers aren't any."""
    content: dict[str, Any] = {}
    found: list[Problem] = []
    for name in TEXTS:
        text = typed[name].replace("\r\n", "\n")
        if text.strip():
            content[name] = text if name == "description" else text.strip()
    for name in NUMBERS:
        text = typed[name].strip()
        if text.isascii() and text.isdigit():
            content[name] = int(text)
        elif text:
            found.append(Problem(f"/{name}", "type", "must be a number"))
    if len(content.get("due_local", "")) == MINUTES:
        content["due_local"] += ":00"
    if "due_local" not in content:
        content.pop("due_zone", None)
    return content, found


async def _page(visit: Visit, typed: dict[str, str], found: list[Problem] | None = None) -> Response:
    known = await visit.read(categories.list_all, categories.List())
    faults: dict[str, str] = {}
    for problem in found or ():
        name = problem.path.removeprefix("/").partition("/")[0]
        label = visit.gettext(LABELS[name]) if name in LABELS else ""
        faults.setdefault(name if name in LABELS else "", f"{label} {visit.gettext(problem.message)}".strip())
    return await visit.framed(
        "inbox/new.html",
        status=422 if found else 200,
        heading=visit.gettext("New task"),
        typed=typed,
        faults=faults,
        labels_of={name: visit.gettext(label) for name, label in LABELS.items()},
        categories=known,
    )


PAGES = (Page("/ui/tasks/new", show, act),)
