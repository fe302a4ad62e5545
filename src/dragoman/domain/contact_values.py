"""The values by which a contact is found: its names, e-mail addresses and attributes, and those in its extensions.

Attributes go by a folded name: `@email` for a field of the contact, `title` for an attribute, `bike.frame` for an
attribute of an extension's records. Values are compared without regard to case and blanks at their ends; numbers,
booleans and moments in records by their type (Genesys page 2, section D). What is stored for the search is cut, so
what it finds is looked at again with `matches`.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DecimalException
from typing import Any

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.contact import MORE, Contact
from dragoman.domain.extension import fold
from dragoman.domain.extension_values import canonical_moment
from dragoman.domain.text import folded

FIELDS = ("first_name", "last_name", "company_name", "email")
"""Fields of a contact by which it is found."""
KEY = f"{MORE}key"
SEPARATOR = "."
LONGEST = 255
"""Characters of a name and of a value that are stored for the search."""

_SOURCES = (*FIELDS, "attributes", "extensions", "given_key")
_MOST_DIGITS = 400
_EXACTLY = Context(prec=_MOST_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)


class Condition(msgspec.Struct, frozen=True):
    """That an attribute has one of these values. `extension` is the folded name of the extension that it belongs to."""

    attribute: str
    texts: tuple[str, ...]
    extension: str | None = None

    @property
    def indexed(self) -> str:
        """The attribute's name in the search table."""
        whole = self.attribute if self.extension is None else f"{self.extension}{SEPARATOR}{self.attribute}"
        return whole[:LONGEST]

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms in which such a value may be stored for the search."""
        return tuple(dict.fromkeys(form for text in self.texts for form in _forms(text)))


def _forms(text: str) -> Iterator[str]:
    yield _cut(_plain(text))
    if (number := _number(text)) is not None:
        yield _cut(number)
    if (moment := canonical_moment(text.strip())) is not None:
        yield _cut(_plain(moment))


def field_values(contact: Contact, field: str) -> tuple[str, ...]:
    """The values of a field, the primary one first."""
    first = getattr(contact, field, None)
    more = contact.attributes.get(f"{MORE}{field}", ())
    return more if first is None else (first, *(value for value in more if value != first))


def attribute_values(contact: Contact, attribute: str) -> tuple[str, ...]:
    """The texts under a folded name of a field or an attribute."""
    field = attribute.removeprefix(MORE)
    if attribute == KEY:
        return (contact.customer_key,)
    if attribute.startswith(MORE) and field in FIELDS:
        return field_values(contact, field)
    return next((values for name, values in contact.attributes.items() if fold(name) == attribute), ())


def values_of(contact: Contact) -> set[tuple[str, str]]:
    """The rows of the search table: attribute and value."""
    rows = {(KEY, _plain(contact.customer_key))}
    for field in FIELDS:
        rows |= {(f"{MORE}{field}", _cut(_plain(value))) for value in field_values(contact, field)}
    for name, values in contact.attributes.items():
        if name.removeprefix(MORE) not in FIELDS:
            rows |= {(fold(name), _cut(_plain(value))) for value in values}
    for name, extension in contact.extensions.items():
        for record in records(extension.value):
            for member, value in record.items():
                if (form := _form(value)) is not None:
                    rows.add((f"{name}{SEPARATOR}{fold(member)}"[:LONGEST], _cut(form)))
    return rows


def have_same_sources(before: Contact, after: Contact) -> bool:
    """Whether two states of a contact can't differ in their values."""
    return all(getattr(before, name) is getattr(after, name) for name in _SOURCES)


def records(text: str) -> list[dict[str, Any]]:
    """The records of an extension's value: an object, or those in an array; other values have none."""
    value = json_numbers.decode(text)
    found = value if isinstance(value, list) else [value]
    return [record for record in found if isinstance(record, dict)]


def matches(contact: Contact, conditions: Sequence[Condition]) -> bool:
    """Whether all conditions hold, those on one extension in one of its records."""
    by_extension: dict[str | None, list[Condition]] = {}
    for condition in conditions:
        by_extension.setdefault(condition.extension, []).append(condition)
    own = by_extension.pop(None, [])
    return all(_has(contact, condition) for condition in own) and all(
        any(_holds(record, wanted) for record in _records_of(contact, name)) for name, wanted in by_extension.items()
    )


def _records_of(contact: Contact, extension: str | None) -> list[dict[str, Any]]:
    found = contact.extensions.get(extension or "")
    return [] if found is None else records(found.value)


def _has(contact: Contact, condition: Condition) -> bool:
    wanted = {_plain(text) for text in condition.texts}
    return any(_plain(value) in wanted for value in attribute_values(contact, condition.attribute))


def _holds(record: dict[str, Any], wanted: Iterable[Condition]) -> bool:
    members = {fold(name): value for name, value in record.items()}
    return all(any(equals(members.get(condition.attribute), text) for text in condition.texts) for condition in wanted)


def equals(value: Any, text: str) -> bool:
    """Whether a value of a record is the one that a text asks for."""
    if isinstance(value, bool):
        return str(value).lower() == _plain(text)
    if isinstance(value, int | float):
        number = _number(text)
        return number is not None and number == _number(str(value))
    if not isinstance(value, str):
        return False
    moment = canonical_moment(text.strip())
    return _plain(value) == _plain(text) or (moment is not None and value == moment)


def text_of(value: Any) -> str | None:
    """The text that asks for a value of a record; None for null and for what is no scalar."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def shared(contact: Contact, attributes: Sequence[str], extension: str | None) -> Iterator[list[Condition]]:
    """What another contact must not fulfil, if these attributes together are unique: to have a value of each of them,
    or a record with all values of one of the contact's records. Nothing where the contact lacks one."""
    if extension is None:
        values = [attribute_values(contact, name) for name in attributes]
        if all(values):
            yield [Condition(name, texts) for name, texts in zip(attributes, values, strict=True)]
        return
    for record in _records_of(contact, extension):
        members = {fold(name): value for name, value in record.items()}
        found = [text_of(members.get(name)) for name in attributes]
        texts = [text for text in found if text is not None]
        if len(texts) == len(attributes):
            yield [Condition(name, (text,), extension) for name, text in zip(attributes, texts, strict=True)]


def _form(value: Any) -> str | None:
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    return _number(str(value)) if isinstance(value, int | float) else None


def _plain(text: str) -> str:
    return folded(text).strip()


def _cut(text: str) -> str:
    return text[:LONGEST]


def _number(text: str) -> str | None:
    """The one form of a number: `5.4E+1` and `54.0` are `54`; None for other texts."""
    text = text.strip()
    if len(text) > _MOST_DIGITS or not text.isascii():
        return None
    try:
        number = Decimal(text)
        if not number.is_finite():
            return None
        return str(number.normalize(_EXACTLY)) if number else "0"
    except DecimalException:
        return None
