"""Creating, changing and deleting a task: fields are checked one by one, links and users are looked up."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Ref
from dragoman.domain.access import Permission
from dragoman.domain.due import UNTOUCHED, Due, DueChange
from dragoman.domain.due import changed as due_changed
from dragoman.domain.errors import Conflict
from dragoman.domain.extension import Owner
from dragoman.domain.limits import uuid_of
from dragoman.domain.task import State, Task
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import preconditions
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.preconditions import OutOfRange, Revisions
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import references as links
from dragoman.usecases.tasks.references import Links
from dragoman.usecases.uow import UnitOfWork

MOST_PROPERTIES = 1_000
DUE = ("due_at", "due_local", "due_zone")
BEYOND_CONTENT = {"expires_at": Permission.FINISH, "delete_at": Permission.DELETE}
"""Fields that will end or delete the task, and the permission that changing them needs."""


class Create(msgspec.Struct, frozen=True):
    """Create a task. `fields` are stored as given; `extensions` map names to JSON text."""

    fields: Mapping[str, Any] = {}
    due: DueChange = UNTOUCHED
    links: Links = links.UNTOUCHED
    assignee: str | None = None
    extensions: Mapping[str, str] = {}

    def keys(self) -> Keys | Exclusive:
        return _keys(Keys(numbers={"task"}), self.links, self.assignee, self.extensions)


def create(uow: UnitOfWork, command: Create) -> Task:
    """The new task: ready, claimed when it has an assignee, or inactive if `fields` has that state."""
    due = due_changed(Due(), command.due, default_zone=_default_zone(uow, command.due))
    fields = {**command.fields, **dict(zip(DUE, (due.at, due.local, due.zone), strict=True))}
    if command.assignee is not None:
        fields["assignee"] = persons.assignable(uow, command.assignee)
        if fields.get("state") is State.INACTIVE:
            raise persons.bad_assignee("can't be given to an inactive task; start it first")
    task = tasks.add(uow, **fields, **links.resolve(uow, command.links))
    if not command.extensions:
        return task
    return uow.tasks.save(extensions.patch_extensions(uow, task, command.extensions))


def _default_zone(uow: UnitOfWork, due: DueChange) -> str:
    """The zone of a local time that names none: the caller's, else the tenant's."""
    user = persons.find(uow, uow.principal.user) if isinstance(due.local, str) else None
    return (None if user is None else user.zone) or uow.home.zone


class Change(msgspec.Struct, frozen=True):
    """Change the given fields. `properties` and `extensions` are merged; None removes one."""

    task: Ref
    fields: Mapping[str, Any] = {}
    due: DueChange = UNTOUCHED
    links: Links = links.UNTOUCHED
    assignee: str | UnsetType | None = UNSET
    properties: Mapping[str, str | None] = {}
    extensions: Mapping[str, str | None] = {}
    revisions: Revisions | None = None
    out_of_range: OutOfRange | None = None

    def keys(self) -> Keys | Exclusive:
        named = Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)
        return _keys(named, self.links, self.assignee, self.extensions)

    @property
    def only_assigns(self) -> bool:
        """Whether the assignee is the only change."""
        others = (self.fields, self.properties, self.extensions)
        is_bare = not any(others) and self.due is UNTOUCHED and self.links is links.UNTOUCHED
        return is_bare and self.assignee is not UNSET

    def written(self) -> frozenset[str]:
        """The fields that the command may change, as named in history."""
        names = {*self.fields, *links.written(self.links)}
        names.update(f"properties.{key}" for key in self.properties)
        names.update(f"extensions.{name}" for name in self.extensions)
        if self.due is not UNTOUCHED:
            names.update(DUE)
        if self.assignee is not UNSET:
            names.update(("assignee", "state"))
        return frozenset(names)


def change(uow: UnitOfWork, command: Change) -> Task:
    """The changed task. A command without effect stores nothing. StaleVersion as in `preconditions`."""
    task = tasks.get(uow, command.task, Permission.ASSIGN if command.only_assigns else Permission.EDIT)
    preconditions.must_be_unchanged(task, command.out_of_range)
    if command.revisions is not None:
        preconditions.check(uow, "task", task, command.revisions, command.written())
    return tasks.save(uow, task, changed(uow, task, command))


def changed(uow: UnitOfWork, task: Task, command: Change) -> Task:
    """The task with the changes applied, not stored yet; the same object when nothing changes.

    The caller has checked the permission to edit. Forbidden when a change needs another permission too.
    """
    for name, permission in BEYOND_CONTENT.items():
        if name in command.fields and command.fields[name] != getattr(task, name):
            tasks.require(uow, task, permission)
    fields = {**command.fields, **links.resolve(uow, command.links, task)}
    if command.due is not UNTOUCHED:
        present = Due(task.due_at, task.due_local, task.due_zone)
        due = due_changed(present, command.due, default_zone=_default_zone(uow, command.due))
        fields.update(zip(DUE, (due.at, due.local, due.zone), strict=True))
    if command.properties:
        fields["properties"] = _merged(task.properties, command.properties)
    after = task.deleted_at(fields.pop("delete_at")) if "delete_at" in fields else task
    after = replace(after, **fields) if fields else after
    if command.extensions:
        after = extensions.patch_extensions(uow, after, command.extensions)
    if command.assignee is not UNSET:
        after = after.assign(_assignee(uow, task, command.assignee), at=uow.now)
    return task if after == task else after


def _assignee(uow: UnitOfWork, task: Task, name: str | None) -> str | None:
    """The id of the new assignee. Forbidden for a change without the permission to assign."""
    known = None if name is None else persons.by_id_or_login(uow, name)
    named = {None} if name is None else {uuid_of(name), None if known is None else known.uid} - {None}
    if task.assignee not in named:
        tasks.require(uow, task, Permission.ASSIGN)
    return None if name is None else persons.assignable(uow, name, task.assignee)


class Remove(msgspec.Struct, frozen=True):
    """Delete a task; it leaves a tombstone with its history."""

    task: Ref
    revisions: Revisions | None = None

    def keys(self) -> Keys:
        return Keys(tasks={self.task}, owners=tasks.REMOVED_OWNERS)


def remove(uow: UnitOfWork, command: Remove) -> Task:
    """Return the task before its deletion. Its parts are deleted too. StaleVersion after any change."""
    task = tasks.get(uow, command.task, Permission.DELETE)
    preconditions.check(uow, "task", task, command.revisions)
    tasks.remove(uow, task)
    return task


def _keys(keys: Keys, links_: Links, assignee: object, extensions_: Mapping[str, object]) -> Keys | Exclusive:
    if isinstance(assignee, str) and not persons.is_uid(assignee):
        return EXCLUSIVE  # a login is found by a condition
    if links_ is not links.UNTOUCHED:
        links.announce(links_, keys)
    return extensions.announce(keys, Owner.TASK, extensions_)


def _merged(present: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged: dict[str, str | None] = {**present, **changes}
    kept = {key: value for key, value in merged.items() if value is not None}
    if len(kept) > MOST_PROPERTIES:
        raise Conflict("too_many_properties", f"A task has at most {MOST_PROPERTIES} properties.")
    return kept
