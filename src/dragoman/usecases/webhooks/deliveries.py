"""Deliveries as clients see them: listed, looked at with every attempt, sent again; and tests."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.clock import Moment
from dragoman.domain.delivery import Delivery, DeliveryState, DeliveryTry
from dragoman.domain.errors import NotFound
from dragoman.domain.event import subject_of
from dragoman.domain.limits import uuid_of
from dragoman.domain.webhook import Webhook, WebhookOrder
from dragoman.store.repositories.deliveries import DeliveryFilter
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks import access, hearing

MOST_REPLAYED = 10_000
TEST = "webhook.test"
REPLAYED = (DeliveryState.DEAD, DeliveryState.DELIVERED)


class List(msgspec.Struct, frozen=True):
    """A page of the deliveries of a webhook, newest first, behind that of an event; of one state, or of all."""

    webhook: str
    limit: int
    state: DeliveryState | None = None
    after: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """Deliveries, and the event behind whose the next page begins."""

    items: list[Delivery]
    after: str | None


def list_page(uow: UnitOfWork, command: List) -> Page:
    """NotFound for a webhook that the caller isn't shown."""
    webhook = access.found(uow, command.webhook)
    wanted = DeliveryFilter(webhook.uid, None if command.state is None else (command.state,))
    found = uow.deliveries.page(wanted, command.after, command.limit + 1)
    items = [each.paused(webhook.held_until) for each in found[: command.limit]]
    return Page(items, items[-1].event if len(found) > len(items) else None)


class Get(msgspec.Struct, frozen=True):
    """One delivery of a webhook."""

    webhook: str
    delivery: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class WithTries(msgspec.Struct, frozen=True):
    """A delivery with every attempt and its body."""

    delivery: Delivery
    tries: list[DeliveryTry]


def get(uow: UnitOfWork, command: Get) -> WithTries:
    """NotFound for one of another webhook, too."""
    webhook, delivery = _found(uow, command.webhook, command.delivery)
    shown = hearing.with_body(uow, delivery).paused(webhook.held_until)
    return WithTries(shown, uow.deliveries.tries(delivery.uid))


class Replay(msgspec.Struct, frozen=True):
    """Send a delivery again, with a fresh ladder."""

    webhook: str
    delivery: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def replay(uow: UnitOfWork, command: Replay) -> Delivery:
    """The delivery, waiting again; also one that was delivered."""
    webhook, delivery = _found(uow, command.webhook, command.delivery, Lock.CHANGE)
    uow.deliveries.hint()
    again = uow.deliveries.save(delivery.replayed())
    if not _is_behind(uow, webhook, again):
        again = uow.deliveries.save(replace(again, next_at=uow.now))
    return again.paused(webhook.held_until)


def _is_behind(uow: UnitOfWork, webhook: Webhook, delivery: Delivery) -> bool:
    """Whether an earlier one of its subject comes first."""
    if webhook.order is WebhookOrder.NONE or delivery.is_test:
        return False
    return all(each.uid != delivery.uid for each in uow.deliveries.next_of(webhook.uid, {delivery.subject}))


class ReplayMany(msgspec.Struct, frozen=True):
    """Send all deliveries of a webhook again that are in a state (None: dead or delivered) and were made within a time,
    the oldest first."""

    webhook: str
    state: DeliveryState | None = None
    since: Moment | None = None
    until: Moment | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def replay_many(uow: UnitOfWork, command: ReplayMany) -> int:
    """How many, at most ten thousand."""
    webhook = access.found(uow, command.webhook, Lock.CHANGE)
    states = REPLAYED if command.state is None else (command.state,)
    wanted = DeliveryFilter(webhook.uid, states, command.since, command.until)
    is_ordered = webhook.order is WebhookOrder.SUBJECT
    count = uow.deliveries.replay(wanted, None if is_ordered else uow.now, MOST_REPLAYED)
    if is_ordered:
        uow.deliveries.release_first(webhook.uid, uow.now)
    uow.deliveries.hint()
    return count


class Test(msgspec.Struct, frozen=True):
    """Send an event of its own to a webhook, whatever it wants to hear of, also when it is paused."""

    webhook: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def test(uow: UnitOfWork, command: Test) -> Delivery:
    """The delivery. Its body is made when it is sent, since the event has no sequence before the commit."""
    webhook = access.found(uow, command.webhook, Lock.CHANGE)
    event = uow.announce(TEST, "webhook", webhook.uid, webhook.owner, webhook=webhook.uid, reason=None)
    uow.deliveries.hint()
    return uow.deliveries.add(
        Delivery(
            uow.tenant,
            uow.new_id(),
            webhook.uid,
            0,
            event,
            TEST,
            subject_of("webhook", webhook.uid),
            uow.now,
            next_at=uow.now,
            is_test=True,
        )
    )


def _found(uow: UnitOfWork, webhook: str, uid: str, lock: Lock = Lock.NONE) -> tuple[Webhook, Delivery]:
    hook, key = access.found(uow, webhook, lock), uuid_of(uid)
    found = uow.deliveries.of_uids([key], lock) if key is not None else []
    if not found or found[0].webhook != hook.uid:
        raise NotFound("delivery_not_found", f"There is no delivery {uid}.", id=uid)
    return hook, found[0]
