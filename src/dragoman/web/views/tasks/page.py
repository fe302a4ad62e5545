"""The page of one task."""

from typing import Any

from starlette.responses import Response

from dragoman.domain.access import Permission
from dragoman.domain.json_numbers import decode, encode
from dragoman.domain.message import Which
from dragoman.domain.task import Task
from dragoman.domain.work_item import EVERYBODY, REVIEWERS, Role
from dragoman.usecases.tasks.whole import GROUP, LONGEST_MESSAGE, Whole
from dragoman.web import texts, verbs
from dragoman.web.dialects import seen_through
from dragoman.web.forms import new_key
from dragoman.web.rows.dues import LATE, late_text, urgency
from dragoman.web.views.tasks import finding, origins, story
from dragoman.web.views.tasks.labels import IN_PLACE, TASK_LABELS
from dragoman.web.views.tasks.messages import LABELS
from dragoman.web.visit import Visit
from dragoman.web.words import N_

MOMENTS = (
    *("created_at", "activated_at", "claimed_at", "state_changed_at", "completed_at"),
    *("expires_at", "delete_at", "resume_at", "modified_at"),
)
ROLES = {
    Role.READER: N_("Reader"),
    Role.EDITOR: N_("Editor"),
    Role.POTENTIAL_OWNER: N_("Potential owner"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.POTENTIAL_STARTER: N_("Potential starter"),
    Role.POTENTIAL_CREATOR: N_("Potential creator"),
}
HOLDERS = {EVERYBODY: N_("Everybody"), REVIEWERS: N_("Reviewers of batches")}


async def show(visit: Visit) -> Response:
    """A task; by its UUID the way to it by number. A deleted one is gone, and has its history."""
    found = await finding.whole(visit, _before(visit))
    if finding.named(visit) != found.task.number:
        return visit.see_other(finding.address(found.task.number))
    return await drawn(visit, found)


async def drawn(
    visit: Visit, found: Whole, status: int = 200, refusal: str = "", *, may_ask_for: bool = False
) -> Response:
    """The page of a task. `refusal`: a sentence about what didn't happen; `may_ask_for`: offer to ask for the task."""
    template = "tasks/gone.html" if found.is_deleted else "tasks/page.html"
    status = 410 if found.is_deleted and status == 200 else status
    asks = visit.require().login if may_ask_for else None
    return await visit.framed(template, "", status, refusal=refusal, asks_for=asks, **values(visit, found))


def values(visit: Visit, found: Whole) -> dict[str, Any]:
    """What the templates of the page need."""
    task = found.task
    acts = verbs.possible(found.verbs, is_deletable=found.is_deletable)
    return {
        "heading": task.label or visit.gettext("Task %(number)s", number=task.number),
        "task": task,
        "whole": found,
        "acts": acts,
        "likely": verbs.likely(acts),
        "may_edit": Permission.EDIT in found.granted and not found.is_deleted,
        "may_see_requests": visit.require().is_admin,
        "may_restore": found.is_deleted and Permission.DELETE in found.granted and not task.stands_for_batch,
        "may_assign": Permission.ASSIGN in found.granted and not found.is_deleted,
        "task_labels": TASK_LABELS,
        "in_place": IN_PLACE,
        "parts": texts.parts,
        "longest_message": LONGEST_MESSAGE,
        "messages": [
            (message, task.messages[Which(message.which)], LABELS[Which(message.which)]) for message in found.messages
        ],
        "times": [(name, visit.moments.of(at)) for name in MOMENTS if (at := getattr(task, name)) is not None],
        "people": _people(visit, found),
        "extensions": [_record(found, folded) for folded in sorted(task.extensions)],
        "steps": story.steps(visit, found),
        "seen_through": list(seen_through()),
        "origin": origins.of(visit),
        "late": _late(visit, task),
        "dialect": task.made_through,
        "key": new_key,
        "back": "",
    }


def _late(visit: Visit, task: Task) -> str:
    """By how much it is late, in words; empty for one that isn't."""
    now = visit.request.received_at
    return late_text(visit.words, task, now) if urgency(task, now) == LATE else ""


def _before(visit: Visit) -> int | None:
    text = visit.request.query.get("before", [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _people(visit: Visit, found: Whole) -> list[tuple[str, str, bool]]:
    """Role, holder, and whether the holder is a group."""
    people = []
    for item in found.task.work_items:
        if item.holder in HOLDERS:
            name = visit.gettext(HOLDERS[item.holder])
        elif item.holder.startswith(GROUP):
            uid = item.holder.removeprefix(GROUP)
            name = found.name("group", uid) or uid
        else:
            name = found.name("user", item.holder) or item.holder
        people.append((visit.gettext(ROLES[item.role]), name, item.holder.startswith(GROUP)))
    return people


def _record(found: Whole, folded: str) -> dict[str, Any]:
    """An extension: its records by member, or its text."""
    extension = found.task.extensions[folded]
    value = decode(extension.value)
    records = value if isinstance(value, list) else [value]
    is_tabular = bool(records) and all(isinstance(record, dict) for record in records)
    return {
        "name": extension.name,
        "is_many": isinstance(value, list),
        "records": [{key: _shown(each) for key, each in record.items()} for record in records] if is_tabular else None,
        "text": extension.value,
    }


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else encode(value).decode()
