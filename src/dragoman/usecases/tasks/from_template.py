"""Making tasks from templates: what a task takes from its version, and how it starts."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import Exclusive, Keys, Lock
from dragoman.domain import timing
from dragoman.domain.errors import Conflict, Forbidden, Invalid, Problem
from dragoman.domain.task import State, Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.tasks import edits, templates
from dragoman.usecases.tasks import lifecycle as tasks
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
        "escalations": template.escalations,
        "work_items": _work_items(template, originator),
        "state": State.INACTIVE,
    }


def started(uow: UnitOfWork, task: Task, *, runs_at_once: bool) -> Task:
    """An inactive task, started by the caller, not stored yet."""
    ready = task.start(at=uow.now)
    return replace(ready, state=State.RUNNING, starter=uow.principal.user) if runs_at_once else ready


def offered(uow: UnitOfWork) -> list[Template]:
    """The templates that the principal may make tasks from now, by name, each in the version that is valid. For
    readers."""
    valid: dict[str, Template] = {}
    for template in uow.templates.all():  # of each name the newest version first
        if template.valid_from <= uow.now:
            valid.setdefault(template.name, template)
    return [each for each in valid.values() if not each.is_stopped and templates.may_create(uow.principal, each)]


class CreateFrom(msgspec.Struct, frozen=True):
    """Make a task from a version of a template, by uid, and start it. What `new` sets takes the place of the
    template's; `extras` are facts that dialects keep, by dialect."""

    template: str
    new: edits.Create
    extras: Mapping[str, Mapping[str, Any]] = {}

    def keys(self) -> Keys | Exclusive:
        keys = self.new.keys()
        return keys if isinstance(keys, Exclusive) else keys.also("template", [self.template], Lock.SHARED)


def create_from(uow: UnitOfWork, command: CreateFrom) -> Task:
    """The task, ready, claimed when it has an assignee, or running when its kind runs at once.

    Invalid for an unknown template; Forbidden where the principal may not make tasks from it; Conflict while it is
    stopped or not valid yet; else as `edits.create`.
    """
    template, new = _usable(uow, command.template), command.new
    given = fields(template, uow.principal.user, is_part=bool(new.links.parent))
    made = edits.create(uow, replace(new, fields={**given, "extras": command.extras, **new.fields}, assignee=None))
    ready = started(uow, made, runs_at_once=template.runs_at_once)
    if new.assignee is not None:
        ready = ready.assign(persons.assignable(uow, new.assignee), at=uow.now)
    return tasks.save(uow, made, ready)


def _usable(uow: UnitOfWork, uid: str) -> Template:
    template = templates.find(uow, uid)
    if template is None:
        raise Invalid(
            "invalid_body", "The template does not exist.", (Problem("/template", "not_found", "does not exist"),)
        )
    if not templates.may_create(uow.principal, template):
        raise Forbidden("forbidden", f"{uow.principal.login} may not make tasks from this template.")
    if template.is_stopped or template.valid_from > uow.now:
        raise Conflict("template_stopped", "No tasks are made from this template now.")
    return template


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
