"""A contact: an external person or company. A private contact is visible to the users it is shared with."""

import hashlib
from enum import StrEnum
from typing import Any

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.extension import Extension


class ContactKind(StrEnum):
    """Person or company."""

    PERSON = "person"
    COMPANY = "company"


KEY_CHARACTERS = 16
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

MORE = "@"
"""Before the name of a field: in `Contact.attributes` the values that it has beyond the first one."""
PHONE = f"{MORE}phone"
"""In `Contact.attributes` the telephone numbers, the primary one first."""


class Contact(msgspec.Struct, frozen=True):
    """One contact. `shared_with` holds the uids of users who may see it when it is private, besides its creator.

    `attributes` are further facts that clients keep by name, each one or several texts; see also MORE and PHONE.
    `given_key` replaces the key by which clients that number customers know it.
    """

    tenant: int
    number: int
    uid: str
    kind: ContactKind
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    company: int | None = None  # number of the company a person belongs to
    job_title: str | None = None
    about: str | None = None
    email: str | None = None
    is_private: bool = False
    shared_with: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    task_count: int = 0
    person_count: int = 0
    creator: str | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    extras: dict[str, dict[str, Any]] = {}
    attributes: dict[str, tuple[str, ...]] = {}
    given_key: str | None = None
    extension_count: int = 0
    removed_at: Moment | None = None
    revision: int = 1
    row_version: int = 1
    head_hash: str = ""
    extensions: dict[str, Extension] = {}

    @property
    def display_name(self) -> str:
        """The name to display: "first last", or the company's name."""
        if self.kind is ContactKind.COMPANY:
            return self.company_name or ""
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    def is_shared_with(self, user: str | None) -> bool:
        """Whether this user may see it when it is private."""
        return user is not None and (user == self.creator or user in self.shared_with)

    @property
    def customer_key(self) -> str:
        """The id by which clients that number customers know it: 16 letters and digits, without regard to case."""
        return self.given_key or key_from(self.uid)


def key_from(text: str) -> str:
    """A key made from a text: always the same one, and none that another text gives."""
    value = int.from_bytes(hashlib.sha256(text.encode()).digest())
    digits = []
    for _ in range(KEY_CHARACTERS):
        value, digit = divmod(value, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)
