"""Extension values of tasks, cases, stages and contacts. Every dialect writes them through these functions.

A schema for that entity and name is enforced. The functions return the changed entity; the caller saves it. The
command must name the schemas of the names it writes (`announce`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.domain.case import Case, Stage
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Conflict, Expected, Invalid, NotFound, Problem
from dragoman.domain.extension import MOST_EXTENSIONS, Extension, Owner, fold
from dragoman.domain.extension_values import conform, merged
from dragoman.domain.merge_patch import merge_patch, says_the_same
from dragoman.domain.task import Task
from dragoman.usecases import extension_names
from dragoman.usecases.uow import UnitOfWork

E = TypeVar("E", Task, Case, Stage, Contact)

OWNERS: dict[type, Owner] = {Task: Owner.TASK, Case: Owner.CASE, Stage: Owner.STAGE, Contact: Owner.CONTACT}


def announce(keys: Keys, owner: Owner, names: Iterable[str]) -> Keys:
    """Add the schemas of these names to the keys."""
    return keys.also("extension_schema", [(str(owner), fold(name)) for name in names], Lock.SHARED)


def set_extension(uow: UnitOfWork, entity: E, name: str, text: str, *, require_schema: bool = False) -> E:
    """Set an extension to a value (JSON text), replacing any former value.

    The name is stored as the schema spells it, else as the former value did. Invalid `invalid_name`,
    `schema_violation`, `schema_missing` (when one is required), `too_many_extensions`; Conflict `unique_violation`.
    """
    extension_names.check(name)
    owner, folded = OWNERS[type(entity)], fold(name)
    former = entity.extensions.get(folded)
    if former is not None and says_the_same(former.value, text):
        return entity  # also a value that is older than its schema
    schema = uow.schemas.by_name(owner, name, Lock.SHARED)
    if schema is None and require_schema:
        message = f"there is no schema for the {owner} extension {name}"
        raise Invalid("schema_missing", message, name=name, owner=str(owner))
    if former is None and len(entity.extensions) >= MOST_EXTENSIONS:
        raise _too_many(owner)
    if schema is not None:
        value = Extension(schema.name, conform(schema, text))
    else:
        value = Extension(name if former is None else former.name, text)
    if value == former:
        return entity
    return replace(entity, extensions={**entity.extensions, folded: value})


def set_extensions(uow: UnitOfWork, entity: E, values: Mapping[str, str], *, require_schema: bool = False) -> E:
    """Set all of these values, or none when one is invalid; all faults are reported together."""
    if len(values) > MOST_EXTENSIONS:
        raise _too_many(OWNERS[type(entity)])
    refused: dict[str, Expected] = {}
    seen: set[str] = set()
    for name, text in values.items():
        try:
            if fold(name) in seen:
                raise Invalid("invalid_name", f"the extension {name} is given twice")
            seen.add(fold(name))
            entity = set_extension(uow, entity, name, text, require_schema=require_schema)
        except (Invalid, Conflict) as fault:
            refused[name] = fault
    if refused:
        raise _together(refused)
    return entity


def merge_extension(uow: UnitOfWork, entity: E, name: str, text: str, *, require_schema: bool = False) -> E:
    """Merge the members of `text` into the stored object, which is created when missing.

    Invalid `merge_not_supported` unless both are objects; else as `set_extension`.
    """
    former = entity.extensions.get(fold(name))
    schema = uow.schemas.by_name(OWNERS[type(entity)], name, Lock.SHARED)
    stored = "{}" if former is None else former.value
    return set_extension(uow, entity, name, merged(schema, stored, text), require_schema=require_schema)


def patch_extensions(uow: UnitOfWork, entity: E, patches: Mapping[str, str | None]) -> E:
    """The entity with every value merged (RFC 7396; None removes one).

    Invalid with the faults of all of them, each under its name in `/extensions`.
    """
    if not patches:
        return entity
    _check_names(patches.keys())
    problems: list[Problem] = []
    for name, patch in patches.items():
        try:
            entity = _patched(uow, entity, name, patch)
        except Invalid as refused:
            faults = refused.problems or (Problem("", refused.code, refused.message),)
            problems.extend(Problem(_place(name) + fault.path, fault.code, fault.message) for fault in faults)
    if problems:
        raise Invalid("invalid_extension", "An extension is invalid; each fault is listed.", tuple(problems))
    return entity


def _patched(uow: UnitOfWork, entity: E, name: str, patch: str | None) -> E:
    known = entity.extensions.get(fold(name))
    if patch is not None:
        return set_extension(uow, entity, name, merge_patch(None if known is None else known.value, patch))
    return entity if known is None else remove_extension(entity, name)


def _check_names(names: Collection[str]) -> None:
    first = {fold(name): name for name in reversed(tuple(names))}
    twice = [name for name in names if first[fold(name)] != name]
    if twice:
        why = "is there twice: names know no case"
        problems = tuple(Problem(_place(name), "contradiction", why) for name in twice)
        raise Invalid("invalid_extension", f"The extension {twice[0]} {why}.", problems, status=409)


def _place(name: str) -> str:
    return f"/extensions/{name.replace('~', '~0').replace('/', '~1')}"


def remove_extension(entity: E, name: str) -> E:
    """The entity without the value. NotFound when there is none under this name."""
    get_extension(entity, name)
    return replace(entity, extensions={key: kept for key, kept in entity.extensions.items() if key != fold(name)})


def get_extension(entity: Task | Case | Stage | Contact, name: str) -> Extension:
    """The value under a name, without regard to case. NotFound when there is none."""
    found = entity.extensions.get(fold(name))
    if found is None:
        owner = OWNERS[type(entity)]
        raise NotFound("extension_not_found", f"the {owner} has no extension {name}", name=name)
    return found


def has_extension(entity: Task | Case | Stage | Contact, name: str) -> bool:
    """Whether there is a value under a name, without regard to case."""
    return fold(name) in entity.extensions


def task_card(uow: UnitOfWork, task: Task, render_moment: Callable[[Moment], str]) -> str:
    """The reserved extension `TaskCard` as JSON text: a task's common fields. Computed, never stored."""
    assignee = None if task.assignee is None else uow.users.find(task.assignee)
    card = {
        "title": task.label,
        "description": task.description,
        "priority": task.priority,
        "assignee": task.assignee if assignee is None else assignee.login,
        "due": None if task.due_at is None else render_moment(task.due_at),
        "status": str(task.state),
    }
    return msgspec.json.encode(card).decode()


def _too_many(owner: Owner) -> Invalid:
    return Invalid("too_many_extensions", f"a {owner} has at most {MOST_EXTENSIONS} extensions")


def _together(refused: dict[str, Expected]) -> Expected:
    """Combine errors into one; unreadable values come before conflicts."""
    first = next((fault for fault in refused.values() if isinstance(fault, Invalid)), next(iter(refused.values())))
    if len(refused) == 1 or not isinstance(first, Invalid):
        return first
    problems = tuple(
        Problem(f"/{name[:64]}{problem.path}", problem.code, problem.message)
        for name, fault in refused.items()
        for problem in getattr(fault, "problems", ()) or (Problem("", fault.code, fault.message),)
    )
    message = "; ".join(fault.message for fault in list(refused.values())[:10])
    return Invalid(first.code, message, problems[:100])
