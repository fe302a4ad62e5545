"""Making tasks from templates: what a task takes from its version, and how it starts."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from dragoman.domain import timing
from dragoman.domain.task import State, Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem
from dragoman.usecases.uow import UnitOfWork

ONLY_OF_WHOLES = (timing.DELETED, timing.KEPT)
"""Durations that a part doesn't take from its template: it goes with the whole."""


def fields(template: Template, originator: str | None, *, is_part: bool) -> dict[str, Any]:
    """The fields of an inactive task of this version, as `tasks.add` takes them. `originator` is the user's uid."""
    return {
        "name": template.name,
        "title": template.display_name,
        "description": template.description,
        "type": template.type,
        "priority": template.priority,
        "template": template.uid,
        "timing": _timing(template, is_part=is_part),
        "properties": template.properties,
        "work_items": _work_items(template, originator),
        "state": State.INACTIVE,
    }


def started(uow: UnitOfWork, task: Task, *, runs_at_once: bool) -> Task:
    """An inactive task, started by the caller, not stored yet."""
    ready = task.start(at=uow.now)
    return replace(ready, state=State.RUNNING, starter=uow.principal.user) if runs_at_once else ready


def _timing(template: Template, *, is_part: bool) -> dict[str, str]:
    """The template's durations. A participating task that stands alone goes when it has ended, unless a duration is
    set."""
    if is_part:
        return {key: text for key, text in template.timing.items() if key not in ONLY_OF_WHOLES}
    found = dict(template.timing)
    if template.kind == "participating":
        found.setdefault(timing.DELETED, timing.ZERO)
    return found


def _work_items(template: Template, originator: str | None) -> Sequence[WorkItem]:
    """Its roles, each holder an item. Where no potential owner is named everybody is one, where no administrator is
    named the originator is."""
    roles = {role: holders for role, holders in template.roles.items() if role is not Role.POTENTIAL_CREATOR}
    if not roles.get(Role.POTENTIAL_OWNER):
        roles[Role.POTENTIAL_OWNER] = (EVERYBODY,)
    if not roles.get(Role.ADMINISTRATOR) and originator is not None:
        roles[Role.ADMINISTRATOR] = (originator,)
    items = {WorkItem(role, holder) for role, holders in roles.items() for holder in holders}
    return tuple(sorted(items, key=lambda item: (item.role, item.holder)))
