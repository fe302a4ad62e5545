"""Addresses of a contact (page, 8.5): ContactInfo."""

from collections.abc import Iterator
from typing import Any

from dragoman.domain.contact import PHONE, Contact
from dragoman.domain.contact_values import field_values

TELEPHONE, EMAIL = 0, 1
HOME = 0
STRIDE = 10_000_000
"""Addresses have no ids of their own: the first e-mail address goes by its contact's number, the others are this far
from each other."""


def render_email(contact: Contact) -> dict[str, Any]:
    """The primary e-mail address."""
    return _info(EMAIL, contact.email or "", contact.number, is_primary=True)


def render_all(contact: Contact) -> Iterator[dict[str, Any]]:
    """All e-mail addresses and telephone numbers, the primary one of each first."""
    number = contact.number
    for info_type, found in ((EMAIL, field_values(contact, "email")), (TELEPHONE, contact.attributes.get(PHONE, ()))):
        for place, data in enumerate(filter(None, found)):
            yield _info(info_type, data, number, is_primary=place == 0)
            number += STRIDE


def _info(info_type: int, data: str, number: int, *, is_primary: bool) -> dict[str, Any]:
    return {
        "infoType": info_type,
        "category": HOME,
        "data": data,
        "categoryName": "Home",
        "isPrimary": is_primary,
        "id": number,
    }
