"""Contacts as pages show them: the newest ones, and one with its journey and the names that stand in it."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import may_edit_contact
from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.text import folded
from dragoman.store.repositories.contacts import ContactFilter
from dragoman.usecases.contacts import journeys
from dragoman.usecases.contacts.journeys import Journey, Page
from dragoman.usecases.identity import called
from dragoman.usecases.uow import UnitOfWork

MOST_CASES = 50


class LookAtAll(msgspec.Struct, frozen=True):
    """Contacts whose names or address have these words, the newest first, behind a number; with the newest cases."""

    text: str = ""
    limit: int = 50
    before: int | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Looked(msgspec.Struct, frozen=True):
    """A page of contacts, and the number behind which the next one begins; None on the last. Cases stand on the first
    page."""

    contacts: list[Contact]
    before: int | None
    cases: list[Case]


def look_at_all(uow: UnitOfWork, command: LookAtAll) -> Looked:
    """What the principal may see."""
    words = tuple(folded(command.text).split())
    if words:
        wanted = ContactFilter(words=words, visible_to=uow.principal)
        numbers = [each for each in uow.contacts.matching(wanted) if command.before is None or each < command.before]
    else:
        numbers = uow.contacts.newest(command.limit + 1, command.before, uow.principal)
    found = uow.contacts.of_numbers(numbers[: command.limit])
    before = numbers[command.limit - 1] if len(numbers) > command.limit else None
    cases = [] if command.before is not None else uow.cases.newest(MOST_CASES, words, uow.principal)
    return Looked(found, before, cases)


class OneContact(msgspec.Struct, frozen=True):
    """One contact with a page of its journey. `names` of users by uid, `categories` by number."""

    page: Page
    company: Contact | None
    names: dict[str, str]
    categories: dict[int, str]
    may_edit: bool


def look(uow: UnitOfWork, command: Journey) -> OneContact:
    """NotFound for a contact that the principal may not see."""
    page = journeys.journey(uow, command)
    contact = page.contact
    company = None if contact.company is None else uow.contacts.find(contact.company)
    if company is not None and company.is_private and not may_edit_contact(uow.principal, company):
        company = None
    changes = [item.changes for item in page.items]
    uids = {contact.creator, *contact.shared_with, *called.in_changes(changes)}
    titles = called.categories(uow, changes)
    return OneContact(page, company, called.names(uow, uids), titles, may_edit_contact(uow.principal, contact))
