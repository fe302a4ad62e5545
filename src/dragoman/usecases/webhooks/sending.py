"""Sending deliveries: taken under a lease, and their outcomes stored. Between the two nothing is locked."""

import secrets as chance
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import Principal
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, later
from dragoman.domain.delivery import Delivery, DeliveryError, DeliveryState, DeliveryTry, Outcome
from dragoman.domain.errors import Conflict
from dragoman.domain.vault import Unreadable
from dragoman.domain.webhook import DisabledReason, Pending, Webhook, WebhookOrder, WebhookState
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks import access, disabling, hearing, secrets

SLICE = 500
STEPS = 1_000
ROUNDS = 100
"""How often it is looked for more, when all that was found is withheld."""


class Look(msgspec.Struct, frozen=True):
    """Find out for which webhooks of all tenants there is something to do. Run under the directory tenant."""

    ahead_seconds: float = 0.0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Seen(msgspec.Struct, frozen=True):
    """The webhooks, and the tenants that have deliveries whose lease ran out."""

    pending: list[Pending]
    expired: list[int]
    rests: list[float] = []  # seconds until more of them become due
    has_webhooks: bool = False  # any at all


def look(uow: UnitOfWork, command: Look) -> Seen:
    """Those of which something is due now, or will be within `ahead_seconds`."""
    until = later(uow.now, seconds=command.ahead_seconds)
    pending = uow.webhooks.pending(uow.now, until)
    rests = [(each.due_at - uow.now) / TICKS_PER_SECOND for each in pending if each.due_at is not None]
    expired = uow.webhooks.tenants_with_expired(uow.now)
    return Seen(pending, expired, [rest for rest in rests if rest > 0], uow.webhooks.are_any())


class Want(msgspec.Struct, frozen=True):
    """How many deliveries of a webhook are wanted. With `follow` those behind them, too, to be sent one after the
    other."""

    webhook: str
    limit: int
    follow: bool = False


class Take(msgspec.Struct, frozen=True):
    """Take due deliveries of a tenant for a process."""

    holder: str
    wants: tuple[Want, ...]
    lease_seconds: float

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Taken(msgspec.Struct, frozen=True):
    """A delivery to be sent before its lease runs out."""

    uid: str
    event: str
    subject: str
    body: bytes


class TakenOfWebhook(msgspec.Struct, frozen=True):
    """What was taken of one webhook at a revision: chains of deliveries that are sent one after the other.
    `is_unreadable`: the secret can't be opened, so nothing was."""

    webhook: str
    url: str
    keys: tuple[bytes, ...]
    chains: list[list[Taken]]
    revision: int
    is_unreadable: bool = False


def take(uow: UnitOfWork, command: Take) -> list[TakenOfWebhook]:
    """What is sent by another process at this moment is left to it, with its webhook."""
    elsewhere = uow.deliveries.held_by_others(command.holder, uow.now)
    uow.webhooks.load([want.webhook for want in command.wants], Lock.CHANGE)
    found = []
    for want in command.wants:
        webhook = uow.webhooks.find(want.webhook, Lock.CHANGE)
        if webhook is not None and want.webhook not in elsewhere and not webhook.is_held(uow.now):
            found.append(_take(uow, webhook, want, command))
    return [each for each in found if each is not None]


def _take(uow: UnitOfWork, webhook: Webhook, want: Want, command: Take) -> TakenOfWebhook | None:
    owner = access.owner_of(uow, webhook)
    if owner is None:
        if webhook.is_active:
            disabling.disable(uow, webhook, DisabledReason.OWNER_DISABLED)
        return None
    until = later(uow.now, seconds=command.lease_seconds)
    try:
        keys = secrets.keys(uow, webhook, uow.now)
    except (Unreadable, Conflict):
        return TakenOfWebhook(webhook.uid, webhook.url, (), [], webhook.revision, is_unreadable=True)
    for _ in range(ROUNDS):
        chains, withheld = _lease(uow, webhook, owner, want, Lease(command.holder, until))
        release(uow, webhook, withheld - chains.keys())
        if chains or not withheld:
            break
    return TakenOfWebhook(webhook.uid, webhook.url, keys, list(chains.values()), webhook.revision)


class Lease(NamedTuple):
    """Who holds a delivery, and until when."""

    holder: str
    until: Moment


def _lease(
    uow: UnitOfWork, webhook: Webhook, owner: Principal, want: Want, lease: Lease
) -> tuple[dict[str, list[Taken]], set[str]]:
    """The chains of deliveries that are held from now on, and the subjects of those that the owner may not hear."""
    chains: dict[str, list[Taken]] = {}
    withheld: set[str] = set()
    due = [hearing.with_body(uow, each) for each in _wanted(uow, webhook, want)]
    heard = hearing.still_heard(uow, owner, [each for each in due if not each.is_test])
    for delivery in due:
        if not delivery.is_test and delivery.uid not in heard:
            uow.deliveries.save(delivery.withheld(uow.now))
            withheld.add(delivery.subject)
            continue
        uow.deliveries.save(delivery.held(lease.holder, lease.until))
        is_alone = webhook.order is WebhookOrder.NONE or delivery.is_test
        taken = Taken(delivery.uid, delivery.event, delivery.subject, delivery.body.encode())
        chains.setdefault(delivery.uid if is_alone else delivery.subject, []).append(taken)
    return chains, withheld


def _wanted(uow: UnitOfWork, webhook: Webhook, want: Want) -> list[Delivery]:
    due = uow.deliveries.due(webhook.uid, uow.now, want.limit, tests_only=not webhook.is_active)
    if not want.follow or webhook.order is WebhookOrder.NONE or len(due) >= want.limit:
        return due
    subjects = {each.subject for each in due if not each.is_test}
    behind = uow.deliveries.behind(webhook.uid, subjects, want.limit - len(due)) if subjects else []
    return [*due, *behind]


class Result(msgspec.Struct, frozen=True):
    """What came of one attempt at a delivery."""

    delivery: str
    outcome: Outcome


class Settle(msgspec.Struct, frozen=True):
    """Store the outcomes of attempts, and give back what was taken and not begun."""

    holder: str
    results: tuple[Result, ...]
    returned: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()  # whose they are

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def settle(uow: UnitOfWork, command: Settle) -> dict[str, int]:
    """The revisions of those of the webhooks that are active. Deliveries that are no more the holder's stay as they
    are."""
    named = [*(result.delivery for result in command.results), *command.returned]
    # Webhooks are locked before their deliveries, as everywhere.
    webhooks = _lock_webhooks(uow, uow.deliveries.webhooks_of(named))
    held = {
        each.uid: each
        for each in uow.deliveries.of_uids(named, Lock.CHANGE)
        if each.webhook in webhooks and _is_held(each, command.holder)
    }
    for uid, webhook in webhooks.items():
        results = [each for each in command.results if each.delivery in held and held[each.delivery].webhook == uid]
        returned = [held[each] for each in command.returned if each in held and held[each].webhook == uid]
        _settle(uow, webhook, [(held[each.delivery], each.outcome) for each in results], returned)
    uow.webhooks.load(list(command.webhooks))
    present = [uow.webhooks.find(uid) for uid in command.webhooks]
    return {each.uid: each.revision for each in present if each is not None and each.is_active}


def _is_held(delivery: Delivery, holder: str) -> bool:
    return delivery.state is DeliveryState.SENDING and delivery.holder == holder


def _lock_webhooks(uow: UnitOfWork, named: Iterable[str]) -> dict[str, Webhook]:
    uids = sorted(set(named))
    uow.webhooks.load(uids, Lock.CHANGE)
    return {uid: webhook for uid in uids if (webhook := uow.webhooks.find(uid, Lock.CHANGE)) is not None}


def _settle(
    uow: UnitOfWork, webhook: Webhook, results: Sequence[tuple[Delivery, Outcome]], returned: Sequence[Delivery]
) -> None:
    after = webhook
    for delivery, outcome in results:
        store(uow, delivery, outcome)
        after = _learned(after, outcome)
    for delivery in returned:
        waiting = replace(delivery, state=DeliveryState.WAITING, holder=None, lease_until=None)
        uow.deliveries.save(replace(waiting, next_at=None if _may_be_behind(webhook, delivery) else uow.now))
    if after != webhook:
        after = uow.webhooks.save(after)
    if any(outcome.is_gone for _, outcome in results) and after.state is not WebhookState.DISABLED:
        disabling.disable(uow, after, DisabledReason.GONE)
    elif after.is_active and after.is_given_up(uow.now, uow.terms.webhooks.disable_after_hours):
        disabling.disable(uow, after, DisabledReason.FAILING)
    release(uow, webhook, {each.subject for each in (*(delivery for delivery, _ in results), *returned)})


def _learned(webhook: Webhook, outcome: Outcome) -> Webhook:
    """The webhook after an attempt."""
    if outcome.error is None:
        return webhook.succeeded(later(outcome.at, seconds=outcome.milliseconds / 1_000))
    failed = webhook.failed(outcome.at)
    if outcome.pause_seconds is None:
        return failed
    until = later(outcome.at, seconds=outcome.milliseconds / 1_000 + outcome.pause_seconds)
    return replace(failed, held_until=max(until, failed.held_until or until))


def store(uow: UnitOfWork, delivery: Delivery, outcome: Outcome) -> Delivery:
    """The delivery after an attempt, which is kept, too; with its event if it died."""
    ladder = uow.terms.webhooks.ladder
    after = uow.deliveries.save(delivery.after(outcome, ladder, chance.randbelow(STEPS + 1) / STEPS))
    error = None if outcome.error is None else str(outcome.error)
    made = DeliveryTry(
        uow.tenant,
        after.uid,
        after.attempts,
        outcome.at,
        outcome.status,
        error,
        outcome.milliseconds,
        outcome.answer,
    )
    uow.deliveries.add_try(made)
    if after.state is DeliveryState.DEAD and not after.is_silent:
        webhook = uow.webhooks.get(after.webhook)
        uow.announce(disabling.DEAD, "webhook", webhook.uid, webhook.owner, webhook=webhook.uid, reason=error)
    return after


def release(uow: UnitOfWork, webhook: Webhook, subjects: set[str]) -> None:
    """Let the first open delivery of each of these subjects be sent, if it waited behind others."""
    if webhook.order is WebhookOrder.NONE or not subjects:
        return
    for delivery in uow.deliveries.next_of(webhook.uid, subjects):
        if delivery.state is DeliveryState.WAITING and delivery.next_at is None:
            uow.deliveries.save(replace(delivery, next_at=uow.now))


def _may_be_behind(webhook: Webhook, delivery: Delivery) -> bool:
    return webhook.order is WebhookOrder.SUBJECT and not delivery.is_test


class Recover(msgspec.Struct, frozen=True):
    """Take back deliveries of a tenant whose lease ran out; with `holder`, all that others than this one hold, which
    no longer run."""

    holder: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def recover(uow: UnitOfWork, command: Recover) -> int:
    """How many. Each counts as an attempt with an unknown outcome, and is sent again at once."""
    lost = uow.deliveries.expired(uow.now, SLICE, other_than=command.holder)
    for uid, webhook in _lock_webhooks(uow, (each.webhook for each in lost)).items():
        mine = [each for each in lost if each.webhook == uid]
        for delivery in mine:
            after = store(uow, delivery, Outcome(uow.now, None, DeliveryError.TIMEOUT))
            if after.is_open:
                next_at = None if _may_be_behind(webhook, delivery) else uow.now
                uow.deliveries.save(replace(after, next_at=next_at))
        release(uow, webhook, {each.subject for each in mine})
    return len(lost)
