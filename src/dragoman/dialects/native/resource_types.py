"""Tasks, contacts and cases for batches: made, changed and deleted in bulk by the documents of the native API."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.structs import fields, replace

from dragoman.dialects.native import views as wire
from dragoman.dialects.native.handlers import cases, contacts, selections, tasks
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.cases import CasePatch, NewCase
from dragoman.dialects.native.wire.contacts import ContactPatch, NewContact
from dragoman.dialects.native.wire.tasks import Extensions, NewTask, TaskPatch
from dragoman.domain.bulk import Method
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected
from dragoman.usecases.batches.types import assignees, case_resources, contact_resources, task_resources
from dragoman.usecases.batches.types.resource_types import Create, Patch, ResourceType, making
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.uow import UnitOfWork

C = TypeVar("C")

READ_ONLY_OF_TASKS = tasks.READ_ONLY - {"state"}


class BulkPatch(TaskPatch, frozen=True, forbid_unknown_fields=True):
    """A patch of a task that may also end it, or take it up again."""

    state: Annotated[task_resources.Ending, Meta(description="Done by the verb that leads there.")] | UnsetType = UNSET


class BulkNewContact(NewContact, frozen=True, forbid_unknown_fields=True):
    """A contact to be made, with its extensions."""

    extensions: Extensions = field(default_factory=dict)


class BulkContactPatch(ContactPatch, frozen=True, forbid_unknown_fields=True):
    """A patch of a contact and its extensions."""

    extensions: Extensions = field(default_factory=dict)


class BulkNewCase(NewCase, frozen=True, forbid_unknown_fields=True):
    """A case to be made, with its extensions."""

    extensions: Extensions = field(default_factory=dict)


class BulkCasePatch(CasePatch, frozen=True, forbid_unknown_fields=True):
    """A patch of a case and its extensions."""

    extensions: Extensions = field(default_factory=dict)


# What applies a patch


def patch_task(uow: UnitOfWork, text: bytes) -> Patch:
    """The change of a task."""
    document = reading.document(text, BulkPatch, read_only=READ_ONLY_OF_TASKS)
    state = None if isinstance(document.state, UnsetType) else document.state
    return task_resources.changing(uow, tasks.change(0, document), state)


def patch_contact(uow: UnitOfWork, text: bytes) -> Patch:
    """The change of a contact."""
    document = reading.document(text, BulkContactPatch, read_only=contacts.READ_ONLY)
    change = replace(contacts.change(0, document), extensions=tasks.texts(document.extensions))
    return contact_resources.changing(change)


def patch_case(uow: UnitOfWork, text: bytes) -> Patch:
    """The change of a case."""
    document = reading.document(text, BulkCasePatch, read_only=cases.READ_ONLY)
    change = replace(cases.change(0, document), extensions=tasks.texts(document.extensions))
    return case_resources.changing(uow, change)


# What makes one of these


def create_tasks(uow: UnitOfWork, texts: Sequence[bytes]) -> Create:
    """Makes tasks."""

    def read(text: bytes) -> task_edits.Create:
        command = tasks.creation(reading.document(text, NewTask, read_only=tasks.READ_ONLY))
        return replace(command, assignee=assignees.assignable(uow, command.assignee))

    return making(_commands(texts, read), task_edits.create)


def create_contacts(uow: UnitOfWork, texts: Sequence[bytes]) -> Create:
    """Makes contacts."""
    return contact_resources.creating(uow, _commands(texts, _new_contact), len(texts))


def _new_contact(text: bytes) -> contact_edits.Create:
    document = reading.document(text, BulkNewContact, read_only=contacts.READ_ONLY)
    return replace(contacts.creation(document), extensions=tasks.present(document.extensions))


def create_cases(uow: UnitOfWork, texts: Sequence[bytes]) -> Create:
    """Makes cases."""

    def read(text: bytes) -> case_edits.Create:
        document = reading.document(text, BulkNewCase, read_only=cases.READ_ONLY)
        command = cases.creation(document)
        known = assignees.assignable(uow, command.assignee)
        return replace(command, assignee=known, extensions=tasks.present(document.extensions))

    return making(_commands(texts, read), case_edits.create)


def _commands(texts: Sequence[bytes], read: Callable[[bytes], C]) -> dict[bytes, C | Expected]:
    """The command of each text, or its refusal."""
    return {text: _command(text, read) for text in texts}


def _command(text: bytes, read: Callable[[bytes], C]) -> C | Expected:
    try:
        return read(text)
    except Expected as refused:
        return refused


# What previews show


def document(uow: UnitOfWork, entity: Any) -> dict[str, Any]:
    """The members of the document that GET of one object answers."""
    return msgspec.structs.asdict(wire.view(entity))


def member(pointer: str, value: Any) -> Any:
    """A stored value as the document shows it: names of moments end in `_at`."""
    is_moment = pointer.endswith("_at") and pointer.count("/") == 1 and isinstance(value, int)
    return wire.time(Moment(value)) if is_moment else value


RUN_ONLY = frozenset(
    {
        "id",
        "number",
        "revision",
        "created_at",
        "modified_at",
        "started_at",
        "activated_at",
        "claimed_at",
        "completed_at",
    }
)
"""Ids, numbers, and moments that are those of the change itself."""


# The types


def _resource_type(name: str, documents: tuple[type[Struct], type[Struct]], **functions: Any) -> ResourceType:
    """All keys but users are numbers. Moments are told by their names, in documents of new and of changed objects."""
    members = {each.encode_name for document in documents for each in fields(document)}
    wide = {f"{name}.manage", f"{name}.write"}
    return ResourceType(
        name=name,
        methods=frozenset(Method),
        natural_key="id",
        scopes={
            Method.POST: frozenset({f"{name}.create", *wide}),
            Method.PATCH: frozenset({f"{name}.update", *wide}),
            Method.DELETE: frozenset({f"{name}.delete", *wide}),
        },
        number_keys=frozenset(functions["keys"]) - {"assignee"},
        moments=frozenset(member for member in members if member.endswith("_at")),
        entity=name,
        show=document,
        member=member,
        run_only=RUN_ONLY,
        **functions,
    )


RESOURCE_TYPES = (
    _resource_type(
        "task",
        (NewTask, BulkPatch),
        keys=task_resources.KEYS,
        find=task_resources.find,
        sees=task_resources.sees,
        select=selections.select_tasks,
        undoing=task_resources.UNDOING,
        create=create_tasks,
        patch=patch_task,
        remove=task_resources.remove,
        removing=task_resources.removing,
        moved_by=task_resources.MOVED_BY,
    ),
    _resource_type(
        "contact",
        (BulkNewContact, BulkContactPatch),
        keys=contact_resources.KEYS,
        find=contact_resources.find,
        sees=contact_resources.sees,
        select=selections.select_contacts,
        undoing=contact_resources.UNDOING,
        create=create_contacts,
        patch=patch_contact,
        remove=contact_resources.remove,
    ),
    _resource_type(
        "case",
        (BulkNewCase, BulkCasePatch),
        keys=case_resources.KEYS,
        find=case_resources.find,
        sees=case_resources.sees,
        select=selections.select_cases,
        undoing=case_resources.UNDOING,
        create=create_cases,
        patch=patch_case,
        remove=case_resources.remove,
        removing=case_resources.removing,
    ),
)
