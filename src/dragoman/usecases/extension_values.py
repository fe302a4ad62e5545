"""Values that clients attach to a task, case, stage or contact under a name. One way in for every dialect.

A schema of that kind and name is enforced when there is one. The functions give the changed entity; the caller
saves it. A command that comes here announces the schemas of the names it writes (`announce`).
"""

from collections.abc import Callable, Iterable, Mapping
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
from dragoman.domain.merge_patch import says_the_same
from dragoman.domain.task import Task
from dragoman.usecases import extension_names
from dragoman.usecases.uow import UnitOfWork

E = TypeVar("E", Task, Case, Stage, Contact)

OWNERS: dict[type, Owner] = {Task: Owner.TASK, Case: Owner.CASE, Stage: Owner.STAGE, Contact: Owner.CONTACT}


def announce(keys: Keys, owner: Owner, names: Iterable[str]) -> Keys:
    """The keys with the schemas under which values of these names fall."""
    return keys.also("extension_schema", [(str(owner), fold(name)) for name in names], Lock.SHARED)


def set_extension(uow: UnitOfWork, entity: E, name: str, text: str, *, require_schema: bool = False) -> E:
    """The entity with the value (JSON text) under the name; a former one is lost.

    A schema's spelling of the name wins, then that of the former value. Invalid `invalid_name`, `schema_violation`,
    `schema_missing` (when one is required), `too_many_extensions`; Conflict `unique_violation`.
    """
    extension_names.check(name)
    owner, folded = OWNERS[type(entity)], fold(name)
    former = entity.extensions.get(folded)
    if former is not None and says_the_same(former.value, text):
        return entity  # also a value that is older than its schema
    schema = uow.schemas.named(owner, name, Lock.SHARED)
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
    """The entity with all of these values; none is taken when one is refused, and all faults are reported at once."""
    if len(values) > MOST_EXTENSIONS:
        raise _too_many(OWNERS[type(entity)])
    refused: dict[str, Expected] = {}
    seen: set[str] = set()
    for name, text in values.items():
        try:
            if fold(name) in seen:
                raise Invalid("invalid_name", f"the extension {name} is there twice")
            seen.add(fold(name))
            entity = set_extension(uow, entity, name, text, require_schema=require_schema)
        except (Invalid, Conflict) as fault:
            refused[name] = fault
    if refused:
        raise _together(refused)
    return entity


def merge_extension(uow: UnitOfWork, entity: E, name: str, text: str, *, require_schema: bool = False) -> E:
    """The entity with the members of `text` laid over those of the stored object, which is made when there is none.

    Invalid `merge_not_supported` unless both are objects; else as `set_extension`.
    """
    former = entity.extensions.get(fold(name))
    schema = uow.schemas.named(OWNERS[type(entity)], name, Lock.SHARED)
    stored = "{}" if former is None else former.value
    return set_extension(uow, entity, name, merged(schema, stored, text), require_schema=require_schema)


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
    """What every dialect knows of a task, as JSON text: the reserved extension `TaskCard`, computed, never stored."""
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
    """One error that tells all of them; what can't be read counts before what clashes."""
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
