"""Webhooks as a page shows them: each with its owner, and with how many of its deliveries are in which state."""

from collections.abc import Mapping

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.delivery import DeliveryState
from dragoman.domain.webhook import MOST, Webhook
from dragoman.usecases.identity import lookup
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks import access, deliveries, subscriptions

MOST_COUNTED = 1_000


class Listed(msgspec.Struct, frozen=True):
    """A webhook, the login of its owner, and how many of its deliveries are dead."""

    webhook: Webhook
    owner: str
    dead: int


class List(msgspec.Struct, frozen=True):
    """All webhooks that the caller is shown."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: List) -> list[Listed]:
    """Oldest first. Forbidden as for any list of webhooks."""
    found = subscriptions.list_page(uow, subscriptions.List(MOST)).items
    lookup.load(uow, (each.owner for each in found))
    dead = uow.deliveries.dead()
    return [Listed(each, _login(uow, each.owner), dead.get(each.uid, 0)) for each in found]


class Look(msgspec.Struct, frozen=True):
    """One webhook with a page of its deliveries: of a state, else the dead ones if there are any, else all."""

    webhook: str
    limit: int
    state: DeliveryState | None = None
    is_any: bool = False  # of all states
    after: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Whole(msgspec.Struct, frozen=True):
    """A webhook, the login of its owner, its deliveries by state, counted up to a thousand, and a page of them."""

    webhook: Webhook
    owner: str
    counts: Mapping[DeliveryState, int]
    state: DeliveryState | None
    page: deliveries.Page


def look(uow: UnitOfWork, command: Look) -> Whole:
    """NotFound for a webhook that the caller isn't shown."""
    webhook = access.found(uow, command.webhook)
    counts = uow.deliveries.counts(webhook.uid, MOST_COUNTED)
    state = command.state
    if state is None and not command.is_any and counts[DeliveryState.DEAD]:
        state = DeliveryState.DEAD
    page = deliveries.list_page(uow, deliveries.List(webhook.uid, command.limit, state, command.after))
    return Whole(webhook, _login(uow, webhook.owner), counts, state, page)


def _login(uow: UnitOfWork, uid: str) -> str:
    user = lookup.find(uow, uid)
    return uid if user is None else user.login
