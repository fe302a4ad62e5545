"""Webhooks and their deliveries over the wire. A secret is in the replies to making and rotating alone."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, Number, Time, Uid
from dragoman.domain.delivery import DeliveryError, DeliveryState
from dragoman.domain.event_filter import TYPE_PATTERN
from dragoman.domain.webhook import (
    LONGEST_DESCRIPTION,
    MOST_TYPES,
    DisabledReason,
    WebhookOrder,
    WebhookState,
)
from dragoman.domain.webhook_url import LONGEST

MOST_IN_A_LIST = 1_000
LONGEST_OVERLAP_HOURS = 168
USUAL_OVERLAP_HOURS = 24

Url = Annotated[
    str,
    Meta(
        max_length=LONGEST,
        description="Where events are sent: https, a public host, port 443 or 8443, unless the operator allows more.",
        extra_json_schema=WITHOUT_NUL,
    ),
]
Description = Annotated[str, Meta(max_length=LONGEST_DESCRIPTION, extra_json_schema=WITHOUT_NUL)]
EventType = Annotated[
    str,
    Meta(
        max_length=64,
        extra_json_schema={"pattern": TYPE_PATTERN},
        description="A type such as `task.created`, all that begin so as `task.*`, or `*`.",
    ),
]
Types = Annotated[list[EventType], Meta(min_length=1, max_length=MOST_TYPES)]
Numbers = Annotated[list[Number], Meta(max_length=MOST_IN_A_LIST)]
Uids = Annotated[list[Uid], Meta(max_length=MOST_IN_A_LIST)]
Login = Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema=WITHOUT_NUL)]
Logins = Annotated[list[Login], Meta(max_length=MOST_IN_A_LIST)]
Secret = Annotated[
    str,
    Meta(
        max_length=255,
        description="`whsec_` and the standard base64, with padding, of 24 to 64 bytes.",
        extra_json_schema=WITHOUT_NUL,
    ),
]
SettableState = Annotated[Literal["active", "paused"], Meta(description="Only the server disables a webhook.")]


class WebhookFilter(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions of events: any of each list, and all lists. The entity is looked at when an event is fanned out."""

    categories: Numbers | UnsetType = UNSET
    cases: Numbers | UnsetType = UNSET
    assignees: Uids | UnsetType = UNSET
    not_actors: Annotated[Logins, Meta(description="Logins whose own changes are left out.")] | UnsetType = UNSET
    not_dialects: Annotated[Logins, Meta(description="Dialects through which changes are left out.")] | UnsetType = (
        UNSET
    )


class WebhookFilterPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a filter."""

    categories: Numbers | UnsetType | None = UNSET
    cases: Numbers | UnsetType | None = UNSET
    assignees: Uids | UnsetType | None = UNSET
    not_actors: Logins | UnsetType | None = UNSET
    not_dialects: Logins | UnsetType | None = UNSET


class Webhook(Struct, frozen=True, kw_only=True):
    """Who wants to hear of which events, and where."""

    id: str
    url: str
    description: str
    types: list[str]
    filter: WebhookFilter
    order: Annotated[
        WebhookOrder,
        Meta(description="`subject`: deliveries of one subject follow each other; `none`: each is for itself."),
    ]
    state: WebhookState
    disabled_reason: DisabledReason | None
    failing_since: Annotated[str | None, Meta(description="The first failure behind the last success.")]
    last_success_at: str | None
    owner: Annotated[str, Meta(description="The id of the user whose rights count.")]
    old_secret_until: Annotated[str | None, Meta(description="Until then the secret before the last signs, too.")]
    created_at: str
    modified_at: str
    revision: int


class MadeWebhook(Webhook, frozen=True, kw_only=True):
    """A webhook that was just made."""

    secret: Annotated[
        str | None, Meta(description="The secret. It is shown once: null where the reply is repeated.")
    ] = None


class NewWebhook(Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to be made."""

    url: Url
    description: Description = ""
    types: Types = field(default_factory=lambda: ["*"])
    filter: WebhookFilter = WebhookFilter()
    order: WebhookOrder = WebhookOrder.SUBJECT
    state: SettableState = "active"
    secret: Secret | UnsetType = UNSET
    since: Annotated[
        str,
        Meta(
            max_length=200,
            description="The cursor of the event log behind which it begins; `latest` is the end of the log.",
            extra_json_schema=WITHOUT_NUL,
        ),
    ] = "latest"


class WebhookPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a webhook."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    filter: WebhookFilterPatch | UnsetType | None = UNSET
    order: WebhookOrder | UnsetType = UNSET
    state: SettableState | UnsetType = UNSET
    catch_up: Annotated[
        bool | UnsetType,
        Meta(description="With the state active: false goes on at the end of the log, and drops what waits."),
    ] = UNSET


class WebhookList(Struct, frozen=True, omit_defaults=True):
    """Webhooks, oldest first."""

    items: list[Webhook]
    next: str | UnsetType = UNSET


class WebhookRotation(Struct, frozen=True, forbid_unknown_fields=True):
    """Another secret, and how many hours the old one signs, too."""

    secret: Secret | UnsetType = UNSET
    overlap_hours: Annotated[int, Meta(ge=0, le=LONGEST_OVERLAP_HOURS)] = USUAL_OVERLAP_HOURS


class RotatedWebhookSecret(Struct, frozen=True):
    """The new secret; it is shown once."""

    secret: str | None
    old_secret_until: str | None


class WebhookTest(Struct, frozen=True):
    """The delivery of a test."""

    delivery: str


class DeliveryAttempt(Struct, frozen=True):
    """One attempt at a delivery."""

    at: str
    status: Annotated[int | None, Meta(description="Of the answer; null without one.")]
    error: DeliveryError | None
    milliseconds: int


class KeptDeliveryAttempt(DeliveryAttempt, frozen=True):
    """One attempt at a delivery, with the beginning of the answer."""

    answer: Annotated[str | None, Meta(description="The first KiB of the answer's body.")]


class WebhookDelivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: str
    webhook: str
    event: Annotated[str, Meta(description="The id of the event, which is the `webhook-id` of every attempt.")]
    type: str
    subject: str
    sequence: int
    state: Annotated[DeliveryState, Meta(description="`withheld`: the owner may not see the event any more.")]
    attempts: int
    next_at: Annotated[str | None, Meta(description="Null while it waits behind an earlier one of its subject.")]
    created_at: str
    delivered_at: str | None
    last: DeliveryAttempt | None


class WholeWebhookDelivery(WebhookDelivery, frozen=True, kw_only=True):
    """A delivery with every attempt, and the envelope that is sent."""

    tries: list[KeptDeliveryAttempt]
    body: Annotated[Raw | None, Meta(extra_json_schema={"type": ["object", "null"]})]


class WebhookDeliveryList(Struct, frozen=True, omit_defaults=True):
    """Deliveries, newest first."""

    items: list[WebhookDelivery]
    next: str | UnsetType = UNSET


class DeliveryQuery(queries.Pages, frozen=True, kw_only=True):
    """Of the list of deliveries."""

    state: DeliveryState | UnsetType = UNSET


class WebhookReplay(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which deliveries are sent again: of a state, null for both, and made within a time."""

    state: Literal["dead", "delivered"] | None = None
    from_: Time | UnsetType | None = UNSET
    until: Time | UnsetType | None = UNSET


class ReplayedDeliveries(Struct, frozen=True):
    """How many are sent again."""

    count: int


def set_members(value: Struct) -> dict[str, Any]:
    """The members that are given."""
    named = {name: getattr(value, name) for name in value.__struct_fields__}
    return {name: each for name, each in named.items() if each is not UNSET}
