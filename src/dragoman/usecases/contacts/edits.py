"""Commands of the native API on one contact: create, read, list, change, delete."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock, Ref
from dragoman.domain.access import may_edit_contact, may_see_contact, require_admin, require_to
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.extension import Owner
from dragoman.domain.limits import PAGE_BYTES
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import identification_keys, preconditions
from dragoman.usecases import purge as removal
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.preconditions import OutOfRange, Revisions
from dragoman.usecases.uow import UnitOfWork


class Create(msgspec.Struct, frozen=True):
    """Create a contact. `company` is the company of a person; `extensions` are name to JSON text."""

    kind: ContactKind
    fields: Mapping[str, Any] = {}
    company: Ref | None = None
    extensions: Mapping[str, str] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def create(uow: UnitOfWork, command: Create, *, task_count: int | None = None) -> Contact:
    """The new contact; the principal is its creator. Invalid for an unknown company, and for a person as company.

    `task_count`: as for `contacts.add`.
    """
    company = _company(uow, command.kind, command.company)
    _check_shared(uow, command.fields, ())
    contact = contacts.add(uow, command.kind, company=company, task_count=task_count, **command.fields)
    if not command.extensions:
        return contact
    return contacts.save(uow, contact, extensions.patch_extensions(uow, contact, command.extensions))


class Get(msgspec.Struct, frozen=True):
    contact: Ref

    def keys(self) -> Keys:
        return Keys().also("contact", [self.contact], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Contact:
    """NotFound when there is none that the principal may see."""
    return contacts.get(uow, command.contact)


class List(msgspec.Struct, frozen=True):
    """Contacts by number, from the one after `after`."""

    limit: int
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_page(uow: UnitOfWork, command: List) -> tuple[list[Contact], int | None]:
    """The contacts that the principal may see, and the `after` of the next page.

    A page ends early, before its extensions exceed PAGE_BYTES.
    """
    found, is_cut = uow.contacts.bounded_page(
        limit=command.limit + 1, after=command.after, visible_to=uow.principal, max_bytes=PAGE_BYTES
    )
    page = found[: command.limit]
    return page, page[-1].number if is_cut or len(found) > len(page) else None


class Change(msgspec.Struct, frozen=True):
    """Change the given fields. `extensions` are merged; None removes one."""

    contact: Ref
    fields: Mapping[str, Any] = {}
    company: Ref | UnsetType | None = UNSET
    extensions: Mapping[str, str | None] = {}
    revisions: Revisions | None = None
    out_of_range: OutOfRange | None = None

    def keys(self) -> Keys:
        named = Keys(contacts={key for key in (self.contact, self.company) if isinstance(key, int | str)})
        return extensions.announce(identification_keys.announce(named), Owner.CONTACT, self.extensions)


def change(uow: UnitOfWork, command: Change) -> Contact:
    """The changed contact. StaleVersion, see `preconditions`."""
    contact = contacts.get(uow, command.contact)
    require_to(may_edit_contact(uow.principal, contact), uow.principal, "change this contact")
    preconditions.must_be_unchanged(contact, command.out_of_range)
    fields = dict(command.fields)
    _check_shared(uow, fields, contact.shared_with)
    if command.company is not UNSET and command.company != contact.company:
        fields["company"] = _company(uow, contact.kind, command.company)
    preconditions.check(uow, "contact", contact, command.revisions, _written(fields, command.extensions))
    after = extensions.patch_extensions(uow, replace(contact, **fields), command.extensions)
    if after.company != contact.company:
        contacts.count_person(uow, contact.company, -1)
        contacts.count_person(uow, after.company, 1)
    return contact if after == contact else contacts.save(uow, contact, after)


def _written(fields: Mapping[str, Any], extensions_: Mapping[str, object]) -> frozenset[str]:
    return frozenset((*fields, *(f"extensions.{name}" for name in extensions_)))


class Remove(msgspec.Struct, frozen=True):
    """Delete a contact. With `with_tasks` an administrator deletes its tasks too."""

    contact: Ref
    with_tasks: bool = False
    revisions: Revisions | None = None

    def keys(self) -> Keys | Exclusive:
        return EXCLUSIVE if self.with_tasks else Keys(contacts={self.contact})


def remove(uow: UnitOfWork, command: Remove) -> Contact:
    """Return the contact before its deletion. Conflict for a company with persons, and for linked tasks without
    `with_tasks`."""
    contact = contacts.get(uow, command.contact)
    require_to(may_edit_contact(uow.principal, contact), uow.principal, "delete this contact")
    preconditions.check(uow, "contact", contact, command.revisions)
    if contact.person_count:
        raise Conflict("contact_in_use", f"{contact.person_count} persons belong to this company.")
    if command.with_tasks:
        require_admin(uow.principal)
        removal.remove_tasks(uow, contact=contact.number)
    elif contact.task_count:
        message = f"{contact.task_count} tasks link the contact; unlink them first, or delete the contact with them."
        raise Conflict("contact_in_use", message)
    contacts.count_person(uow, contact.company, -1)
    uow.contacts.remove(uow.contacts.get(contact.number))
    return contact


def _check_shared(uow: UnitOfWork, fields: Mapping[str, Any], present: tuple[str, ...]) -> None:
    """Invalid for a new name that matches no user, or a disabled one."""
    for uid in fields.get("shared_with", ()):
        user = uow.users.find(uid)
        if uid not in present and (user is None or user.disabled_at is not None):
            why = persons.UNKNOWN if user is None else persons.DISABLED
            problem = Problem("/shared_with", "not_found" if user is None else "not_assignable", f"{uid} {why}")
            raise Invalid("bad_reference", f"shared_with: {problem.message}.", (problem,), status=409)


def _company(uow: UnitOfWork, kind: ContactKind, key: Ref | None) -> int | None:
    if key is None:
        return None
    if kind is ContactKind.COMPANY:
        raise _bad_company("is for persons; this is a company")
    company = uow.contacts.find(key, Lock.CHANGE)
    if company is None or not may_see_contact(uow.principal, company):
        raise _bad_company("does not exist")
    if company.kind is not ContactKind.COMPANY:
        raise _bad_company("names a person")
    return company.number


def _bad_company(why: str) -> Invalid:
    return Invalid("bad_reference", f"company {why}.", (Problem("/company", "bad_reference", why),), status=409)
