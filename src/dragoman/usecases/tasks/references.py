"""References of a task, which clients give as numbers or ids. All faults are reported together.

Some vendors' dialects store dangling references as sent; these functions refuse them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from dragoman.command import Keys, Lock, Ref
from dragoman.domain.access import Permission, may_see_case, may_see_contact, sees_all
from dragoman.domain.case import Case, Stage
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

T = TypeVar("T")
PLACE = ("case", "stage")
NOT_FOUND = "does not exist"


class Links(msgspec.Struct, frozen=True):
    """Each by number or id; None removes the link, UNSET keeps it."""

    category: int | UnsetType | None = UNSET
    contact: Ref | UnsetType | None = UNSET
    case: Ref | UnsetType | None = UNSET
    stage: Ref | UnsetType | None = UNSET
    parent: Ref | UnsetType | None = UNSET


UNTOUCHED = Links()
WRITTEN = {
    "category": {"category"},
    "contact": {"contact"},
    "case": {"case", "stage"},
    "stage": {"case", "stage"},
    "parent": {"parent"},
}


def written(links: Links) -> Iterable[str]:
    """The fields of the task that these links may change."""
    for name, fields in WRITTEN.items():
        if getattr(links, name) is not UNSET:
            yield from fields


def announce(links: Links, keys: Keys) -> Keys:
    """Add the linked rows to the keys: locked for change where they count their tasks, else shared."""
    for field, entity, lock in (
        ("category", "category", Lock.CHANGE),
        ("contact", "contact", Lock.CHANGE),
        ("case", "case", Lock.SHARED),
        ("stage", "stage", Lock.SHARED),
        ("parent", "task", Lock.CHANGE),
    ):
        key = getattr(links, field)
        if key is not UNSET and key is not None:
            keys.also(entity, [key], lock)
    if links.category is not UNSET or links.contact is not UNSET:
        keys.owners.update(tasks.COUNTED_OWNERS)
    elif links.parent is not UNSET:
        keys.owners.update(tasks.SEEN_OWNERS)
    return keys


def resolve(uow: UnitOfWork, links: Links, task: Task | None = None) -> dict[str, Any]:
    """The new values of the task's fields. Invalid with every link that can't be made.

    `task` is the present task. A stage implies its case; another case removes the stage; no case means the inbox.
    """
    if links is UNTOUCHED:
        return {}
    if task is not None:
        links = _changed(links, task)
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    if links.category is not UNSET:
        category = None if links.category is None else uow.categories.find(links.category, Lock.CHANGE)
        found["category"] = _number(links.category, category, "category", problems)
    if links.contact is not UNSET:
        contact = None if links.contact is None else uow.contacts.find(links.contact, Lock.CHANGE)
        seen = contact if contact is not None and may_see_contact(uow.principal, contact) else None
        found["contact"] = _number(links.contact, seen, "contact", problems)
    _place(uow, links, task, found, problems)
    if links.parent is not UNSET:
        parent = None if links.parent is None else _parent(uow, links.parent, task, problems)
        found["parent"] = None if parent is None else parent.number
    if problems:
        first = problems[0]
        message = f"{first.path[1:]} {first.message}."
        raise Invalid("bad_reference", message, tuple(problems), status=409)
    return found


def _changed(links: Links, task: Task) -> Links:
    """The links that differ from the task's: a reply may be sent back even if its links no longer exist. Case and stage
    are checked together when one of them changes."""
    same = {name: UNSET for name in Links.__struct_fields__ if getattr(links, name) == getattr(task, name)}
    if any(name not in same and getattr(links, name) is not UNSET for name in PLACE):
        same = {name: unset for name, unset in same.items() if name not in PLACE}
    return msgspec.structs.replace(links, **same) if same else links


def _number(key: Ref | None, entity: Any, field: str, problems: list[Problem]) -> int | None:
    if key is None:
        return None
    if entity is None:
        problems.append(Problem(f"/{field}", "not_found", NOT_FOUND))
        return None
    number: int = entity.number
    return number


def _place(uow: UnitOfWork, links: Links, task: Task | None, found: dict[str, Any], problems: list[Problem]) -> None:
    """Resolve case and stage together."""
    case: int | UnsetType | None = links.case if links.case is UNSET else _case(uow, links.case, problems)
    if links.stage is not UNSET and links.stage is not None:
        stage = uow.stages.find(links.stage, Lock.SHARED)
        if stage is None or _found_case(uow, stage.case) is None:
            problems.append(Problem("/stage", "not_found", NOT_FOUND))
        elif case is not UNSET and case is not None and case != stage.case:
            problems.append(Problem("/stage", "contradiction", "is a stage of another case"))
        else:
            found["case"], found["stage"] = stage.case, stage.number
        return
    if case is not UNSET:
        found["case"] = case
    moved = task is not None and case is not UNSET and case != task.case
    if links.stage is None or moved:
        found["stage"] = None


def _case(uow: UnitOfWork, key: Ref | None, problems: list[Problem]) -> int | None:
    if key is None:
        return uow.home.inbox_case
    return _number(key, _found_case(uow, key), "case", problems)


def _found_case(uow: UnitOfWork, key: Ref) -> Case | None:
    case = uow.cases.find(key, Lock.SHARED)
    if case is None or not may_see_case(uow.principal, case):
        return None
    return case


def _parent(uow: UnitOfWork, key: Ref, task: Task | None, problems: list[Problem]) -> Task | None:
    parent = tasks.find_visible(uow, key, Lock.CHANGE)
    if parent is None:
        problems.append(Problem("/parent", "not_found", NOT_FOUND))
        return None
    if task is not None and _is_part_of(uow, parent, task):
        problems.append(Problem("/parent", "contradiction", "is a part of this task"))
    return parent


def hidden(uow: UnitOfWork, field: str, numbers: Sequence[int]) -> frozenset[int]:
    """The contacts, cases or parents that exist and that the principal may not see. For exclusive commands and
    readers."""
    if sees_all(uow.principal):
        return frozenset()
    repository, may_see = _REFERENCES[field](uow)
    repository.load(sorted(set(numbers)))
    found = [entity for number in set(numbers) if (entity := repository.find(number)) is not None]
    return frozenset(entity.number for entity in found if not may_see(entity))


_Reference = Callable[[UnitOfWork], tuple[Any, Callable[[Any], bool]]]

_REFERENCES: dict[str, _Reference] = {
    "contact": lambda uow: (uow.contacts, lambda contact: may_see_contact(uow.principal, contact)),
    "case": lambda uow: (uow.cases, lambda case: may_see_case(uow.principal, case)),
    "stage": lambda uow: (uow.stages, lambda stage: _sees_stage(uow, stage)),
    "parent": lambda uow: (uow.tasks, lambda task: Permission.SEE in tasks.allowed(uow, task)),
}


def _sees_stage(uow: UnitOfWork, stage: Stage) -> bool:
    case = uow.cases.find(stage.case)
    return case is None or may_see_case(uow.principal, case)


def _is_part_of(uow: UnitOfWork, task: Task | None, whole: Task) -> bool:
    """Whether `task` is `whole` or a part of it, at any depth. Locks the rows on the way, to rule out concurrent
    cycles."""
    if task is not None and task.parent is not None and task.number != whole.number:
        uow.tasks.load_above(task.number, Lock.SHARED)
    seen: set[int] = set()
    while task is not None and task.number not in seen:
        if task.number == whole.number:
            return True
        seen.add(task.number)
        task = None if task.parent is None else uow.tasks.find(task.parent, Lock.SHARED)
    return False
