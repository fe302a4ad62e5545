"""Taking back what a dialect has of a contact. What others know stays: the contact itself where another dialect made,
changed or refers to it."""

from msgspec.structs import replace

from dragoman.domain.contact import Contact, key_from
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork


def forget(uow: UnitOfWork, contact: Contact) -> None:
    """Delete a contact that this dialect alone wrote and nothing refers to.

    Another one loses its attributes and extensions, and clients that number customers know it by another key from now
    on. The command must be exclusive.
    """
    contact = uow.contacts.get(contact.number)  # as it is now, without the tasks of its cases
    if _is_only_here(uow, contact):
        contacts.remove(uow, contact)
        return
    key = key_from(f"{contact.uid} {contact.customer_key}")
    uow.contacts.save(replace(contact, attributes={}, extensions={}, given_key=key))


def _is_only_here(uow: UnitOfWork, contact: Contact) -> bool:
    if contact.task_count or contact.person_count or uow.cases.concerns(contact.number):
        return False
    return uow.history.is_of(uow.dialect, "contact", contact.number)
