"""Making persons and companies (page, 13)."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.handlers.references import choice_of
from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.views import ContactView, Gathering, Sharing
from dragoman.dialects.onlyoffice_crm.wire.parameters import Parameters, gather
from dragoman.domain.contact import ContactKind
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork

LONGEST_NAME = 255
MOST_NAMED = 1_000
SHARE_TYPES = {member.name.lower().replace("_", ""): int(member) for member in Sharing}


class Access(msgspec.Struct, frozen=True):
    """Who may see a contact beside its creator: no user, unless it is shared or managers are named."""

    share_type: int
    managers: tuple[str, ...]

    def fields(self, uow: UnitOfWork) -> dict[str, Any]:
        """As the contact keeps it: names that match no user as they were sent. Invalid for a disabled user."""
        users = {guid: choice_of(uow, guid, "managerList") for guid in self.managers}
        facts: dict[str, Any] = {"share_type": self.share_type} if self.share_type == Sharing.READ else {}
        if unmatched := [guid for guid, user in users.items() if user is None]:
            facts["managers"] = unmatched
        shared_with = tuple(dict.fromkeys(user.uid for user in users.values() if user is not None))
        extras = {NAME: facts} if facts else {}
        return {"is_private": self.share_type == Sharing.NONE, "shared_with": shared_with, "extras": extras}


class Person(msgspec.Struct, frozen=True):
    first_name: str
    last_name: str
    job_title: str | None
    company: int
    about: str | None
    access: Access

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Company(msgspec.Struct, frozen=True):
    """A new company, and the persons who belong to it from now on."""

    name: str
    about: str | None
    persons: tuple[int, ...]
    access: Access

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_person(request: Request) -> Person:
    """POST crm/contact/person. A missing last name is an empty one (page, 17)."""
    parameters = gather(request)
    first, last = parameters.text("firstName"), parameters.text("lastName") or ""
    title, company = parameters.text("jobTitle"), parameters.integer("companyId")
    about, access = parameters.text("about"), _read_access(parameters)
    checked = _required(first, "firstName")
    return Person(checked, _bounded(last, "lastName"), _bounded_or_none(title, "jobTitle"), company, about, access)


def parse_company(request: Request) -> Company:
    """POST crm/contact/company."""
    parameters = gather(request)
    name, about = parameters.text("companyName"), parameters.text("about")
    persons = parameters.integers("personList")
    access = _read_access(parameters)
    if len(persons) > MOST_NAMED:
        raise bad_argument("personList", f"more than {MOST_NAMED}")
    return Company(_required(name, "companyName"), about, tuple(dict.fromkeys(persons)), access)


def add_person(uow: UnitOfWork, command: Person) -> ContactView:
    """NotFound for a company that isn't there."""
    company = contacts.company(uow, command.company) if command.company > 0 else None
    person = contacts.add(
        uow,
        ContactKind.PERSON,
        first_name=command.first_name,
        last_name=command.last_name,
        job_title=command.job_title,
        company=None if company is None else company.number,
        about=command.about,
        **command.access.fields(uow),
    )
    return Gathering(uow, 0).whole_contact(person)


def add_company(uow: UnitOfWork, command: Company) -> ContactView:
    """NotFound for a person who isn't there."""
    company = contacts.add(
        uow, ContactKind.COMPANY, company_name=command.name, about=command.about, **command.access.fields(uow)
    )
    for number in command.persons:
        contacts.set_company(uow, number, company.number)
    return Gathering(uow, 0).whole_contact(contacts.get(uow, company.number, Lock.CHANGE))


def _read_access(parameters: Parameters) -> Access:
    share_type = parameters.choice("shareType", SHARE_TYPES)
    managers = tuple(dict.fromkeys(parameters.guids("managerList")))
    if len(managers) > MOST_NAMED:
        raise bad_argument("managerList", f"more than {MOST_NAMED}")
    return Access(share_type, managers)


def _required(text: str | None, parameter: str) -> str:
    if not text:
        raise bad_argument(parameter, "required")
    return _bounded(text, parameter)


def _bounded_or_none(text: str | None, parameter: str) -> str | None:
    return None if text is None else _bounded(text, parameter)


def _bounded(text: str, parameter: str) -> str:
    if len(text) > LONGEST_NAME:
        raise bad_argument(parameter, f"longer than {LONGEST_NAME} characters")
    return text
