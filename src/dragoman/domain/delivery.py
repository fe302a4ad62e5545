"""Deliveries: one sending of an event to a webhook, attempt by attempt."""

from enum import StrEnum

import msgspec
from msgspec.structs import replace

from dragoman.domain.clock import Moment, later
from dragoman.domain.webhook_ladder import Ladder

KEPT_DELIVERED_SECONDS = 7 * 86_400.0
KEPT_DEAD_SECONDS = 30 * 86_400.0
SILENT_PREFIXES = ("webhook.", "mail.")
"""Deliveries of these types write no event when they die."""
MOST_KEPT = 1_024
"""How many bytes of an answer are kept."""


class DeliveryState(StrEnum):
    """`withheld`: the owner may not see the event any more."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"
    WITHHELD = "withheld"


OPEN = frozenset({DeliveryState.WAITING, DeliveryState.SENDING})


class DeliveryError(StrEnum):
    """Why an attempt failed."""

    TIMEOUT = "timeout"
    CONNECT = "connect"
    TLS = "tls"
    REDIRECT = "redirect"
    STATUS = "status"
    ADDRESS_REFUSED = "address_refused"
    DNS = "dns"
    HIDDEN = "hidden"


class Outcome(msgspec.Struct, frozen=True):
    """What came of one attempt. Without an error it arrived."""

    at: Moment
    status: int | None = None
    error: DeliveryError | None = None
    milliseconds: int = 0
    answer: str | None = None  # the beginning of its text
    pause_seconds: float | None = None  # that the receiver asked for

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == 410


class Delivery(msgspec.Struct, frozen=True):
    """One event for one webhook. `next_at` is None while it waits behind an earlier one of its subject, and when it has
    ended. A row that is sending belongs to `holder` until `lease_until`."""

    tenant: int
    uid: str
    webhook: str
    sequence: int
    event: str  # uid
    type: str
    subject: str
    created_at: Moment
    body: str = ""
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    next_at: Moment | None = None
    is_test: bool = False
    steps: int = 0  # attempts on the present ladder
    holder: str | None = None
    lease_until: Moment | None = None
    ended_at: Moment | None = None
    last_at: Moment | None = None
    last_status: int | None = None
    last_error: str | None = None
    last_milliseconds: int | None = None
    row_version: int = 1

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def delivered_at(self) -> Moment | None:
        """When it arrived."""
        return self.ended_at if self.state is DeliveryState.DELIVERED else None

    @property
    def is_silent(self) -> bool:
        """Whether no event tells that it died."""
        return self.type.startswith(SILENT_PREFIXES)

    def held(self, holder: str, until: Moment) -> "Delivery":
        """It is being sent by this process."""
        return replace(self, state=DeliveryState.SENDING, holder=holder, lease_until=until, next_at=None)

    def after(self, outcome: Outcome, ladder: Ladder, chance: float) -> "Delivery":
        """The delivery after an attempt: delivered, dead, or waiting for the next step of the ladder."""
        tried = replace(
            self,
            attempts=self.attempts + 1,
            steps=self.steps + 1,
            holder=None,
            lease_until=None,
            last_at=outcome.at,
            last_status=outcome.status,
            last_error=None if outcome.error is None else str(outcome.error),
            last_milliseconds=outcome.milliseconds,
        )
        ended_at = later(outcome.at, seconds=outcome.milliseconds / 1_000)
        if outcome.error is None:
            return tried.ended(DeliveryState.DELIVERED, ended_at)
        pause = None if outcome.is_gone else ladder.pause(tried.steps, chance)
        if pause is None:
            return tried.ended(DeliveryState.DEAD, ended_at)
        return replace(tried, state=DeliveryState.WAITING, next_at=later(ended_at, seconds=pause))

    def ended(self, state: DeliveryState, at: Moment) -> "Delivery":
        """It is tried no more."""
        return replace(self, state=state, next_at=None, holder=None, lease_until=None, ended_at=at)

    def withheld(self, at: Moment) -> "Delivery":
        """It is not sent, since the owner may not see the event any more."""
        hidden = replace(self, last_at=at, last_status=None, last_error=str(DeliveryError.HIDDEN), last_milliseconds=0)
        return hidden.ended(DeliveryState.WITHHELD, at)

    def replayed(self) -> "Delivery":
        """It is sent again behind earlier ones of its subject, with a fresh ladder."""
        again = replace(self, state=DeliveryState.WAITING, next_at=None, steps=0, ended_at=None)
        return replace(again, holder=None, lease_until=None)

    def paused(self, until: Moment | None) -> "Delivery":
        """The delivery as the pause that its receiver asked for lets it be tried."""
        if until is None or self.next_at is None:
            return self
        return replace(self, next_at=max(self.next_at, until))


class DeliveryTry(msgspec.Struct, frozen=True):
    """One attempt at a delivery, as it is kept."""

    tenant: int
    delivery: str
    attempt: int
    at: Moment
    status: int | None
    error: str | None
    milliseconds: int
    answer: str | None
