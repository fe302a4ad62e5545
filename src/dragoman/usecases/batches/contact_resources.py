"""Contacts as objects of batches: found in sets, changed one by one."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import may_see_contact
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Expected
from dragoman.usecases.batches import keys
from dragoman.usecases.batches.resource_types import NOTHING, Create, Found, Patch, making
from dragoman.usecases.contacts import edits as contact_edits
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
