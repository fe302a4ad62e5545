"""A contact: an external person or company. A private contact is visible to the users it is shared with."""

from enum import StrEnum
from typing import Any

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.extension import Extension


class ContactKind(StrEnum):
    """Person or company."""

    PERSON = "person"
    COMPANY = "company"


class Contact(msgspec.Struct, frozen=True):
    """One contact. `shared_with` holds the uids of users who may see it when it is private, besides its creator."""

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
    task_count: int = 0
    person_count: int = 0
    creator: str | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    extras: dict[str, dict[str, Any]] = {}
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
