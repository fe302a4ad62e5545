"""Webhooks: who wants to hear of which events at which URL, and when a webhook is disabled."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.webhook_ladder import Ladder
from dragoman.domain.webhook_url import UrlRules

MOST = 100
"""Webhooks of a tenant."""
MOST_TYPES = 50
LONGEST_DESCRIPTION = 255
EVERY_TYPE = "*"
HOUR = 3_600 * TICKS_PER_SECOND


class WebhookOrder(StrEnum):
    """`subject`: deliveries of one subject follow each other. `none`: each for itself."""

    SUBJECT = "subject"
    NONE = "none"


class WebhookState(StrEnum):
    """Only an active webhook gets what is due; only the server disables one."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """Why the server disabled it: its receiver said 410, nothing succeeded for days, or its owner is disabled."""

    GONE = "gone"
    FAILING = "failing"
    OWNER_DISABLED = "owner_disabled"


class WebhookFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Conditions of events; None: no condition. Of each list any one suffices, of all lists every one must hold."""

    categories: tuple[int, ...] | None = None
    cases: tuple[int, ...] | None = None
    assignees: tuple[str, ...] | None = None
    not_actors: tuple[str, ...] | None = None
    not_dialects: tuple[str, ...] | None = None

    @property
    def asks_of_entities(self) -> bool:
        """Whether the entity of an event must be looked at."""
        return any(wanted is not None for wanted in (self.categories, self.cases, self.assignees))

    def takes_cause(self, actor: str | None, dialect: str) -> bool:
        """Whether an event of this actor (a login) through this dialect is wanted."""
        return actor not in (self.not_actors or ()) and dialect not in (self.not_dialects or ())

    def takes_entity(self, category: int | None, case: int | None, assignee: str | None) -> bool:
        """Whether an event of an entity with these is wanted."""
        wanted: tuple[tuple[tuple[Any, ...] | None, Any], ...] = (
            (self.categories, category),
            (self.cases, case),
            (self.assignees, assignee),
        )
        return all(some is None or value in some for some, value in wanted)


class Webhook(msgspec.Struct, frozen=True):
    """A subscription. `position` is the sequence of the last event that was looked at for it; secrets are sealed."""

    tenant: int
    uid: str
    url: str
    owner: str  # uid
    secret: str
    description: str = ""
    types: tuple[str, ...] = (EVERY_TYPE,)
    filter: WebhookFilter = WebhookFilter()
    order: WebhookOrder = WebhookOrder.SUBJECT
    state: WebhookState = WebhookState.ACTIVE
    disabled_reason: DisabledReason | None = None
    failing_since: Moment | None = None
    last_success_at: Moment | None = None
    old_secret: str | None = None
    old_secret_until: Moment | None = None
    position: int = 0
    held_until: Moment | None = None  # by a Retry-After of its receiver
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    revision: int = 1
    row_version: int = 1

    @property
    def is_active(self) -> bool:
        return self.state is WebhookState.ACTIVE

    def is_held(self, now: Moment) -> bool:
        """Whether the receiver asked for a pause that isn't over."""
        return self.held_until is not None and self.held_until > now

    def takes_type(self, type_: str) -> bool:
        """Whether events of a type are wanted."""
        return any(_matches(pattern, type_) for pattern in self.types)

    def secrets(self, now: Moment) -> tuple[str, ...]:
        """The sealed secrets to sign with, the new one first."""
        is_overlap = self.old_secret_until is not None and self.old_secret_until > now
        return (self.secret, self.old_secret) if is_overlap and self.old_secret is not None else (self.secret,)

    def succeeded(self, at: Moment) -> "Webhook":
        """A delivery arrived."""
        return replace(self, failing_since=None, last_success_at=at)

    def failed(self, at: Moment) -> "Webhook":
        """An attempt failed: it is failing since the first one behind the last success."""
        return self if self.failing_since is not None else replace(self, failing_since=at)

    def is_given_up(self, now: Moment, hours: int) -> bool:
        """Whether nothing succeeded for so many hours."""
        return self.failing_since is not None and now - self.failing_since >= hours * HOUR

    def disabled(self, reason: DisabledReason, at: Moment) -> "Webhook":
        """It stands still until a client makes it active."""
        changed = replace(self, state=WebhookState.DISABLED, disabled_reason=reason, held_until=None)
        return changed.revised(at)

    def revised(self, at: Moment) -> "Webhook":
        """The next revision."""
        return replace(self, revision=self.revision + 1, modified_at=max(at, self.modified_at))


ENOUGH = 1_000
"""How many due deliveries of a webhook that answers are enough: more are made when these are sent."""
ENOUGH_OF_DOUBTFUL = 20
"""The same of one that fails or was never reached."""


class Pending(msgspec.Struct, frozen=True):
    """What there is to do for one webhook: events to look at, deliveries that are due, an owner who can't hear."""

    tenant: int
    webhook: str
    is_behind: bool
    due_at: Moment | None
    is_due: bool
    is_orphaned: bool
    is_active: bool
    is_held: bool
    is_failing: bool
    is_proven: bool
    is_full: bool = False  # it has enough to send at this moment


class WebhookRules(msgspec.Struct, frozen=True):
    """What the operator asks of webhooks."""

    is_for_everybody: bool = False
    urls: UrlRules = UrlRules()
    ladder: Ladder = Ladder()
    disable_after_hours: int = 120


def _matches(pattern: str, type_: str) -> bool:
    if pattern == EVERY_TYPE:
        return True
    return type_.startswith(pattern[:-1]) if pattern.endswith(".*") else type_ == pattern
