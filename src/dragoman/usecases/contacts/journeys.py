"""The journey of a contact over all dialects: cases, stages and tasks as they began, what changed in them since, and
notes.

Only what the principal may see. A page is read behind the last item of the one before, so nothing comes twice.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.limits import PAGE_BYTES
from dragoman.store.repositories.journeys import Place, Step, Wanted
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork

__all__ = ["Item", "ItemKind", "Journey", "Page", "Place", "journey"]


class ItemKind(StrEnum):
    """What an item tells: that a case, a stage or a task began, that a note was made, or that one of the first three
    changed."""

    CASE = "case"
    STAGE = "stage"
    TASK = "task"
    NOTE = "note"
    CHANGE = "change"


OPEN, COMPLETED = "open", "completed"
"""The states of cases and stages."""


class Item(msgspec.Struct, frozen=True):
    """One item. `entity` is what it is about, `state` the present one of that (the kind of a note), `case` the number
    of its case. `changes` is JSON text as in history, None but for changes; `text` is that of a note."""

    at: Moment
    kind: ItemKind
    entity: str
    dialect: str
    number: int
    id: str
    title: str | None
    state: str
    case: int | None
    revision: int
    changes: str | None
    text: str | None = None


class Journey(msgspec.Struct, frozen=True):
    """One page, of these kinds (none: all), through a dialect, of what is open or of what has ended."""

    contact: Ref
    dialect: str | None = None
    kinds: frozenset[ItemKind] = frozenset()
    is_open: bool | None = None
    limit: int = 50
    after: Place | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """The contact, its open tasks, and items, the newest first; `after` is where the next page begins, None on the
    last one."""

    contact: Contact
    open_tasks: int
    oldest_open_at: Moment | None
    items: list[Item]
    after: Place | None


def journey(uow: UnitOfWork, command: Journey) -> Page:
    """NotFound for a contact that the principal may not see. A page ends before its changes exceed PAGE_BYTES."""
    contact = contacts.get(uow, command.contact)
    wanted = _wanted(uow, contact, command)
    open_tasks, oldest = uow.journeys.open_tasks(Wanted(contact.number, uow.principal, contact.customer_key))
    found = uow.journeys.page(wanted, limit=command.limit + 1, after=command.after)
    steps = _within(found[: command.limit], PAGE_BYTES)
    after = _place(steps[-1]) if len(steps) < len(found) else None
    return Page(contact, open_tasks, oldest, _items(uow, steps), after)


def _wanted(uow: UnitOfWork, contact: Contact, command: Journey) -> Wanted:
    kinds = command.kinds or frozenset(ItemKind)
    return Wanted(
        contact.number,
        uow.principal,
        contact.customer_key,
        begun=kinds - {ItemKind.CHANGE},
        changes=ItemKind.CHANGE in kinds,
        dialect=command.dialect,
        is_open=command.is_open,
    )


def _within(steps: Sequence[Step], max_bytes: int) -> list[Step]:
    """As many from the first one on as have no more bytes of changes together; at least one."""
    for place, step in enumerate(steps):
        max_bytes -= step.size if step.revision > 1 or step.entity == ItemKind.NOTE else 0
        if max_bytes < 0 and place:
            return list(steps[:place])
    return list(steps)


def _place(step: Step) -> Place:
    return step.at, step.entity, step.number, step.revision


def _items(uow: UnitOfWork, steps: Sequence[Step]) -> list[Item]:
    """The steps with what they are about. What is gone by now, by its timer, is left out."""
    changes = uow.journeys.changes_of([step for step in steps if step.revision > 1])
    about = _about(uow, steps)
    return [
        _item(step, entity, changes.get((step.entity, step.number, step.revision)))
        for step in steps
        if (entity := about[step.entity].get(step.number)) is not None
    ]


def _about(uow: UnitOfWork, steps: Sequence[Step]) -> Mapping[str, Mapping[int, Any]]:
    numbers = {name: {step.number for step in steps if step.entity == name} for name in ItemKind}
    found: dict[str, Mapping[int, Any]] = {
        "task": uow.journeys.tasks(numbers[ItemKind.TASK]),
        "note": uow.journeys.notes(numbers[ItemKind.NOTE]),
    }
    for name, repository in (("case", uow.cases), ("stage", uow.stages)):
        there: Any = repository
        listed = there.of_numbers(sorted(wanted)) if (wanted := numbers[ItemKind(name)]) else []
        found[name] = {each.number: each for each in listed}
    return found


def _item(step: Step, entity: Any, changes: str | None) -> Item:
    return Item(
        at=step.at,
        kind=ItemKind(step.entity) if step.revision == 1 else ItemKind.CHANGE,
        entity=step.entity,
        dialect=step.dialect,
        number=entity.number,
        id=entity.uid,
        title=_title(step.entity, entity),
        state=_state(step.entity, entity),
        case=entity.number if step.entity == "case" else entity.case,
        revision=step.revision,
        changes=changes,
        text=entity.text if step.entity == ItemKind.NOTE else None,
    )


def _title(entity: str, found: Any) -> str | None:
    if entity == ItemKind.NOTE:
        return None
    title: str | None = found.label if entity == ItemKind.TASK else found.title
    return title


def _state(entity: str, found: Any) -> str:
    if entity == "task":
        return str(found.state)
    if entity == "note":
        return str(found.kind)
    return OPEN if found.completed_at is None else COMPLETED
