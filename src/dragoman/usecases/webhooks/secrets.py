"""Secrets of webhooks: sealed for the database, opened to sign with."""

from dragoman.domain.clock import Moment
from dragoman.domain.webhook import Webhook
from dragoman.domain.webhook_secret import key_of
from dragoman.usecases.uow import UnitOfWork


def seal(uow: UnitOfWork, uid: str, secret: str) -> str:
    """The secret as the webhook of this id stores it. Conflict `secret_key_missing` without a key."""
    return uow.terms.vault.seal(secret, _place(uid))


def keys(uow: UnitOfWork, webhook: Webhook, now: Moment) -> tuple[bytes, ...]:
    """The keys to sign with, the new one first. Unreadable, or Conflict, where they can't be opened."""
    return tuple(key_of(uow.terms.vault.open(sealed, _place(webhook.uid))) for sealed in webhook.secrets(now))


def _place(uid: str) -> str:
    return f"webhook {uid}"
