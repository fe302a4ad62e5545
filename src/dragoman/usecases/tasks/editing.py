"""Editing a task in a form: what the form needs to know, and saving with every fault at once."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Ref
from dragoman.domain.access import Permission
from dragoman.domain.due import UNTOUCHED, Due
from dragoman.domain.due import changed as due_changed
from dragoman.domain.errors import Conflict, Expected, Invalid, Problem
from dragoman.domain.extension import ExtensionSchema, Owner
from dragoman.domain.task import Task, new_task
from dragoman.domain.template import Template
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import preconditions
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity.choices import MOST, Choice
from dragoman.usecases.tasks import acting, edits, from_template, references
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks.acting import Acted
from dragoman.usecases.uow import UnitOfWork


class Look(msgspec.Struct, frozen=True):
    """The form of a task."""

    task: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Sheet(msgspec.Struct, frozen=True):
    """A task with what its form offers."""

    task: Task
    granted: frozenset[Permission]
    assignee: str | None  # by login
    inbox: int
    schemas: dict[str, ExtensionSchema]  # by folded name
    categories: list[tuple[int, str]]
    people: list[Choice]
    templates: list[Template] = []  # of a task that isn't made yet


def look(uow: UnitOfWork, command: Look) -> Sheet:
    """NotFound for a task that the principal may not see. For readers."""
    task = tasks.get(uow, command.task)
    holder = persons.find(uow, task.assignee)
    return Sheet(
        task=task,
        granted=tasks.allowed(uow, task),
        assignee=task.assignee if holder is None else holder.login,
        inbox=uow.home.inbox_case,
        **_offered(uow),
    )


class LookAhead(msgspec.Struct, frozen=True):
    """The form of a task that isn't made yet."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def look_ahead(uow: UnitOfWork, command: LookAhead) -> Sheet:
    """A task without anything, and what its form offers. For readers."""
    blank = new_task(tenant=uow.tenant, number=0, uid="", at=uow.now)
    return Sheet(
        task=blank,
        granted=frozenset(Permission),
        assignee=None,
        inbox=uow.home.inbox_case,
        templates=from_template.offered(uow),
        **_offered(uow),
    )


def _offered(uow: UnitOfWork) -> dict[str, Any]:
    return {
        "schemas": {schema.folded: schema for schema in uow.schemas.all(Owner.TASK)},
        "categories": [(category.number, category.title) for category in uow.categories.all()],
        "people": [Choice(login, name) for login, name in uow.names.people(MOST)],
    }


class Make(msgspec.Struct, frozen=True):
    """Make a task, perhaps from a template."""

    new: edits.Create | from_template.CreateFrom

    def keys(self) -> Keys | Exclusive:
        return self.new.keys()


def create(uow: UnitOfWork, command: Make) -> Acted:
    """What came of it; else as `edits.create` and `from_template.create_from`."""
    new = command.new
    task = edits.create(uow, new) if isinstance(new, edits.Create) else from_template.create_from(uow, new)
    return Acted(task.number, task.revision, True)


class Save(msgspec.Struct, frozen=True):
    """Change a task; with faults nothing is changed."""

    change: edits.Change

    def keys(self) -> Keys | Exclusive:
        return self.change.keys()


def save(uow: UnitOfWork, command: Save) -> Acted:
    """What came of it. Invalid with the faults of all members; else as `edits.change`."""
    change = command.change
    task = tasks.get(uow, change.task, Permission.ASSIGN if change.only_assigns else Permission.EDIT)
    preconditions.check(uow, "task", task, change.revisions, change.written())
    found = tuple(_faults(uow, task, change))
    if found:
        raise Invalid("invalid_body", "The form isn't as it should be; each fault is listed.", found)
    return acting.act(uow, acting.Act(change))


def faults(uow: UnitOfWork, command: Save) -> tuple[Problem, ...]:
    """Every fault that saving would meet. For readers."""
    return tuple(_faults(uow, tasks.get(uow, command.change.task), command.change))


def _faults(uow: UnitOfWork, task: Task, change: edits.Change) -> Iterator[Problem]:
    yield from _met(lambda: references.resolve(uow, change.links, task), "")
    assignee = change.assignee
    if isinstance(assignee, str):
        yield from _met(lambda: persons.assignable(uow, assignee, task.assignee), "/assignee")
    for name, patch in change.extensions.items():
        yield from _met(partial(extensions.patch_extensions, uow, task, {name: patch}), name)
    if change.due is not UNTOUCHED:
        present = Due(task.due_at, task.due_local, task.due_zone)
        yield from _met(lambda: due_changed(present, change.due, default_zone=uow.home.zone), "/due_local")


def _met(run: Callable[[], object], place: str) -> Iterator[Problem]:
    try:
        run()
    except (Invalid, Conflict) as refused:
        yield from _problems(refused, place)


def _problems(refused: Expected, place: str) -> tuple[Problem, ...]:
    found = refused.problems if isinstance(refused, Invalid) else ()
    path = place if place.startswith("/") or not place else f"/extensions/{place}"
    return found or (Problem(path, refused.code, refused.message),)
