"""The question that an act on selected tasks asks first, and the command that its answer stands for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.handlers import tasks as native
from dragoman.dialects.native.wire.tasks import Assignment, Ending, TaskPatch
from dragoman.domain.due import moment_of
from dragoman.domain.errors import Problem
from dragoman.domain.task import Verb
from dragoman.usecases import categories
from dragoman.usecases.identity import choices
from dragoman.usecases.inbox.group_acts import Act
from dragoman.web.forms import faults_of, new_key
from dragoman.web.rows.bar import GroupAct
from dragoman.web.views.tasks import acts
from dragoman.web.views.tasks.labels import TASK_LABELS
from dragoman.web.visit import Visit
from dragoman.web.words import N_

LABELS = {
    **TASK_LABELS,
    "due_local": N_("Due"),
    "due_zone": N_("Time zone"),
    "until": N_("Until"),
    "note": N_("Note"),
    "code": N_("Outcome code"),
    "text": N_("Outcome text"),
}
NUMBERS = ("priority", "category")
MINUTES = len("2026-12-01T14:00")
ANY = 0  # the task of a change that is meant for each of the selected ones


class Answer(NamedTuple):
    """What a form asks for, without the faults of its fields."""

    command: Act
    faults: dict[str, str]


def answer(visit: Visit, wanted: GroupAct, tasks: dict[int, int | None]) -> Answer:
    """The command for these tasks, and what is wrong with the fields."""
    found: list[Problem] = []
    sent = {name: visit.form.text(name).replace("\r\n", "\n") for name in wanted.asks}
    if wanted.verb is None:
        members = _members(sent, found)
        found += problems.find(TaskPatch, members).found
        change = native.change(ANY, TaskPatch() if found else msgspec.convert(members, TaskPatch))
        return Answer(Act(tasks=tasks, change=change), faults(visit, found))
    fields: dict[str, Any] = {name: text or None for name, text in sent.items()}
    if wanted.verb is Verb.ASSIGN:
        name = sent["assignee"].strip()
        found = [] if name else [Problem("/assignee", "missing", acts.NOBODY)]
        found += problems.find(Assignment, {"assignee": name or "x", "note": fields["note"]}).found
        fields = {"user": name, "note": fields["note"]}
    elif wanted.verb is Verb.SUSPEND:
        fields = {"until": _until(visit, sent["until"].strip(), found)}
    elif wanted.verb is Verb.FAIL:
        found += problems.find(Ending, fields).found
    return Answer(Act(tasks=tasks, verb=wanted.verb, **fields), faults(visit, found))


def _members(sent: dict[str, str], found: list[Problem]) -> dict[str, Any]:
    """The members of a patch that the fields stand for."""
    texts = {name: text.strip() for name, text in sent.items()}
    members: dict[str, Any] = {}
    for name in NUMBERS:
        if name in texts:
            text = texts[name]
            members[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
            if text and members[name] is None:
                found.append(Problem(f"/{name}", "type", "must be a number"))
    if local := texts.get("due_local"):
        members["due_local"] = f"{local}:00" if len(local) == MINUTES else local
        if texts["due_zone"]:
            members["due_zone"] = texts["due_zone"]
    elif local is not None:
        members["due_at"] = None
    return members


def _until(visit: Visit, text: str, found: list[Problem]) -> Any:
    try:
        return moment_of(text, visit.moments.zone) if text else None
    except ValueError:
        found.append(Problem("/until", "format", acts.LOCAL_TIME))
        return None


def faults(visit: Visit, found: Sequence[Problem]) -> dict[str, str]:
    """Field -> what is wrong with it."""
    return faults_of(found, visit.gettext, LABELS)


async def ask(visit: Visit, name: str, wanted: GroupAct, found: dict[str, str] | None = None) -> Response:
    """The question, with the selected tasks; what was typed stays."""
    tasks = visit.form.all("task")
    label = visit.gettext(wanted.label)
    heading = visit.ngettext("%(verb)s %(count)s task", "%(verb)s %(count)s tasks", len(tasks), verb=label)
    typed = {field: visit.form.text(field) for field in wanted.asks}
    if "due_zone" in typed:
        typed["due_zone"] = typed["due_zone"] or visit.moments.zone
    return await visit.framed(
        "inbox/question.html",
        status=422 if found else 200,
        heading=heading,
        act=name,
        asks=wanted.asks,
        label=label,
        tasks=tasks,
        seen=visit.form.all("seen"),
        key=visit.form.text("key") or new_key(),
        back=visit.back("/ui/inbox/mine"),
        faults=found or {},
        typed=typed,
        people=await visit.read(choices.people, choices.People()) if "assignee" in wanted.asks else [],
        categories=await visit.read(categories.list_all, categories.List()) if "category" in wanted.asks else [],
        chips=acts.moments_often_meant(visit) if "until" in wanted.asks else [],
        labels_of={field: visit.gettext(text) for field, text in LABELS.items()},
    )
