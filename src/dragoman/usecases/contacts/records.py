"""Single records of a contact's extensions. The command must be exclusive, or name the schema in its keys."""

from collections.abc import Callable

from dragoman.command import Lock
from dragoman.domain.contact import Contact
from dragoman.domain.errors import NotFound
from dragoman.domain.extension import ExtensionSchema, Owner, fold
from dragoman.domain.records import remove_record, update_record
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork

EMPTY = "[]"


def update(uow: UnitOfWork, contact: Contact, name: str, text: str) -> Contact:
    """Change the record that the unique attributes in `text` select. NotFound `schema_not_found`; else as
    `update_record`."""
    return _changed(uow, contact, name, text, update_record)


def remove(uow: UnitOfWork, contact: Contact, name: str, text: str) -> Contact:
    """Remove that record. Raises as `update` does."""
    return _changed(uow, contact, name, text, remove_record)


def _changed(
    uow: UnitOfWork, contact: Contact, name: str, text: str, change: Callable[[ExtensionSchema, str, str], str]
) -> Contact:
    schema = schema_of(uow, name)
    stored = contact.extensions.get(fold(name))
    value = change(schema, EMPTY if stored is None else stored.value, text)
    after = extensions.set_extension(uow, contact, name, value)
    return contact if after is contact else contacts.save(uow, contact, after)


def schema_of(uow: UnitOfWork, name: str) -> ExtensionSchema:
    """The schema of a contact's extension. NotFound `schema_not_found` when there is none."""
    schema = uow.schemas.by_name(Owner.CONTACT, name, Lock.SHARED)
    if schema is None:
        message = f"There is no schema {name} for extensions of a contact."
        raise NotFound("schema_not_found", message, name=name, owner=str(Owner.CONTACT))
    return schema
