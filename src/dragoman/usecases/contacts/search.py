"""Contacts by their values and by the key of a customer. For readers and exclusive commands."""

from collections.abc import Iterator, Sequence

from dragoman.command import Lock
from dragoman.domain.access import Principal, may_see_contact
from dragoman.domain.contact import Contact
from dragoman.domain.contact_values import KEY, Condition, matches
from dragoman.domain.errors import TooLarge
from dragoman.domain.limits import LIST_BYTES
from dragoman.usecases.uow import UnitOfWork

__all__ = ["Condition", "by_key", "find", "having"]

SLICE = 250
MOST_CONTACTS = 100_000


def find(uow: UnitOfWork, conditions: Sequence[Condition]) -> list[Contact]:
    """The contacts that fulfil all conditions and that the principal may see, in order of creation.

    TooLarge beyond 100,000 contacts, and beyond LIST_BYTES of attributes and extensions.
    """
    found, left = [], LIST_BYTES
    for contact in having(uow, conditions, visible_to=uow.principal):
        found.append(contact)
        left -= _size_of(contact)
        if left < 0:
            raise TooLarge("list_too_large", f"the list has more than {LIST_BYTES} bytes", limit=LIST_BYTES)
        if len(found) > MOST_CONTACTS:
            raise TooLarge("list_too_long", f"the list has more than {MOST_CONTACTS} contacts", limit=MOST_CONTACTS)
    return found


def having(
    uow: UnitOfWork, conditions: Sequence[Condition], *, visible_to: Principal | None = None
) -> Iterator[Contact]:
    """The contacts that fulfil all conditions, by number, read in slices."""
    after = 0
    while True:
        numbers = uow.contact_values.having(conditions, after=after, limit=SLICE, visible_to=visible_to)
        for contact in uow.contacts.of_numbers(numbers):
            if matches(contact, conditions):
                yield contact
        if len(numbers) < SLICE:
            return
        after = numbers[-1]


def by_key(uow: UnitOfWork, key: str, lock: Lock = Lock.NONE) -> Contact | None:
    """The contact that clients know by this key, without regard to case, if the principal may see it."""
    for known in having(uow, [Condition(KEY, (key,))]):
        contact = uow.contacts.find(known.number, lock)
        if contact is not None and may_see_contact(uow.principal, contact):
            return contact
    return None


def _size_of(contact: Contact) -> int:
    """About how many bytes the texts of a contact have."""
    attributes = sum(len(value) for values in contact.attributes.values() for value in values)
    return 1_000 + attributes + sum(len(extension.value) for extension in contact.extensions.values())
