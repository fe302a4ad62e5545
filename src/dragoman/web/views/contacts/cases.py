"""One case: its kind, its stages as steps with their tasks, and its history."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from dragoman.domain.task import Task
from dragoman.usecases.cases import looks
from dragoman.usecases.cases.looks import OneCase
from dragoman.web import timeline
from dragoman.web.site import Page
from dragoman.web.views.contacts.people import ref
from dragoman.web.visit import Visit
from dragoman.web.words import N_

KINDS = {
    "service": N_("Service"),
    "case": N_("Case"),
    "opportunity": N_("Opportunity"),
    "inbox": N_("Inbox of the tenant"),
}


async def show(visit: Visit) -> Response:
    """The case. A UUID leads to its number."""
    visit.require("case.read")
    key = ref(visit, "case")
    looked = await visit.read(looks.look, looks.Look(key))
    case = looked.case
    if isinstance(key, str):
        return visit.see_other(f"/ui/cases/{case.number}")
    return await visit.framed(
        "contacts/case.html",
        "contacts",
        heading=case.title or visit.gettext("Case %(number)s", number=case.number),
        case=case,
        kind=visit.gettext(KINDS[str(case.kind)]),
        contact=looked.contact,
        names=looked.names,
        may_edit=looked.may_edit,
        steps=_steps(looked),
        has_more=looked.has_more,
        history=[_row(visit, row, looked.names) for row in looked.changes],
    )


def _steps(looked: OneCase) -> list[dict[str, Any]]:
    """The stages in their order with their tasks; behind them the tasks of no stage."""
    stages = [{"stage": stage, "tasks": _of_stage(looked.tasks, stage.number)} for stage in looked.stages]
    others = _of_stage(looked.tasks, None)
    return [*stages, *([{"stage": None, "tasks": others}] if others or not stages else [])]


def _of_stage(tasks: Sequence[Task], stage: int | None) -> list[Task]:
    return [task for task in tasks if task.stage == stage]


def _row(visit: Visit, row: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "when": visit.moments.of(row.at),
        "who": names.get(row.actor or "", row.principal),
        "changes": timeline.changes(row.changes, timeline.Sayings(visit.moments, names, {}, visit.gettext)),
    }


PAGES = (Page("/ui/cases/{n}", show),)
