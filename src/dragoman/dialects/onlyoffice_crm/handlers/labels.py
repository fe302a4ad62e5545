"""Tags of contacts, opportunities and cases: labels of the core. And their user fields, of which there are none (second
page, D)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.problems import bad_argument
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.access import may_edit_contact, require_to
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.contact import Contact
from dragoman.domain.labels import LONGEST_LABEL, Labelled
from dragoman.usecases import labels
from dragoman.usecases.cases import crm_cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.labels import Word
from dragoman.usecases.uow import UnitOfWork


class Vocabulary(msgspec.Struct, frozen=True):
    """The tags of one kind of entity."""

    kind: Labelled

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Tag(msgspec.Struct, frozen=True):
    """A tag on one entity, or (`number` 0) in the vocabulary."""

    kind: Labelled
    number: int
    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_vocabulary(kind: Labelled, request: Request) -> Vocabulary:
    """GET crm/{entity}/tag."""
    gather(request)
    return Vocabulary(kind)


def parse_entity(kind: Labelled, request: Request) -> Tag:
    """GET crm/{entity}/tag/{id} and crm/{entity}/{id}/customfield."""
    return Tag(kind, _number(gather(request).integer("id")), "")


def parse_new(kind: Labelled, request: Request) -> Tag:
    """POST crm/{entity}/tag."""
    return Tag(kind, 0, _name(gather(request).text("tagName")))


def parse_one(kind: Labelled, request: Request) -> Tag:
    """POST and DELETE crm/{entity}/{id}/tag."""
    parameters = gather(request)
    number, name = parameters.integer("id"), parameters.text("tagName")
    return Tag(kind, _number(number), _name(name))


def vocabulary(uow: UnitOfWork, command: Vocabulary) -> list[Word]:
    return labels.vocabulary(uow, command.kind)


def of_entity(uow: UnitOfWork, command: Tag) -> list[str]:
    """The tags of an entity."""
    return list(_entity(uow, command, Lock.NONE).labels)


def coin(uow: UnitOfWork, command: Tag) -> str:
    """The tag, which nothing bears yet."""
    labels.coin(uow, command.kind, command.name)
    return command.name


def add(uow: UnitOfWork, command: Tag) -> str:
    """The tag, which the entity bears now. Twice is once."""
    entity = _editable(uow, command)
    if isinstance(entity, Contact):
        labels.put_on_contact(uow, entity, command.name)
    else:
        labels.put_on_case(uow, entity, command.name)
    return command.name


def remove(uow: UnitOfWork, command: Tag) -> str:
    """The tag, which the entity bears no more."""
    entity = _editable(uow, command)
    if isinstance(entity, Contact):
        labels.take_from_contact(uow, entity, command.name)
    else:
        labels.take_from_case(uow, entity, command.name)
    return command.name


def no_fields(uow: UnitOfWork, command: Vocabulary) -> list[str]:
    """User fields aren't offered: there are none."""
    return []


def no_values(uow: UnitOfWork, command: Tag) -> list[str]:
    """No user field has a value. NotFound for an unknown entity."""
    _entity(uow, command, Lock.NONE)
    return []


def _entity(uow: UnitOfWork, command: Tag, lock: Lock) -> Contact | Case:
    if command.kind is Labelled.CONTACT:
        return contacts.get(uow, command.number, lock)
    return crm_cases.get(uow, command.number, CaseKind(str(command.kind)), lock)


def _editable(uow: UnitOfWork, command: Tag) -> Contact | Case:
    entity = _entity(uow, command, Lock.CHANGE)
    if isinstance(entity, Contact):
        require_to(may_edit_contact(uow.principal, entity), uow.principal, "change this contact")
    else:
        crm_cases.require_edit(uow, entity)
    return entity


def _number(number: int) -> int:
    if number <= 0:
        raise bad_argument("id", "required")
    return number


def _name(name: str | None) -> str:
    if not name or not name.strip():
        raise bad_argument("tagName", "required")
    if len(name) > LONGEST_LABEL:
        raise bad_argument("tagName", f"longer than {LONGEST_LABEL} characters")
    return name
