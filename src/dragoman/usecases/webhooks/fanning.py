"""Fanning out: the log behind each active webhook becomes deliveries, in one transaction with the new position.

So no event is lost for a webhook, none comes twice, and none of what was rolled back.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.delivery import Delivery
from dragoman.domain.webhook import DisabledReason, Webhook, WebhookOrder
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks import access, disabling
from dragoman.usecases.webhooks.hearing import Bodies, Message, messages

ROWS = 1_000
"""About how many deliveries a slice makes."""
LEAST_EVENTS = 20


class Fan(msgspec.Struct, frozen=True):
    """Look at events behind the webhooks of a tenant, those that are furthest behind first; or behind some of them."""

    webhooks: frozenset[str] | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Fanned(msgspec.Struct, frozen=True):
    """How many deliveries were made, and whether there are more events to look at."""

    deliveries: int
    has_more: bool


def fan(uow: UnitOfWork, command: Fan) -> Fanned:
    """One slice."""
    active = [webhook for webhook in uow.webhooks.all(Lock.CHANGE) if webhook.is_active]
    last = uow.events.bounds().last
    wanted = command.webhooks
    behind = [each for each in active if each.position < last and (wanted is None or each.uid in wanted)]
    if not behind:
        return Fanned(0, has_more=False)
    position = min(webhook.position for webhook in behind)
    together = [webhook for webhook in behind if webhook.position == position]
    limit = max(ROWS // len(together), LEAST_EVENTS)
    events = uow.events.page(position, last, limit=limit)
    reached = events[-1].sequence if len(events) == limit else last
    bodies, made = Bodies(uow), 0
    for webhook in together:
        owner = access.owner_of(uow, webhook)
        if owner is None:
            disabling.disable(uow, webhook, DisabledReason.OWNER_DISABLED)
            continue
        made += _deliver(uow, webhook, list(messages(uow, webhook, owner, events, bodies)))
        uow.webhooks.save(replace(webhook, position=reached))
    return Fanned(made, has_more=reached < last or len(together) < len(behind))


def _deliver(uow: UnitOfWork, webhook: Webhook, found: list[Message]) -> int:
    blocked = _blocked(uow, webhook, (message.event.subject for message in found))
    for message in found:
        event = message.event
        is_behind = event.subject in blocked
        uow.deliveries.add(
            Delivery(
                uow.tenant,
                uow.new_id(),
                webhook.uid,
                event.sequence,
                event.uid,
                message.type,
                event.subject,
                uow.now,
                message.body,
                next_at=None if is_behind else uow.now,
            )
        )
        if webhook.order is WebhookOrder.SUBJECT:
            blocked.add(event.subject)
    return len(found)


def _blocked(uow: UnitOfWork, webhook: Webhook, subjects: Iterable[str]) -> set[str]:
    """The subjects of which earlier deliveries are open."""
    if webhook.order is WebhookOrder.NONE:
        return set()
    return uow.deliveries.open_subjects(webhook.uid, set(subjects))
