"""What a principal hears of events: each event itself, that its subject is hidden now, or nothing (EVENTS.md 1.3).

Both what an audience says and what may be seen now count: an event is heard by who belonged to the audience then and
may see the subject now; who could see it before the event, and can't after it, hears that it is hidden.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from dragoman.domain.access import Linked, Permission, Principal, may, may_see_case, may_see_contact, sees_all
from dragoman.domain.audience import SEEN_BY_SUPERVISORS, hears
from dragoman.domain.event import HIDDEN
from dragoman.domain.task import Task
from dragoman.store.repositories.events import LoggedEvent
from dragoman.usecases.uow import UnitOfWork

HIDEABLE = frozenset(type_.partition(".")[0] for type_ in HIDDEN)


class Heard(Enum):
    """What a principal hears of an event."""

    NOTHING = 0
    EVENT = 1
    HIDDEN = 2


class Subjects:
    """What these events are about, as it is now, with what it links. `load` reads it for any number of principals."""

    def __init__(self, inbox: int | None) -> None:
        self._inbox = inbox
        self.present: dict[str, dict[int, Any]] = {"task": {}, "contact": {}, "case": {}, "stage": {}}
        self.past: dict[str, dict[int, Any]] = {"task": {}, "contact": {}, "case": {}, "stage": {}}

    def may_be_seen(self, principal: Principal, event: LoggedEvent) -> bool:
        """Whether the principal may see the subject now; a deleted one by what it left."""
        entity, number = event.entity, event.number
        if entity not in SEEN_BY_SUPERVISORS:
            return True  # what is no entity of its own rights has no other audience than the event's
        if sees_all(principal):
            return True
        if number is None:
            return False
        if entity in ("task", "batch"):
            return self._may_see_task(principal, number)
        if entity == "contact":
            contact = self._any("contact", number)
            return contact is not None and may_see_contact(principal, contact)
        stage = self._any("stage", number) if entity == "stage" else None
        case = self._any("case", number if entity == "case" else None if stage is None else stage.case)
        return case is not None and may_see_case(principal, case)

    def _may_see_task(self, principal: Principal, number: int) -> bool:
        task = self.present["task"].get(number)
        if task is not None:
            return may(principal, Permission.SEE, task, self._linked(task, self._present))
        task = self.past["task"].get(number)
        return task is not None and may(principal, Permission.SEE, task, self._linked(task, self._any))

    def _linked(self, task: Task, find: Any) -> Linked:
        """What may hide a task; of a deleted one also what was deleted with it."""
        case = None if task.case == self._inbox else task.case
        return Linked(find("contact", task.contact), find("case", case), find("case", task.entity))

    def _present(self, entity: str, number: int | None) -> Any:
        return None if number is None else self.present[entity].get(number)

    def _any(self, entity: str, number: int | None) -> Any:
        if number is None:
            return None
        return self.present[entity].get(number) or self.past[entity].get(number)

    def load(self, uow: UnitOfWork, events: Iterable[LoggedEvent]) -> "Subjects":
        """Read the subjects of these events, one statement a table, and what was deleted by its tombstones."""
        wanted: dict[str, set[int]] = {name: set() for name in self.present}
        for event in events:
            if event.number is not None and event.entity in SEEN_BY_SUPERVISORS:
                wanted["task" if event.entity == "batch" else event.entity].add(event.number)
        self._load(uow, "task", wanted["task"])
        self._load(uow, "stage", wanted["stage"])
        self._load(uow, "contact", wanted["contact"] | self._pointers("task", "contact"))
        cases = self._pointers("task", "case") | self._pointers("task", "entity") | self._pointers("stage", "case")
        self._load(uow, "case", (wanted["case"] | cases) - {self._inbox or 0} | (wanted["case"] & {self._inbox or 0}))
        return self

    def _load(self, uow: UnitOfWork, entity: str, numbers: set[int]) -> None:
        present, past = self.present[entity], self.past[entity]
        present |= uow.sight.present(entity, numbers)
        past |= uow.sight.past(entity, numbers - present.keys())

    def _pointers(self, entity: str, field: str) -> set[int]:
        found = (*self.present[entity].values(), *self.past[entity].values())
        return {number for each in found if (number := getattr(each, field)) is not None}


def load(uow: UnitOfWork, events: Iterable[LoggedEvent]) -> Subjects:
    """The subjects of these events, for `heard`."""
    return Subjects(uow.home.inbox_case).load(uow, events)


def heard(uow: UnitOfWork, principal: Principal, events: Sequence[LoggedEvent]) -> list[Heard]:
    """What the principal hears of each of these events now. The command is exclusive or reads."""
    if principal.is_admin:
        return [Heard.EVENT] * len(events)
    doubtful = [event for event in events if needs_subject(principal, event)]
    subjects = load(uow, doubtful)
    return [of_one(principal, event, subjects) for event in events]


def needs_subject(principal: Principal, event: LoggedEvent) -> bool:
    """Whether what is heard depends on the subject as it is now."""
    if event.entity not in SEEN_BY_SUPERVISORS or sees_all(principal):
        return False
    return hears(principal, event.entity, event.audience)


def of_one(principal: Principal, event: LoggedEvent, subjects: Subjects) -> Heard:
    """What the principal hears of an event, whose subject was loaded if it needs that."""
    if principal.is_admin:
        return Heard.EVENT
    entity = event.entity
    if hears(principal, entity, event.audience):
        return Heard.EVENT if subjects.may_be_seen(principal, event) else Heard.NOTHING
    before = event.audience_before
    if before is not None and entity in HIDEABLE and hears(principal, entity, before):
        return Heard.HIDDEN
    return Heard.NOTHING
