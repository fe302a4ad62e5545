"""Cases and stages: a case groups tasks (a service, a CRM case, an opportunity), a stage is a step of it."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.extension import Extension


class CaseKind(StrEnum):
    """The kinds of cases. `inbox` holds the tasks that were created without a case."""

    SERVICE = "service"
    CASE = "case"
    OPPORTUNITY = "opportunity"
    INBOX = "inbox"


def folded_customer(key: str) -> str:
    """A customer's id as it is compared: without regard to the case of ASCII letters, of which keys are made."""
    return key.encode().lower().decode()


class Case(msgspec.Struct, frozen=True):
    """One case. It is open until it has a completion."""

    tenant: int
    number: int
    uid: str
    kind: CaseKind
    title: str | None = None
    description: str | None = None
    contact: int | None = None
    customer_key: str | None = None  # the client's id of the customer, as sent; needs no stored contact
    contact_key: str | None = None  # address of an unknown contact: a telephone number, an e-mail address
    assignee: str | None = None
    creator: str | None = None
    sales_stage: int | None = None  # of an opportunity, see `sales`
    members: tuple[int, ...] = ()  # numbers of further contacts that take part
    labels: tuple[str, ...] = ()
    started_at: Moment = Moment(0)  # clients may set it; `created_at` is set by the server
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
        """Conflict for the inbox, which is never ended, assigned or deleted: tasks without a case need it."""
        if self.kind is CaseKind.INBOX:
            raise Conflict(
                "inbox_stays", "This case holds the tasks that were made without a case; it can't be ended or deleted."
            )

    def must_allow(self, after: "Case") -> None:
        """Conflict for a change that ends, expires or assigns the inbox."""
        if any(getattr(self, name) != getattr(after, name) for name in NEVER_OF_THE_INBOX):
            self.must_not_be_inbox()

    def is_over(self, now: Moment) -> bool:
        """Whether it has expired: it is hidden with all its tasks, and a timer deletes it. The inbox never expires."""
        return self.expires_at is not None and self.expires_at <= now and self.kind is not CaseKind.INBOX

    def as_of(self, now: Moment) -> "Case | None":
        """The case as due timers leave it, whether they have fired or not; None when it has expired.

        A case that a timer completes has the revision it will be stored with.
        """
        if self.is_over(now):
            return None
        completes_at = self.auto_complete_at
        if completes_at is None or completes_at > now or self.completed_at is not None:
            return self
        return replace(self, completed_at=completes_at, revision=self.revision + 1)

    def is_shared_with(self, user: str | None) -> bool:
        """Whether this user may see it when it is private."""
        return user is not None and user in (self.creator, self.assignee)


NEVER_OF_THE_INBOX = (
    *("completed_at", "expires_at", "auto_complete_at", "outcome_code", "outcome_text"),
    *("assignee", "contact", "customer_key", "contact_key", "is_private"),
)
"""Fields of a case that the inbox must not have."""


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
