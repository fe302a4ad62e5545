"""What a row of history tells: its event, with the holders that may see the entity now and might before."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dragoman.domain import audience, event
from dragoman.domain.access import NOTHING, Linked
from dragoman.domain.event import Event
from dragoman.domain.ids import new_id
from dragoman.domain.task import Task
from dragoman.domain.work_item import EVERYBODY
from dragoman.store.unit.mappings import MAPPINGS

if TYPE_CHECKING:
    from dragoman.store.unit.overlay import HistoryRow, Overlay

Changes = Mapping[str, Any]


def event_of(overlay: "Overlay", row: "HistoryRow", before: Any, after: Any, changes: Changes) -> Event:
    """The event of a row of history: the entity before it (None: new) and after it (None: deleted)."""
    entity, subject = row.entity, after if after is not None else before
    type_ = event.type_of(
        entity, before, after, changes, row.operation, is_restored=before is None and row.revision > 1
    )
    return Event(
        new_id(),
        type_,
        row.at,
        entity,
        row.number,
        event.subject_of(entity, subject.name if entity == "tenant" else subject.uid),
        subject.label if entity == "task" else None,
        row.revision,
        row.actor,
        row.principal,
        None,
        row.dialect,
        row.operation,
        *_audiences(overlay, entity, before, after, changes),
    )


def _audiences(overlay: "Overlay", entity: str, before: Any, after: Any, changes: Changes) -> tuple[str, str | None]:
    """Who may see the entity now, and who might before where that is another audience."""
    now = audience_of(overlay, entity, after if after is not None else before, changes)
    if before is None or after is None or audience.DECIDES.get(entity, frozenset()).isdisjoint(changes):
        return now, None
    earlier = audience_of(overlay, entity, before, changes)
    return now, None if earlier == now else earlier


def audience_of(overlay: "Overlay", entity: str, subject: Any, changes: Changes) -> str:
    """Who may see this state of an entity."""
    if entity == "task":
        return audience.of_task(subject, _linked(overlay, subject))
    if entity == "case":
        return audience.of_case(subject)
    if entity == "contact":
        return audience.of_contact(subject)
    if entity == "stage":
        case = overlay.find(MAPPINGS["case"], subject.case)
        return EVERYBODY if case is None else audience.of_case(case)
    if entity == "user":
        return str(subject.uid)
    if entity == "group":  # what its roles give, its members are to hear of
        return f"group:{subject.uid}" if "roles" in changes else audience.ADMINISTRATORS
    return EVERYBODY if entity == "resource" else audience.ADMINISTRATORS


def _linked(overlay: "Overlay", task: Task) -> Linked:
    """What the task links and may hide it; the inbox counts as none."""
    if task.contact is None and task.entity is None:
        if task.case is None:
            return NOTHING
        home = overlay.group.home
        if home is None or task.case == home.inbox_case:
            return NOTHING
        return Linked(case=overlay.find(MAPPINGS["case"], task.case))
    home = overlay.group.home
    case = None if home is not None and task.case == home.inbox_case else task.case
    contacts, cases = MAPPINGS["contact"], MAPPINGS["case"]
    return Linked(
        None if task.contact is None else overlay.find(contacts, task.contact),
        None if case is None else overlay.find(cases, case),
        None if task.entity is None else overlay.find(cases, task.entity),
    )
