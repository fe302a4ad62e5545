"""The page "New task": a form whose fields are those of the native API."""

from typing import Any

import msgspec
from msgspec import Raw
from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.handlers.tasks import creation
from dragoman.dialects.native.wire.tasks import NewTask
from dragoman.domain import json_numbers
from dragoman.domain.errors import Conflict, Forbidden, Invalid, Problem
from dragoman.domain.template import Template
from dragoman.usecases.tasks import editing, edits, templates
from dragoman.usecases.tasks.acting import Acted
from dragoman.usecases.tasks.editing import Sheet
from dragoman.usecases.tasks.from_template import CreateFrom
from dragoman.web.forms import new_key
from dragoman.web.site import Page
from dragoman.web.views.tasks import form_fields
from dragoman.web.views.tasks import typed as forms_of_tasks
from dragoman.web.views.tasks.editing import faults_in, with_other_records
from dragoman.web.views.tasks.form_fields import EXTENSION
from dragoman.web.views.tasks.patches import Patch
from dragoman.web.views.tasks.typed import Typed
from dragoman.web.visit import Visit
from dragoman.web.words import N_

TEXTS = ("title", "description", "assignee", "due_local", "due_zone")
NUMBERS = ("category", "priority", "case", "contact", "parent")
FIELDS = (*TEXTS, *NUMBERS)
TEMPLATE = "template"
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
    TEMPLATE: N_("Template"),
}
RECORDS = ("add", "remove", "add_extension")
"""Buttons that change which fields the form has."""
USE = "use"
"""The button that fills empty fields with what the template brings."""
EMPTY = Typed({}, {}, {}, {})
MINUTES = len("2026-12-01T14:00")
NO_TEMPLATE = Problem(f"/{TEMPLATE}", "not_found", N_("is not a template that you can make tasks from now"))


async def show(visit: Visit) -> Response:
    """The empty form; what the address names is filled in."""
    given = {name: visit.request.first(name) or "" for name in FIELDS}
    given["due_zone"] = given["due_zone"] or visit.moments.zone
    sheet = await visit.read(editing.look_ahead, editing.LookAhead())
    wanted = visit.request.first(TEMPLATE)
    template = _template(sheet, wanted)
    if template is None and wanted:
        return await _page(visit, sheet, given, EMPTY, [NO_TEMPLATE])
    return await _page(visit, sheet, _filled(given, template), EMPTY, template=template)


async def act(visit: Visit) -> Response:
    """Make the task; lead to it, or with "Create and open another" to an empty form."""
    typed = {name: visit.form.text(name) for name in FIELDS}
    sheet = await visit.read(editing.look_ahead, editing.LookAhead())
    read = forms_of_tasks.read(visit.form, sheet)
    wanted = visit.form.text(TEMPLATE)
    template = _template(sheet, wanted)
    if any(name in visit.form for name in RECORDS):
        return await _page(visit, sheet, typed, with_other_records(visit, sheet, read), template=template)
    if USE in visit.form:
        return await _page(visit, sheet, _filled(typed, template), read, template=template)
    patch = _patch(sheet, read)
    content, found = _content(typed)
    found += [*problems.find(NewTask, content).found, *patch.found]
    if template is None and wanted:
        found.append(NO_TEMPLATE)
    if not (typed["title"].strip() or (template and template.display_name)):
        found.insert(0, Problem("/title", "missing", visit.gettext("is needed")))
    if found:
        return await _page(visit, sheet, typed, read, found, template)
    content["extensions"] = {name: Raw(json_numbers.encode(value)) for name, value in patch.extensions.items()}
    try:
        command = editing.Make(_command(visit, content, template))
        task = await visit.write_once(editing.create, command, Acted, operation="create_task")
    except (Invalid, Conflict, Forbidden) as refusal:
        visit.request.code = refusal.code
        faults = list(getattr(refusal, "problems", ())) or [Problem("", refusal.code, refusal.message)]
        return await _page(visit, sheet, typed, read, faults, template)
    sentence = visit.gettext("Task %(number)s created.", number=task.number)
    if "another" in visit.form:
        return visit.acted("/ui/tasks/new", sentence)
    return visit.acted(f"/ui/tasks/{task.number}", sentence)


def _template(sheet: Sheet, wanted: str | None) -> Template | None:
    """The offered template that is named: by the uid of its version, as clients name that, or by its name."""
    if not wanted:
        return None
    return next(
        (each for each in sheet.templates if wanted in (each.uid, templates.render_tktid(each.uid), each.name)), None
    )


def _filled(given: dict[str, str], template: Template | None) -> dict[str, str]:
    """The fields, the empty ones with what the template brings."""
    if template is None:
        return given
    brought = {
        "title": template.display_name or "",
        "description": template.description or "",
        "priority": "" if template.priority is None else str(template.priority),
    }
    return {name: text or brought.get(name, "") for name, text in given.items()}


def _command(visit: Visit, content: dict[str, Any], template: Template | None) -> edits.Create | CreateFrom:
    """What the form asks for. With a template only what was typed takes the place of what it brings."""
    new = creation(msgspec.convert(content, NewTask))
    if template is None:
        return new
    typed = {name: value for name, value in new.fields.items() if name in content}
    known = {each.name: each.template_facts(template) for each in visit.app.dialects if each.template_facts}
    extras = {name: facts for name, facts in known.items() if facts}
    return CreateFrom(template.uid, msgspec.structs.replace(new, fields=typed), extras)


def _patch(sheet: Sheet, read: Typed) -> Patch:
    """The values of the extensions in the form."""
    plain = {name: value for name, value in read.mine.items() if name.startswith(EXTENSION)}
    return Patch(sheet, plain, {name: [placed.record for placed in records] for name, records in read.many.items()})


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


async def _page(
    visit: Visit,
    sheet: Sheet,
    typed: dict[str, str],
    read: Typed,
    found: list[Problem] | None = None,
    template: Template | None = None,
) -> Response:
    many = {name: [(placed.origin, placed.record) for placed in records] for name, records in read.many.items()}
    faults: dict[str, str] = {}
    for problem in found or ():
        name = problem.path.removeprefix("/").partition("/")[0]
        if name == "extensions":
            faults.update(faults_in(visit, [problem]))
            continue
        label = visit.gettext(LABELS[name]) if name in LABELS else ""
        faults.setdefault(name if name in LABELS else "", f"{label} {visit.gettext(problem.message)}".strip())
    named = {name: name.removeprefix(EXTENSION) for name in faults if name.startswith(EXTENSION)}
    return await visit.framed(
        "inbox/new.html",
        status=422 if found else 200,
        heading=visit.gettext("New task"),
        given=typed,
        faults=faults,
        labels_of={name: visit.gettext(label) for name, label in LABELS.items()} | named,
        sheet=sheet,
        used=template,
        groups=list(form_fields.groups(sheet, read.mine, many)),
        many={name: form_fields.encoded(records) for name, records in read.begun_many.items()},
        others=[schema.name for schema in sheet.schemas.values()],
        begun={},
        wanted="",
        key=visit.form.text("key") or new_key(),
    )


PAGES = (Page("/ui/tasks/new", show, act),)
