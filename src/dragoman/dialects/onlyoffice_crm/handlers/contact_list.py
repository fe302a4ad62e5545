"""Contacts that are there already: reading, deleting and listing them (page, 13)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.responses import listed
from dragoman.dialects.onlyoffice_crm.views import ContactView, Gathering
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_whole_contact
from dragoman.dialects.onlyoffice_crm.wire.paging import Paging, read_paging, words_of
from dragoman.dialects.onlyoffice_crm.wire.parameters import NOBODY, gather
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.domain.contact import ContactKind
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.uow import UnitOfWork

VIEWS = {"all": 0, "company": 1, "person": 2, "withopportunity": 3}
KINDS = {1: ContactKind.COMPANY, 2: ContactKind.PERSON}
WITH_OPPORTUNITY = 3
NARROWING = ("tags", "contactStage", "contactType", "fromDate", "toDate", "isShared", "responsibleid")
"""Parameters of the vendor for what contacts here haven't got: who asks for any of it gets no contact (second page,
C.3)."""

NO_VALUES = frozenset({"", "0", "-1", "false", NOBODY})


class One(msgspec.Struct, frozen=True):
    """One contact that shall be read or deleted."""

    number: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # whether its tasks are late is found by a condition, and so are the tasks themselves


def parse_one(request: Request) -> One:
    """A path with a contact's id. Invalid when it is 0."""
    number = gather(request).integer("contactid")
    if number == 0:
        raise bad_argument("contactid", "required")
    return One(number)


def get(uow: UnitOfWork, command: One) -> ContactView:
    """The contact. NotFound also for one that the principal may not see."""
    return Gathering(uow, 0).whole_contacts([contacts.get(uow, command.number)])[0]


def delete(uow: UnitOfWork, command: One) -> ContactView:
    """The contact as it was. Its tasks go with it."""
    contact = contacts.get(uow, command.number, Lock.CHANGE)
    seen = Gathering(uow, 0).whole_contacts([contact])[0]
    contacts.remove(uow, contact)
    return seen


class Filter(msgspec.Struct, frozen=True):
    """Which contacts a client wants to see."""

    view: int
    is_narrowed: bool
    paging: Paging

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Found(msgspec.Struct, frozen=True):
    """A page of contacts, and how many match in all."""

    items: list[ContactView]
    matches: int
    paging: Paging


def parse_filter(request: Request) -> Filter:
    """GET crm/contact/filter."""
    parameters = gather(request)
    view = parameters.choice("contactListView", VIEWS)
    is_narrowed = any(text.lower() not in NO_VALUES for name in NARROWING for text in parameters.values(name))
    return Filter(view, is_narrowed, read_paging(parameters))


def run_filter(uow: UnitOfWork, command: Filter) -> Found:
    """The contacts that match and that the principal may see, the newest first."""
    wanted = contacts.ContactFilter(
        kind=KINDS.get(command.view),
        has_opportunity=command.view == WITH_OPPORTUNITY,
        words=words_of(command.paging.filter_value),
        visible_to=uow.principal,
    )
    numbers = [] if command.is_narrowed else contact_lookup.matching(uow, wanted)
    page = numbers[command.paging.start : command.paging.end]
    found = contact_lookup.load_page(uow, page)
    contact_lookup.load(uow, sorted({contact.company for contact in found if contact.company is not None}))
    return Found(Gathering(uow, 0).whole_contacts(found), len(numbers), command.paging)


def render_filter(options: Options, found: Found, request: Request) -> Reply:
    persons = Persons(request.base_url)
    items = [render_whole_contact(seen, persons) for seen in found.items]
    members = listed(options, 200, items, found.paging, found.matches, found.matches)
    return envelope.reply(request, options.default_format, members)
