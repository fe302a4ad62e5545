"""Notes on contacts and cases. A note is seen by users who may see what it belongs to; what it belongs to has it in its
history, so that everybody who watches that hears of it.

The notes of a deleted contact or case are hidden with it, and are there again when it comes back.
"""

from typing import Any

from dragoman.command import Lock
from dragoman.domain.access import may_see_case, may_see_contact, require_to
from dragoman.domain.case import Case
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.note import LONGEST_NOTE, Note, NoteKind
from dragoman.store.repositories.notes import NoteFilter
from dragoman.usecases.uow import UnitOfWork

__all__ = [
    "ADDED",
    "REMOVED",
    "NoteFilter",
    "add",
    "count",
    "find",
    "forget_orphans",
    "has_orphans",
    "load",
    "matching",
    "owners",
    "remove",
]

ADDED, REMOVED = "note.added", "note.removed"
"""Operations in the history of what a note belongs to."""


def add(
    uow: UnitOfWork,
    kind: NoteKind,
    text: str,
    *,
    contact: Contact | None,
    case: Case | None,
    created_at: Moment | None = None,
) -> Note:
    """Add a note of the principal to what the caller has found for him. The command names `numbers={"note"}`, and both
    for change. Invalid without either, and for a text that is too long."""
    if contact is None and case is None:
        raise _invalid("/contact", "required", "A note belongs to a contact or a case.")
    if len(text) > LONGEST_NOTE:
        raise _invalid("/text", "too_long", f"A note has at most {LONGEST_NOTE} characters.")
    note = uow.notes.add(
        Note(
            tenant=uow.tenant,
            number=uow.numbers.draw("note"),
            uid=uow.new_id(),
            kind=kind,
            text=text,
            contact=None if contact is None else contact.number,
            case=None if case is None else case.number,
            creator=uow.principal.user,
            dialect=uow.dialect,
            created_at=uow.now if created_at is None else created_at,
        )
    )
    _record(uow, note, ADDED, [None, text])
    return note


def remove(uow: UnitOfWork, note: Note) -> None:
    """Delete a note. Forbidden for others than its author and administrators."""
    mine = uow.principal.user is not None and uow.principal.user == note.creator
    require_to(uow.principal.is_admin or mine, uow.principal, "delete this note")
    uow.notes.remove(note)
    _record(uow, note, REMOVED, [note.text, None])


def _record(uow: UnitOfWork, note: Note, operation: str, change: list[Any]) -> None:
    for entity, number in (("contact", note.contact), ("case", note.case)):
        if number is not None:
            uow.record(entity, number, operation, {"note": change})


def find(uow: UnitOfWork, number: int, lock: Lock = Lock.NONE) -> Note | None:
    """The note, if the principal may see all that it belongs to and that is there."""
    note = uow.notes.find(number, lock)
    if note is None:
        return None
    contact, case = owners(uow, note)
    is_hidden = (contact is not None and not may_see_contact(uow.principal, contact)) or (
        case is not None and not may_see_case(uow.principal, case)
    )
    return None if is_hidden or (contact is None and case is None) else note


def owners(uow: UnitOfWork, note: Note) -> tuple[Contact | None, Case | None]:
    """What is there of what it belongs to."""
    contact = None if note.contact is None else uow.contacts.find(note.contact)
    return contact, None if note.case is None else uow.cases.find(note.case)


def matching(uow: UnitOfWork, wanted: NoteFilter, order: str, *, descending: bool) -> list[int]:
    """The numbers of those that match, ordered by a field. The command must be exclusive."""
    return uow.notes.matching(wanted, order, descending=descending)


def load(uow: UnitOfWork, numbers: list[int]) -> list[Note]:
    """These notes with what they belong to, each with one statement. The command must be exclusive."""
    notes = uow.notes.of_numbers(numbers)
    uow.contacts.load(sorted({note.contact for note in notes if note.contact is not None}))
    uow.cases.load(sorted({note.case for note in notes if note.case is not None}))
    return notes


def count(uow: UnitOfWork) -> dict[NoteKind, int]:
    """How many notes of each kind the principal may see. The command must be exclusive."""
    return uow.notes.counted(uow.principal)


def has_orphans(uow: UnitOfWork, before: Moment) -> bool:
    """Whether there are notes on what was deleted before a moment."""
    return uow.notes.has_orphans(before)


def forget_orphans(uow: UnitOfWork, before: Moment) -> int:
    """Delete the notes on what was deleted before a moment; how many those were. The command must be exclusive."""
    return uow.notes.forget_orphans(before)


def _invalid(path: str, code: str, message: str) -> Invalid:
    return Invalid("bad_note", message, (Problem(path, code, message),))
