"""The contacts that take part in an opportunity beside its own (second page, C.2)."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.views import ContactView, Gathering
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.access import may_see_contact
from dragoman.domain.case import Case, CaseKind
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.contacts import lookup as contact_lookup
from dragoman.usecases.uow import UnitOfWork

MOST = 1_000


class Member(msgspec.Struct, frozen=True):
    """An opportunity, and one contact (0: all of them)."""

    number: int
    contact: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # whether the tasks of a contact are late is found by a condition


def parse_list(request: Request) -> Member:
    """GET crm/opportunity/{id}/contact."""
    return Member(_positive(gather(request).integer("id"), "id"))


def parse_one(request: Request) -> Member:
    """POST and DELETE crm/opportunity/{id}/contact/{contactid}."""
    parameters = gather(request)
    number, contact = parameters.integer("id"), parameters.integer("contactid")
    return Member(_positive(number, "id"), _positive(contact, "contactid"))


def list_all(uow: UnitOfWork, command: Member) -> list[ContactView]:
    """The members that the principal may see."""
    case = crm_cases.get(uow, command.number, CaseKind.OPPORTUNITY)
    members = contact_lookup.load(uow, case.members)
    return Gathering(uow, 0).whole_contacts([each for each in members if may_see_contact(uow.principal, each)])


def add(uow: UnitOfWork, command: Member) -> ContactView:
    """The contact, a member from now on."""
    case, seen = _found(uow, command)
    if command.contact not in case.members:
        if len(case.members) >= MOST:
            raise bad_argument("contactid", f"more than {MOST}")
        cases.save(uow, replace(case, members=(*case.members, command.contact)))
    return seen


def remove(uow: UnitOfWork, command: Member) -> ContactView:
    """The contact, no member from now on."""
    case, seen = _found(uow, command)
    if command.contact in case.members:
        cases.save(uow, replace(case, members=tuple(each for each in case.members if each != command.contact)))
    return seen


def _found(uow: UnitOfWork, command: Member) -> tuple[Case, ContactView]:
    """NotFound for either that the principal may not see; Forbidden without the right to edit the opportunity."""
    case = crm_cases.get(uow, command.number, CaseKind.OPPORTUNITY, Lock.CHANGE)
    contact = contacts.get(uow, command.contact)
    crm_cases.require_edit(uow, case)
    return case, Gathering(uow, 0).whole_contacts([contact])[0]


def _positive(number: int, name: str) -> int:
    if number <= 0:
        raise bad_argument(name, "required")
    return number
