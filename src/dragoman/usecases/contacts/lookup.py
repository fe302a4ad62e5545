"""Contacts by reference or by condition. `lifecycle.get` checks the right to see one."""

from collections.abc import Iterable

from dragoman.command import Key, Lock
from dragoman.domain.contact import Contact
from dragoman.domain.limits import PAGE_BYTES
from dragoman.store.repositories.contacts import ContactFilter
from dragoman.usecases.uow import UnitOfWork

__all__ = ["ContactFilter", "find", "load", "load_page", "matching", "persons_of"]


def find(uow: UnitOfWork, ref: Key, lock: Lock = Lock.NONE) -> Contact | None:
    """The contact by number or uid, without a check of rights."""
    return uow.contacts.find(ref, lock)


def persons_of(uow: UnitOfWork, company: Contact, *, limit: int = 1_000) -> list[int]:
    """The numbers of the persons who belong to a company. The command must be exclusive."""
    return [person.number for person in uow.contacts.of_company(company.number, limit=limit)]


def load(uow: UnitOfWork, numbers: Iterable[int]) -> list[Contact]:
    """Those of the contacts that exist, loaded with one statement."""
    wanted = list(numbers)
    uow.contacts.load(wanted)
    return [contact for number in wanted if (contact := uow.contacts.find(number)) is not None]


def load_page(uow: UnitOfWork, numbers: Iterable[int]) -> list[Contact]:
    """As `load`, ended before the extensions exceed PAGE_BYTES."""
    return load(uow, uow.contacts.within_bytes(list(numbers), PAGE_BYTES))


def matching(uow: UnitOfWork, wanted: ContactFilter) -> list[int]:
    """The numbers of the contacts that match, the newest first."""
    return uow.contacts.matching(wanted)
