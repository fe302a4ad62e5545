"""Contacts as objects of batches: found in sets, changed one by one."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import may_edit_contact, may_see_contact, require_to
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Conflict, Expected
from dragoman.domain.restoring import Plan
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases.batches.types import keys
from dragoman.usecases.batches.types.resource_types import NOTHING, Create, Found, Patch, Undoing, making
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.contacts import identification
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork

KEYS = ("id",)


def find(uow: UnitOfWork, key: str, values: Sequence[str]) -> list[Found]:
    """For each id or number the contact, if the principal may see it. The contacts are loaded for change."""
    refs = [keys.ref(value) for value in values]
    uow.contacts.load(list({ref for ref in refs if ref is not None}), Lock.CHANGE)
    there = [None if ref is None else uow.contacts.find(ref, Lock.CHANGE) for ref in refs]
    return [
        NOTHING if contact is None or not may_see_contact(uow.principal, contact) else Found(1, contact.number)
        for contact in there
    ]


def sees(uow: UnitOfWork, there: Sequence[Contact]) -> list[bool]:
    """Which of these contacts the principal may see."""
    return [may_see_contact(uow.principal, contact) for contact in there]


def creating(uow: UnitOfWork, commands: Mapping[bytes, contact_edits.Create | Expected], count: int) -> Create:
    """Makes up to `count` contacts. Whether tasks name their numbers is asked once for all of them."""
    task_count = None if contacts.named_before(uow, count) else 0
    return making(commands, lambda part, command: contact_edits.create(part, command, task_count=task_count))


def changing(change: contact_edits.Change) -> Patch:
    """Makes this change to one contact after the other; its `contact` doesn't matter."""

    def apply(part: UnitOfWork, number: int) -> None:
        contact_edits.change(part, replace(change, contact=number))

    return apply


def remove(uow: UnitOfWork, number: int) -> None:
    """Delete a contact. Conflict while persons belong to it, or tasks link it."""
    contact_edits.remove(uow, contact_edits.Remove(number))


# Undo


def restore(uow: UnitOfWork, before: Contact, after: Contact, names: Sequence[str]) -> None:
    """Save a contact whose members have their old values again. Conflict where its company is gone."""
    require_to(may_edit_contact(uow.principal, before), uow.principal, "change this contact")
    if after.company != before.company:
        _must_have_company(uow, after)
        contacts.count_person(uow, before.company, -1)
        contacts.count_person(uow, after.company, 1)
    contacts.save(uow, before, after)


def adding(uow: UnitOfWork, deleted: Sequence[Contact]) -> Callable[[UnitOfWork, Contact], None]:
    """Stores deleted contacts again. Conflict where a company is gone."""
    numbers = [contact.number for contact in deleted]
    named = numbers if numbers and uow.tasks.count(TaskFilter(contacts=tuple(numbers))) else []
    counts = {number: uow.tasks.count(TaskFilter(contacts=(number,))) for number in named}
    if companies := {contact.company for contact in deleted if contact.company is not None}:
        uow.contacts.load(sorted(companies), Lock.CHANGE)

    def add(part: UnitOfWork, contact: Contact) -> None:
        require_to(may_edit_contact(part.principal, contact), part.principal, "bring this contact back")
        _must_have_company(part, contact)
        contacts.count_person(part, contact.company, 1)
        back = part.contacts.add(replace(contact, task_count=counts.get(contact.number, 0), person_count=0))
        identification.must_be_unique(part, None, back)

    return add


def _must_have_company(uow: UnitOfWork, contact: Contact) -> None:
    if contact.company is not None and uow.contacts.find(contact.company, Lock.CHANGE) is None:
        raise Conflict("bad_reference", "its company does not exist any more", field="company")


UNDOING = Undoing(Plan(), restore, adding)
