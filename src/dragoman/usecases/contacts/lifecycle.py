"""Contacts: creating and deleting persons and companies. A company counts its persons."""

from typing import Any

from msgspec.structs import replace

from dragoman.command import Key, Lock
from dragoman.domain.access import may_edit_contact, may_see_contact, require_to
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.errors import Conflict, NotFound
from dragoman.store.repositories.contacts import ContactFilter
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases import purge as removal
from dragoman.usecases.contacts import identification
from dragoman.usecases.uow import UnitOfWork

__all__ = ["ContactFilter", "add", "company", "count_person", "get", "named_before", "remove", "save", "set_company"]

MOST_PERSONS = 1_000
"""Maximum persons of a company that can be deleted."""


def add(uow: UnitOfWork, kind: ContactKind, *, task_count: int | None = None, **fields: Any) -> Contact:
    """Create a contact; the principal is its creator.

    Tasks that referred to this number before the contact existed are counted, for which the command must be exclusive,
    unless `task_count` is known (see `named_before`). Conflict `unique_violation`, see `save`.
    """
    number = uow.numbers.draw("contact")
    if task_count is None:
        task_count = uow.tasks.count(TaskFilter(contacts=(number,)))
    contact = uow.contacts.add(
        Contact(
            tenant=uow.tenant,
            number=number,
            uid=uow.new_id(),
            kind=kind,
            task_count=task_count,
            creator=uow.principal.user,
            created_at=uow.now,
            modified_at=uow.now,
            **fields,
        )
    )
    identification.must_be_unique(uow, None, contact)
    if contact.company is not None:
        count_person(uow, contact.company, 1)
    return contact


def save(uow: UnitOfWork, before: Contact, after: Contact) -> Contact:
    """Save what a user changed in a contact. Conflict `unique_violation` where an identification key forbids it."""
    identification.must_be_unique(uow, before, after)
    return uow.contacts.save(after)


def named_before(uow: UnitOfWork, count: int) -> int:
    """How many tasks name one of the next `count` numbers. The command must be exclusive."""
    first = uow.numbers.last("contact") + 1
    return uow.tasks.count(TaskFilter(contacts=tuple(range(first, first + count))))


def get(uow: UnitOfWork, ref: Key, lock: Lock = Lock.NONE) -> Contact:
    """The contact by number or uid. NotFound when there is none that the principal may see."""
    contact = uow.contacts.find(ref, lock)
    if contact is None or not may_see_contact(uow.principal, contact):
        raise uow.contacts.missing(ref)
    return contact


def company(uow: UnitOfWork, number: int) -> Contact:
    """The company of this number. NotFound for a person."""
    found = get(uow, number, Lock.CHANGE)
    if found.kind is not ContactKind.COMPANY:
        raise NotFound("company_not_found", f"The contact {number} is no company.", id=number)
    return found


def set_company(uow: UnitOfWork, number: int, company: int) -> Contact:
    """Set the company of a person. NotFound for a company in place of the person.

    The command locks both for change.
    """
    person = get(uow, number, Lock.CHANGE)
    if person.kind is not ContactKind.PERSON:
        raise NotFound("person_not_found", f"The contact {number} is no person.", id=number)
    require_to(may_edit_contact(uow.principal, person), uow.principal, "change this contact")
    if person.company == company:
        return person
    if person.company is not None:
        count_person(uow, person.company, -1)
    count_person(uow, company, 1)
    return uow.contacts.save(replace(person, company=company))


def count_person(uow: UnitOfWork, company: int | None, count: int) -> None:
    """Add to a company's count of persons, if the company exists."""
    known = None if company is None else uow.contacts.find(company, Lock.CHANGE)
    if known is not None:
        uow.contacts.save(replace(known, person_count=known.person_count + count))


def remove(uow: UnitOfWork, contact: Contact) -> None:
    """Delete a contact and its tasks. The persons of a company stay, without a company. The command must be exclusive.

    Forbidden unless the principal may change it. Conflict for a batch's task, or beyond MOST_PERSONS.
    """
    require_to(may_edit_contact(uow.principal, contact), uow.principal, "delete this contact")
    removal.remove_tasks(uow, contact=contact.number)
    persons = uow.contacts.of_company(contact.number, Lock.CHANGE, limit=MOST_PERSONS + 1)
    if len(persons) > MOST_PERSONS:
        raise Conflict("too_many_persons", f"More than {MOST_PERSONS} persons belong to this company.")
    for person in persons:
        uow.contacts.save(replace(person, company=None))
    count_person(uow, contact.company, -1)
    present = uow.contacts.find(contact.number, Lock.CHANGE)
    if present is not None:
        uow.contacts.remove(present)
