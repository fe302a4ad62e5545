"""Cases and stages: what holds tasks together (a service, a CRM case, an opportunity), and the steps of it."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.extension import Extension


class CaseKind(StrEnum):
    """What a case is to its vendor. `inbox` holds the tasks that were made without a case."""

    SERVICE = "service"
    CASE = "case"
    OPPORTUNITY = "opportunity"
    INBOX = "inbox"


class Case(msgspec.Struct, frozen=True):
    """One case. It is open until it has a completion."""

    tenant: int
    number: int
    uid: str
    kind: CaseKind
    title: str | None = None
    description: str | None = None
    contact: int | None = None
    customer_key: str | None = None  # what clients call the customer by; may name no contact that we know
    contact_key: str | None = None  # how an unknown contact got in touch: a telephone number, an address
    assignee: str | None = None
    creator: str | None = None
    started_at: Moment = Moment(0)  # a client may say when; created_at is our own
    completed_at: Moment | None = None
    expires_at: Moment | None = None
    auto_complete_at: Moment | None = None
    outcome_code: str | None = None
    outcome_text: str | None = None
    is_private: bool = False
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    extras: dict[str, dict[str, Any]] = {}
    extension_count: int = 0
    removed_at: Moment | None = None
    revision: int = 1
    row_version: int = 1
    head_hash: str = ""
    extensions: dict[str, Extension] = {}

    def must_not_be_inbox(self) -> None:
        """Conflict for the inbox: tasks are always put there, so it is never ended, given away or deleted."""
        if self.kind is CaseKind.INBOX:
            raise Conflict(
                "inbox_stays", "This case holds the tasks that were made without a case; it can't be ended or deleted."
            )

    def must_allow(self, after: "Case") -> None:
        """Conflict for a change of the inbox that ends it, limits its life or assigns it."""
        if any(getattr(self, name) != getattr(after, name) for name in NEVER_OF_THE_INBOX):
            self.must_not_be_inbox()

    def is_over(self, now: Moment) -> bool:
        """Whether its time is over: it is gone for everybody with all that it holds, and a timer removes it. The
        inbox stays."""
        return self.expires_at is not None and self.expires_at <= now and self.kind is not CaseKind.INBOX

    def as_of(self, now: Moment) -> "Case | None":
        """The case as timers that are due leave it, whether they have fired or not; None when its time is over.

        One that completed by itself has the revision that it will be stored with.
        """
        if self.is_over(now):
            return None
        completes_at = self.auto_complete_at
        if completes_at is None or completes_at > now or self.completed_at is not None:
            return self
        return replace(self, completed_at=completes_at, revision=self.revision + 1)

    def is_shared_with(self, user: str | None) -> bool:
        """Whether this user may see it although it is private."""
        return user is not None and user in (self.creator, self.assignee)


NEVER_OF_THE_INBOX = (
    *("completed_at", "expires_at", "auto_complete_at", "outcome_code", "outcome_text"),
    *("assignee", "contact", "customer_key", "contact_key", "is_private"),
)
"""Fields of a case that would end the inbox, or assign it."""


class Stage(msgspec.Struct, frozen=True):
    """One step of a case. It is open until it has a completion; several may be open at once."""

    tenant: int
    number: int
    uid: str
    case: int
    title: str | None = None
    previous: int | None = None
    started_at: Moment = Moment(0)
    completed_at: Moment | None = None
    outcome_code: str | None = None
    outcome_text: str | None = None
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
