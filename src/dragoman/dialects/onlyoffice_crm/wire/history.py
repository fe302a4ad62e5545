"""Events in a history, and their categories (second page, E)."""

from typing import Any

from dragoman.dialects.onlyoffice_crm.views import EventView
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_contact
from dragoman.dialects.onlyoffice_crm.wire.dates import print_date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.dialects.onlyoffice_crm.wire.tasks import ICONS, render_entity
from dragoman.domain.note import NoteKind

FIRST = 1_000_001
"""The lowest id of a category here: task categories, which clients keep apart by their ids, count from 1."""

KINDS: dict[int, NoteKind] = dict(enumerate(NoteKind, start=FIRST))
IDS = {kind: number for number, kind in KINDS.items()}
TITLES = {NoteKind.NOTE: "Note", NoteKind.EMAIL: "Email", NoteKind.CALL: "Call", NoteKind.MEETING: "Meeting"}


def render_category(category: tuple[NoteKind, int], _: Persons) -> dict[str, Any]:
    """A category; the number of its events is left out when 0."""
    kind, count = category
    members: dict[str, Any] = {"relativeItemsCount": count} if count else {}
    return members | {
        "imagePath": f"{ICONS}event_category_{kind}.png",
        "title": TITLES[kind],
        "description": "",
        "color": "",
        "sortOrder": IDS[kind] - FIRST + 1,
        "id": IDS[kind],
    }


def render_event(seen: EventView, persons: Persons) -> dict[str, Any]:
    """An event. Its entity is printed also when there is none; its content is what was sent."""
    note = seen.note
    members: dict[str, Any] = {
        "createBy": persons.of(seen.creator),
        "created": print_date(note.created_at, zone_of(seen.zone)),
        "content": note.text,
        "category": render_category((note.kind, 0), persons),
    }
    if seen.contact is not None:
        members["contact"] = render_contact(seen.contact, persons)
    members["entity"] = None if seen.entity is None else render_entity(seen.entity)
    if seen.can_edit:
        members["canEdit"] = True
    return members | {"files": [], "id": note.number}
