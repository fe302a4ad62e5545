"""Commands of the native API on one case: create, read, list, change, delete."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock, Ref
from dragoman.domain.access import may_see_contact, require_admin
from dragoman.domain.case import Case, CaseKind, Stage
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.extension import Owner
from dragoman.domain.limits import PAGE_BYTES
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import preconditions
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.preconditions import OutOfRange, Revisions
from dragoman.usecases.uow import UnitOfWork


class Create(msgspec.Struct, frozen=True):
    """Create a case. `contact` is a number or uid, `assignee` a uid or login; `extensions` are name to JSON text."""

    kind: CaseKind
    fields: Mapping[str, Any] = {}
    contact: Ref | None = None
    assignee: str | None = None
    extensions: Mapping[str, str] = {}

    def keys(self) -> Keys | Exclusive:
        named = Keys(numbers={"case"})
        return _keys(named, self.contact, self.assignee, self.extensions)


def create(uow: UnitOfWork, command: Create) -> Case:
    """The new case; the principal is its creator. Invalid for an `expires_at` in the past."""
    _check_time(uow, command.fields)
    contact = None if command.contact is None else _contact(uow, command.contact)
    assignee = None if command.assignee is None else persons.assignable(uow, command.assignee)
    case = cases.add(uow, command.kind, contact=contact, assignee=assignee, **command.fields)
    if not command.extensions:
        return case
    return uow.cases.save(extensions.patch_extensions(uow, case, command.extensions))


class Get(msgspec.Struct, frozen=True):
    case: Ref

    def keys(self) -> Keys:
        return Keys().also("case", [self.case], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Case:
    """NotFound when there is none that the principal may see."""
    return cases.get(uow, command.case)


class Stages(msgspec.Struct, frozen=True):
    case: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def stages(uow: UnitOfWork, command: Stages) -> list[Stage]:
    """The stages by number, completed ones too."""
    return uow.stages.of_case(get(uow, Get(command.case)).number)


class List(msgspec.Struct, frozen=True):
    """Cases by number, from the one after `after`."""

    limit: int
    after: int = 0
    kind: CaseKind | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_page(uow: UnitOfWork, command: List) -> tuple[list[Case], int | None]:
    """The cases that the principal may see, and the `after` of the next page.

    A page ends early, before its extensions exceed PAGE_BYTES.
    """
    found, is_cut = uow.cases.bounded_page(
        limit=command.limit + 1, after=command.after, kind=command.kind, visible_to=uow.principal, max_bytes=PAGE_BYTES
    )
    page = found[: command.limit]
    return page, page[-1].number if is_cut or len(found) > len(page) else None


class Change(msgspec.Struct, frozen=True):
    """Change the given fields. `extensions` are merged; None removes one."""

    case: Ref
    fields: Mapping[str, Any] = {}
    contact: Ref | UnsetType | None = UNSET
    assignee: str | UnsetType | None = UNSET
    extensions: Mapping[str, str | None] = {}
    revisions: Revisions | None = None
    out_of_range: OutOfRange | None = None

    def keys(self) -> Keys | Exclusive:
        return _keys(Keys(cases={self.case}), self.contact, self.assignee, self.extensions)


def change(uow: UnitOfWork, command: Change) -> Case:
    """The changed case. StaleVersion, see `preconditions`."""
    case = cases.get(uow, command.case, to_edit=True)
    preconditions.must_be_unchanged(case, command.out_of_range)
    _check_time(uow, command.fields)
    fields = dict(command.fields)
    if command.contact is not UNSET and command.contact != case.contact:
        fields["contact"] = None if command.contact is None else _contact(uow, command.contact)
    if command.assignee is not UNSET:
        name = command.assignee
        fields["assignee"] = None if name is None else persons.assignable(uow, name, case.assignee)
    preconditions.check(uow, "case", case, command.revisions, _written(fields, command.extensions))
    after = extensions.patch_extensions(uow, replace(case, **fields), command.extensions)
    return case if after == case else cases.save(uow, after)


def _written(fields: Mapping[str, Any], extensions_: Mapping[str, object]) -> frozenset[str]:
    return frozenset((*fields, *(f"extensions.{name}" for name in extensions_)))


class Remove(msgspec.Struct, frozen=True):
    """Delete a case and its stages. With `with_tasks` an administrator deletes its tasks too."""

    case: Ref
    with_tasks: bool = False
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # whether it holds tasks is found by a condition


def remove(uow: UnitOfWork, command: Remove, *, is_empty: bool = False) -> Case:
    """Return the case before its deletion. Conflict for the inbox, and for a case with tasks without `with_tasks`.

    `is_empty`: the case is known to hold neither tasks nor stages.
    """
    case = cases.get(uow, command.case, to_edit=True, lock=Lock.CHANGE)
    preconditions.check(uow, "case", case, command.revisions)
    if is_empty:
        case.must_not_be_inbox()
        uow.cases.remove(case)
        return case
    if command.with_tasks:
        require_admin(uow.principal)
    elif case.kind is not CaseKind.INBOX and uow.tasks.of_case(case.number, limit=1):
        raise Conflict(
            "case_in_use", "The case holds tasks; move or delete them first, or delete the case with its tasks."
        )
    removal.remove_case(uow, case)
    return case


def _keys(keys: Keys, contact: object, assignee: object, extensions_: Mapping[str, object]) -> Keys | Exclusive:
    if isinstance(assignee, str) and not persons.is_uid(assignee):
        return EXCLUSIVE  # a login is found by a condition
    if isinstance(contact, int | str):
        keys.also("contact", [contact], Lock.SHARED)
    return extensions.announce(keys, Owner.CASE, extensions_)


def _check_time(uow: UnitOfWork, fields: Mapping[str, Any]) -> None:
    expires_at = fields.get("expires_at")
    if expires_at is not None and expires_at <= uow.now:
        why = "is over already"
        problem = Problem("/expires_at", "contradiction", why)
        raise Invalid("time_is_over", f"expires_at {why}; to be rid of a case, delete it.", (problem,), status=409)


def _contact(uow: UnitOfWork, key: Ref) -> int:
    contact = uow.contacts.find(key, Lock.SHARED)
    if contact is None or not may_see_contact(uow.principal, contact):
        why = "does not exist"
        raise Invalid("bad_reference", f"contact {why}.", (Problem("/contact", "not_found", why),), status=409)
    return contact.number
