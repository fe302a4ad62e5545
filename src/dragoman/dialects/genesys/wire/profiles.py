"""Customer profiles (page 2, section B): core attributes, which are facts of the contact, and extensions."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.wire.queries import SERVICE, Wanted
from dragoman.dialects.kit import fields, json
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.contact import MORE, PHONE, Contact, ContactKind
from dragoman.domain.contact_values import field_values
from dragoman.domain.extension import DECLARED_NAME, MOST_EXTENSIONS, fold

CUSTOMER_ID = "customer_id"
RESERVED = frozenset({CUSTOMER_ID, "extensions", "include_profile", "include_extensions", "id_key", "expr"})
"""What an attribute or extension of a profile can't be called: parameters of the search (folded)."""

LONGEST_VALUE = 255
MOST_VALUES = 100
MOST_ATTRIBUTES = 1_000

FIELDS = {
    "firstname": ("FirstName", "first_name"),
    "lastname": ("LastName", "last_name"),
    "companyname": ("CompanyName", "company_name"),
    "emailaddress": ("EmailAddress", "email"),
}
"""Attributes that are fields of a contact, by folded name: as they are shown, and the field."""
PHONE_NUMBER = "PhoneNumber"
PREDEFINED = frozenset(FIELDS) | {
    *("title", "phonenumber", "accountnumber", "contactid", "customersegment", "pin", "dob")
}
"""The vendor's own attributes, folded: a value of theirs that is an object is a fault, never an extension."""

Attributes = dict[str, tuple[str, ...]]
"""Values of core attributes, by the name as it was sent."""


class Sent(msgspec.Struct, frozen=True):
    """The members of a body: core attributes, and those that may be extensions, each as the client's own text.

    `texts` has the text of every member: one that is named like a schema is an extension, whatever its value.
    """

    attributes: Attributes
    extensions: tuple[str, ...]
    texts: dict[str, str]
    problems: Problems

    def emptying(self, stored: Collection[str]) -> "Sent":
        """With `[]` as the value of an extension where one of that name (folded) is stored: else it has no values and
        may be of either kind."""
        empty = [name for name, text in self.texts.items() if "".join(text.split()) == "[]" and fold(name) in stored]
        return replace(self, extensions=(*self.extensions, *empty)) if empty else self

    def core(self, schemas: Collection[str]) -> list[str]:
        """The members that are no extensions, where these schemas (folded) exist."""
        return [name for name in self.texts if fold(name) not in schemas and name not in self.extensions]

    def split(
        self, schemas: Collection[str], allowed: Collection[str] = (), known: Attributes | None = None
    ) -> tuple[Attributes, dict[str, str]]:
        """Attributes and extensions, where these schemas (folded) exist. Invalid with all faults of the body.

        `allowed` are the names (folded) that attributes may have, beside those that are sent as they are `known`.
        """
        problems = Problems()
        for problem in self.problems.found:
            if fold(problem.path.removeprefix("/").partition("/")[0]) not in schemas:
                problems.add(problem.path, problem.code, problem.message)
        values = {name: value for name, value in self.attributes.items() if fold(name) not in schemas}
        sent = {fold(name): value for name, value in values.items()}
        unchanged = {fold(name) for name, value in (known or {}).items() if sent.get(fold(name)) == value}
        for name in values:
            if allowed and fold(name) not in allowed and fold(name) not in unchanged:
                problems.add(fields.pointer("", name), "name", "is not one of the attributes of profiles")
        names = [name for name in self.texts if fold(name) in schemas or name in self.extensions]
        for name in names:
            if fold(name) in RESERVED:
                problems.add(fields.pointer("", name), "name", "is reserved")
        if len(names) > MOST_EXTENSIONS:
            problems.add("", "value", f"more than {MOST_EXTENSIONS} extensions")
        faults.raise_if_any(problems)
        return values, {name: self.texts[name] for name in names}


def parse(body: bytes) -> Sent:
    """The members of a body. Their faults are told by `split`, when the schemas are known."""
    members, problems = json.parse_object(body), Problems()
    attributes: Attributes = {}
    extensions: list[str] = []
    seen: set[str] = set()
    for name, value in members.items():
        folded, place = fold(name), fields.pointer("", name)
        if folded == CUSTOMER_ID:
            continue  # made by the server (page 2, B)
        if folded in seen:
            problems.add(place, "name", "is given twice: names know no case")
        seen.add(folded)
        if _is_extension(value) and folded not in PREDEFINED:
            extensions.append(name)
            continue
        found = _values(value, place, problems)
        if not DECLARED_NAME.fullmatch(name):
            problems.add(place, "name", "begins with a letter and has at most 26 letters, digits and underscores")
        elif folded in RESERVED:
            problems.add(place, "name", "is reserved")
        if found:
            attributes[name] = found
    if len(attributes) > MOST_ATTRIBUTES:
        problems.add("", "value", f"more than {MOST_ATTRIBUTES} attributes")
    texts = {name: text for name, text in json.texts_of(body).items() if fold(name) != CUSTOMER_ID}
    return Sent(attributes, tuple(extensions), texts, problems)


def _is_extension(value: Any) -> bool:
    """An object, or an array of objects."""
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)
    )


def _values(value: Any, place: str, problems: Problems) -> tuple[str, ...]:
    """One value or several, as text; none of null and of an empty array."""
    found = value if isinstance(value, list) else [] if value is None else [value]
    if len(found) > MOST_VALUES:
        problems.add(place, "value", f"must be at most {MOST_VALUES} values")
        return ()
    return tuple(_value(each, place, problems) for each in found)


def _value(value: Any, place: str, problems: Problems) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        problems.add(place, "value", "must be text, or an array of texts")
        return ""
    return fields.text(value, place, problems, max_length=LONGEST_VALUE)


def apply(contact: Contact, sent: Attributes) -> Contact:
    """The contact with exactly these core attributes; what is shown already keeps its spelling. A company keeps its
    name when none is sent."""
    known = {fold(name): name for name in contact.attributes}
    changes: dict[str, Any] = {field: None for _, field in FIELDS.values()}
    if contact.kind is ContactKind.COMPANY:
        changes["company_name"] = contact.company_name
    attributes: Attributes = {}
    for name, values in sent.items():
        folded = fold(name)
        if folded in FIELDS:
            field = FIELDS[folded][1]
            changes[field] = values[0]
            if len(values) > 1:
                attributes[f"{MORE}{field}"] = values[1:]
        else:
            attributes[PHONE if folded == fold(PHONE_NUMBER) else known.get(folded, name)] = values
    if attributes == contact.attributes:
        attributes = contact.attributes
    return replace(contact, **changes, attributes=attributes)


def attributes_of(contact: Contact) -> Attributes:
    """The core attributes of a contact, as they are shown."""
    found = {name: field_values(contact, field) for name, field in FIELDS.values()}
    found[PHONE_NUMBER] = contact.attributes.get(PHONE, ())
    found |= {name: values for name, values in contact.attributes.items() if not name.startswith(MORE)}
    return {name: values for name, values in found.items() if values}


def render(contact: Contact, wanted: Wanted, *, whole: bool = True) -> dict[str, Any]:
    """A profile: its id, its core attributes if it is to be `whole`, and the requested extensions."""
    shown: dict[str, Any] = {CUSTOMER_ID: contact.customer_key}
    attributes = attributes_of(contact)
    if whole:
        shown |= {name: values[0] if len(values) == 1 else list(values) for name, values in attributes.items()}
    taken = {fold(name) for name in attributes} | RESERVED
    for extension in wanted.chosen(SERVICE, contact.extensions):
        if fold(extension.name) not in taken:
            shown[extension.name] = json.verbatim(extension.value)
    return shown


def indexed(name: str) -> str:
    """The core's name of a core attribute, for a search."""
    folded = fold(name)
    if folded in FIELDS:
        return f"{MORE}{FIELDS[folded][1]}"
    return PHONE if folded == fold(PHONE_NUMBER) else folded


def known_names(values: Iterable[str]) -> frozenset[str]:
    """Names folded, as they are compared."""
    return frozenset(map(fold, values))
