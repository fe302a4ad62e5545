"""Events in the history of contacts, opportunities and cases (second page, E): notes of the core."""

from datetime import datetime, time

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.kit import Reply, Request, any_of
from dragoman.dialects.onlyoffice_crm.handlers.references import user_of
from dragoman.dialects.onlyoffice_crm.handlers.task_content import ENTITY_TYPES
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.responses import listed
from dragoman.dialects.onlyoffice_crm.views import EventView, Gathering
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.wire.history import KINDS, render_event
from dragoman.dialects.onlyoffice_crm.wire.paging import Paging, in_order, matching, read_paging, words_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.domain.access import may_see_contact, require_scope
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment, from_datetime, to_datetime
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.errors import NotOffered
from dragoman.domain.note import LONGEST_NOTE, NoteKind
from dragoman.usecases import notes
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.uow import UnitOfWork

CONTACT_READ, CASE_READ = any_of("contact.read"), any_of("case.read")
CONTACT_WRITE, CASE_WRITE = any_of("contact.write"), any_of("case.write")
MOST_LOOKED_THROUGH = 10_000
MOST_USERS = 1_000
ORDERS = {"created": "created_at", "createby": "creator", "category": "kind", "content": "text"}
FILES = "This server stores no files; send the event without them."


class Categories(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Filter(msgspec.Struct, frozen=True):
    """Which events a client wants to see."""

    entity_type: str
    entity: int
    category: int
    creator: str | None
    from_date: Date | None
    to_date: Date | None
    paging: Paging

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """A page of events, and how many match in all."""

    items: list[EventView]
    matches: int
    paging: Paging


class Create(msgspec.Struct, frozen=True):
    """A new event."""

    kind: NoteKind
    content: str
    contact: int
    entity_type: str
    entity: int
    created: Date | None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Delete(msgspec.Struct, frozen=True):
    number: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_categories(request: Request) -> Categories:
    """GET crm/history/category."""
    gather(request)
    return Categories()


def categories(uow: UnitOfWork, command: Categories) -> list[tuple[NoteKind, int]]:
    """Each category, with the number of events in it that the principal may see."""
    counts = notes.count(uow)
    return [(kind, counts.get(kind, 0)) for kind in KINDS.values()]


def parse_filter(request: Request) -> Filter:
    """GET crm/history/filter. A kind without an id asks for all events of that kind."""
    parameters = gather(request)
    wanted = Filter(
        entity_type=(parameters.text("entityType") or "").lower(),
        entity=parameters.integer("entityId"),
        category=parameters.integer("categoryId"),
        creator=parameters.guid("createBy"),
        from_date=parameters.date("fromDate"),
        to_date=parameters.date("toDate"),
        paging=read_paging(parameters),
    )
    known = ("contact", *ENTITY_TYPES)
    if wanted.entity_type not in known and (wanted.entity_type or wanted.entity):
        raise bad_argument("entityType", "none of contact, opportunity, case")
    return wanted


def run_filter(uow: UnitOfWork, command: Filter) -> Found:
    """The events that match and that the principal may see, the newest first by default."""
    paging = command.paging
    order = ORDERS.get(paging.sort_by)
    descending = paging.is_descending if order is not None else True
    numbers = notes.matching(uow, _conditions(uow, command), order or "created_at", descending=descending)
    if paging.sort_by and order is None:
        return _on_members(uow, numbers, paging)
    return Found(_seen(uow, numbers[paging.start : paging.end]), len(numbers), paging)


def render_filter(options: Options, found: Found, request: Request) -> Reply:
    """As the framework pages any array: a total only for one that is longer than a page."""
    persons, paging = Persons(request.base_url), found.paging
    items = [render_event(seen, persons) for seen in found.items]
    total = found.matches if found.matches > paging.count else None
    members = listed(options, 200, items, paging, found.matches, total)
    return envelope.reply(request, options.default_format, members)


def _conditions(uow: UnitOfWork, command: Filter) -> notes.NoteFilter:
    zone = zone_of(uow.home.zone)
    user = None if command.creator is None else user_of(uow, command.creator)
    is_contact = command.entity_type == "contact"
    of_contacts, of_cases = _may_read(uow, command)
    entity = _entity(uow, command) if command.entity else None
    return notes.NoteFilter(
        contacts=_with_persons(uow, entity) if isinstance(entity, Contact) else (),
        case=entity.number if isinstance(entity, Case) else None,
        on_contacts=is_contact,
        on_cases=ENTITY_TYPES.get(command.entity_type),
        without_contacts=not of_contacts,
        without_cases=not of_cases,
        kind=KINDS.get(command.category),
        of_no_kind=command.category > 0 and command.category not in KINDS,
        creator=command.creator if user is None else user.uid,
        since=None if command.from_date is None else command.from_date.at(zone),
        until=None if command.to_date is None else _end_of_day(command.to_date.at(zone), uow.home.zone),
        words=words_of(command.paging.filter_value.partition(",")[0]),
        visible_to=uow.principal,
    )


def _may_read(uow: UnitOfWork, command: Filter) -> tuple[bool, bool]:
    """Whether the principal's scopes reach events of contacts, and of cases. Forbidden where the wanted kind is out of
    reach."""
    if command.entity_type:
        require_scope(uow.principal, CONTACT_READ if command.entity_type == "contact" else CASE_READ)
    return uow.principal.has_scope(CONTACT_READ), uow.principal.has_scope(CASE_READ)


def _entity(uow: UnitOfWork, command: Filter) -> Contact | Case:
    if command.entity_type == "contact":
        return contacts.get(uow, command.entity)
    return crm_cases.get(uow, command.entity, ENTITY_TYPES[command.entity_type])


def _with_persons(uow: UnitOfWork, contact: Contact) -> tuple[int, ...]:
    if contact.kind is not ContactKind.COMPANY:
        return (contact.number,)
    return contact.number, *contact_lookup.persons_of(uow, contact)


def _end_of_day(at: Moment, zone: str) -> Moment:
    """The last moment of that day in the portal's zone; of the last day that there is, the moment itself."""
    try:
        day = to_datetime(at).astimezone(zone_of(zone))
        return from_datetime(datetime.combine(day.date(), time.max, day.tzinfo))
    except OverflowError:
        return at


def _on_members(uow: UnitOfWork, numbers: list[int], paging: Paging) -> Found:
    """The vendor's way with any other `sortBy`: all that match are sorted on a member. Invalid for too many."""
    if len(numbers) > MOST_LOOKED_THROUGH:
        raise bad_argument("sortBy", f"sorts on a member, which more than {MOST_LOOKED_THROUGH} are too many for")
    by_number = {seen.note.number: seen for seen in _seen(uow, numbers)}
    items = [render_event(seen, Persons("")) for seen in by_number.values()]
    chosen = in_order(matching(items, paging), paging)
    return Found([by_number[item["id"]] for item in chosen[paging.start : paging.end]], len(chosen), paging)


def _seen(uow: UnitOfWork, numbers: list[int]) -> list[EventView]:
    gathering = Gathering(uow, 0)
    return [gathering.event(note) for note in notes.load(uow, numbers)]


def parse_create(request: Request) -> Create:
    """POST crm/history. Messages to users aren't sent; their ids must be readable."""
    parameters = gather(request)
    entity_type, entity = (parameters.text("entityType") or "").lower(), parameters.integer("entityId")
    contact, content = parameters.integer("contactId"), parameters.text("content") or ""
    category, created = parameters.integer("categoryId"), parameters.date("created")
    files = parameters.integers("fileId")
    if len(parameters.guids("notifyUserList")) > MOST_USERS:
        raise bad_argument("notifyUserList", f"more than {MOST_USERS}")
    if entity_type not in ENTITY_TYPES and (entity_type or entity > 0):
        raise bad_argument("entityType", "neither opportunity nor case")
    if contact <= 0 and (not entity_type or entity <= 0):
        raise bad_argument("contactId", "required")
    if category not in KINDS:
        raise bad_argument("categoryId", "unknown" if category else "required")
    if len(content) > LONGEST_NOTE:
        raise bad_argument("content", f"longer than {LONGEST_NOTE} characters")
    if any(files):
        raise NotOffered("not_offered", FILES, reason=FILES)
    return Create(KINDS[category], content, max(contact, 0), entity_type, max(entity, 0), created)


def create(uow: UnitOfWork, command: Create) -> EventView:
    """The new event. Invalid for a contact, opportunity or case that is unknown or hidden (second page, J)."""
    _require_scopes(uow, bool(command.contact), bool(command.entity_type and command.entity))
    contact = case = None
    if command.contact:
        contact = contact_lookup.find(uow, command.contact, Lock.CHANGE)
        if contact is None or not may_see_contact(uow.principal, contact):
            raise bad_argument("contactId", "unknown")
    if command.entity_type and command.entity:
        case = _case(uow, ENTITY_TYPES[command.entity_type], command.entity)
    created_at = None if command.created is None else command.created.at(zone_of(uow.home.zone))
    note = notes.add(uow, command.kind, command.content, contact=contact, case=case, created_at=created_at)
    return Gathering(uow, 0).event(note)


def _require_scopes(uow: UnitOfWork, on_contact: bool, on_case: bool) -> None:
    """Forbidden unless the scopes let the principal write to all that an event belongs to."""
    if on_contact:
        require_scope(uow.principal, CONTACT_WRITE)
    if on_case:
        require_scope(uow.principal, CASE_WRITE)


def _case(uow: UnitOfWork, kind: CaseKind, number: int) -> Case:
    case = crm_cases.find_target(uow, (kind, number))
    if case is None:
        raise bad_argument("entityId", "unknown")
    return case


def parse_delete(request: Request) -> Delete:
    """DELETE crm/history/{id}."""
    number = gather(request).integer("id")
    if number <= 0:
        raise bad_argument("id", "required")
    return Delete(number)


def delete(uow: UnitOfWork, command: Delete) -> EventView:
    """The event as it was. Forbidden for others than its author and administrators."""
    note = notes.find(uow, command.number, Lock.CHANGE)
    if note is None:
        raise not_found()
    _require_scopes(uow, note.contact is not None, note.case is not None)
    seen = Gathering(uow, 0).event(note)
    notes.remove(uow, note)
    return seen
