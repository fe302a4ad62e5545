"""Labels on contacts, cases and opportunities, and the vocabulary of each kind."""

import msgspec
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.labels import Label, Labelled, check_label, with_label, without_label
from dragoman.domain.text import folded
from dragoman.store.repositories.labels import merged
from dragoman.usecases.uow import UnitOfWork


class Word(msgspec.Struct, frozen=True):
    """A word of a vocabulary, and how many that the principal may see bear it."""

    title: str
    count: int


def vocabulary(uow: UnitOfWork, kind: Labelled) -> list[Word]:
    """The words, by title without regard to case. One that only hidden contacts or cases bear is hidden, too. The
    command must be exclusive."""
    seen, used = (merged(uow.labels.used(kind, who)) for who in (uow.principal, None))
    known = {key: Word(title, 0) for key, title in uow.labels.titles(kind).items() if key not in used}
    words = known | {key: Word(title, count) for key, (title, count) in seen.items()}
    return [words[key] for key in sorted(words)]


def coin(uow: UnitOfWork, kind: Labelled, title: str) -> None:
    """Add a word that nothing bears yet; one that is known stays as it is. Invalid for an empty one."""
    key = folded(check_label(title))
    if uow.labels.find((str(kind), key), Lock.CHANGE) is None:
        uow.labels.add(Label(uow.tenant, kind, key, title, uow.now))


def put_on_contact(uow: UnitOfWork, contact: Contact, title: str) -> Contact:
    """The contact with the label. The caller has checked the right to change it."""
    coin(uow, Labelled.CONTACT, title)
    labels = with_label(contact.labels, title)
    return contact if labels is contact.labels else uow.contacts.save(replace(contact, labels=labels))


def take_from_contact(uow: UnitOfWork, contact: Contact, title: str) -> Contact:
    """The contact without the label. The caller has checked the right to change it."""
    labels = without_label(contact.labels, check_label(title))
    return contact if labels == contact.labels else uow.contacts.save(replace(contact, labels=labels))


def put_on_case(uow: UnitOfWork, case: Case, title: str) -> Case:
    """The case with the label. The caller has checked the right to change it."""
    coin(uow, Labelled(str(case.kind)), title)
    labels = with_label(case.labels, title)
    return case if labels is case.labels else uow.cases.save(replace(case, labels=labels))


def take_from_case(uow: UnitOfWork, case: Case, title: str) -> Case:
    """The case without the label. The caller has checked the right to change it."""
    labels = without_label(case.labels, check_label(title))
    return case if labels == case.labels else uow.cases.save(replace(case, labels=labels))
