"""Disabling a webhook: it stops, and its owner gets an event."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.webhook import DisabledReason, Webhook
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks import access

DISABLED, DEAD = "webhook.disabled", "webhook.dead"


def disable(uow: UnitOfWork, webhook: Webhook, reason: DisabledReason) -> Webhook:
    """The webhook, disabled and saved, with its event."""
    uow.announce(DISABLED, "webhook", webhook.uid, webhook.owner, webhook=webhook.uid, reason=str(reason))
    return uow.webhooks.save(webhook.disabled(reason, uow.now))


class DisableOrphans(msgspec.Struct, frozen=True):
    """Disable the webhooks of a tenant whose owners can't hear any more."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def disable_orphans(uow: UnitOfWork, command: DisableOrphans) -> int:
    """How many."""
    found = [each for each in uow.webhooks.all(Lock.CHANGE) if each.is_active and access.owner_of(uow, each) is None]
    for webhook in found:
        disable(uow, webhook, DisabledReason.OWNER_DISABLED)
    return len(found)
