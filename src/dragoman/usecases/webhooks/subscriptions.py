"""Webhooks as clients keep them: made, listed, changed, deleted, given new secrets."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import event_cursor, webhook_secret, webhook_url
from dragoman.domain.clock import later
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.webhook import MOST, Webhook, WebhookOrder, WebhookState
from dragoman.domain.webhook_secret import new_secret
from dragoman.usecases import preconditions
from dragoman.usecases.events import event_log
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.uow import UnitOfWork
from dragoman.usecases.webhooks import access, secrets

FAULTY = "The body isn't as it should be; each fault is listed."
HOUR_SECONDS = 3_600.0


class WithSecret(msgspec.Struct, frozen=True):
    """A webhook with its secret in clear, for the one reply that shows it."""

    webhook: Webhook
    secret: str

    @property
    def uid(self) -> str:
        return self.webhook.uid

    @property
    def revision(self) -> int:
        return self.webhook.revision


class Add(msgspec.Struct, frozen=True):
    """Make a webhook. It hears of events behind `since`, the cursor of a place in the log; None is the end of it."""

    url: str
    fields: Mapping[str, Any] = {}
    secret: str | None = None
    since: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def add(uow: UnitOfWork, command: Add) -> WithSecret:
    """Conflict when there are too many, and without a key for secrets. Invalid for a URL that isn't allowed."""
    access.check(uow)
    _check(uow, command.url, command.secret)
    secret = command.secret or new_secret()
    uow.numbers.draw("webhook")  # locks: no other is made until the commit
    if uow.webhooks.count() >= MOST:
        raise Conflict("too_many_webhooks", f"A tenant has {MOST} webhooks at most.", most=MOST)
    uid = uow.new_id()
    webhook = Webhook(
        uow.tenant,
        uid,
        command.url,
        uow.principal.user or access.NOBODY,
        secrets.seal(uow, uid, secret),
        position=_position(uow, command.since),
        created_at=uow.now,
        modified_at=uow.now,
        **command.fields,
    )
    return WithSecret(uow.webhooks.add(webhook), secret)


def _position(uow: UnitOfWork, since: str | None) -> int:
    bounds = uow.events.bounds()
    if since is None:
        return bounds.last
    try:
        place = event_cursor.decode(since)
    except Invalid as refused:
        problem = Problem("/since", "bad_cursor", "is not a cursor of an event log")
        raise Invalid(refused.code, refused.message, (problem,)) from None
    return event_cursor.checked(place, event_log.log_id(uow), *bounds)


class Get(msgspec.Struct, frozen=True):
    """One webhook."""

    webhook: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def get(uow: UnitOfWork, command: Get) -> Webhook:
    """NotFound for one that isn't the caller's, unless he is an administrator."""
    return access.found(uow, command.webhook)


class List(msgspec.Struct, frozen=True):
    """A page of them, oldest first, behind an id."""

    limit: int
    after: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """Webhooks, and the id behind which the next page begins."""

    items: list[Webhook]
    after: str | None


def list_page(uow: UnitOfWork, command: List) -> Page:
    """One's own, for administrators all."""
    found = uow.webhooks.page(access.owner_shown(uow), command.after, command.limit + 1)
    items = found[: command.limit]
    return Page(items, items[-1].uid if len(found) > len(items) else None)


class Change(msgspec.Struct, frozen=True):
    """Change the given fields, and the given lists of the filter; `state` is active or paused. Without `catch_up`, it
    goes on at the end of the log, and what waits is dropped."""

    webhook: str
    fields: Mapping[str, Any]
    catch_up: bool = True
    revisions: Revisions | None = None
    filters: Mapping[str, Any] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def change(uow: UnitOfWork, command: Change) -> Webhook:
    """The changed webhook. Conflict `events_gone` when what it would go on with isn't kept any more."""
    webhook = access.found(uow, command.webhook, Lock.CHANGE)
    preconditions.check(uow, "webhook", webhook, command.revisions)
    fields = dict(command.fields)
    if "url" in fields and fields["url"] != webhook.url:
        _check(uow, fields["url"])
    after = replace(webhook, **fields, filter=replace(webhook.filter, **command.filters))
    if after.state is not webhook.state and webhook.state is WebhookState.DISABLED:
        after = replace(after, disabled_reason=None, failing_since=None)
    if after.state is WebhookState.ACTIVE and "state" in fields:
        after = _activated(uow, webhook, after, catch_up=command.catch_up)
    if after == webhook:
        return webhook
    if after.order is not webhook.order:
        _reorder(uow, after)
    return uow.webhooks.save(after.revised(uow.now))


def _activated(uow: UnitOfWork, before: Webhook, after: Webhook, *, catch_up: bool) -> Webhook:
    if not catch_up:
        uow.deliveries.drop_waiting(after.uid)
        after = replace(after, position=uow.events.bounds().last)
    elif before.position < uow.events.bounds().before:
        raise Conflict(
            "events_gone",
            "Events that it has not heard of are no longer kept. With catch_up false it goes on with the next one.",
        )
    return after


def _reorder(uow: UnitOfWork, webhook: Webhook) -> None:
    if webhook.order is WebhookOrder.NONE:
        uow.deliveries.release_blocked(webhook.uid, uow.now)
    else:
        uow.deliveries.block_later(webhook.uid)


class Remove(msgspec.Struct, frozen=True):
    """Delete a webhook."""

    webhook: str
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def remove(uow: UnitOfWork, command: Remove) -> None:
    """Its deliveries go, too, also those that wait."""
    webhook = access.found(uow, command.webhook, Lock.CHANGE)
    preconditions.check(uow, "webhook", webhook, command.revisions)
    uow.deliveries.drop_all(webhook.uid)
    uow.webhooks.remove(webhook)


class Rotate(msgspec.Struct, frozen=True):
    """Give a webhook another secret. The old one signs, too, for some hours."""

    webhook: str
    secret: str | None = None
    overlap_hours: int = 24
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def rotate(uow: UnitOfWork, command: Rotate) -> WithSecret:
    """The webhook with its new secret. Of three, the oldest signs no more."""
    webhook = access.found(uow, command.webhook, Lock.CHANGE)
    preconditions.check(uow, "webhook", webhook, command.revisions)
    _check(uow, None, command.secret)
    secret = command.secret or new_secret()
    until = later(uow.now, seconds=command.overlap_hours * HOUR_SECONDS) if command.overlap_hours else None
    rotated = replace(
        webhook,
        secret=secrets.seal(uow, webhook.uid, secret),
        old_secret=webhook.secret if until is not None else None,
        old_secret_until=until,
    )
    return WithSecret(uow.webhooks.save(rotated.revised(uow.now)), secret)


def _check(uow: UnitOfWork, url: str | None, secret: str | None = None) -> None:
    """Invalid with every fault of both; None is not looked at."""
    of_url = () if url is None else webhook_url.faults(url, uow.terms.webhooks.urls)
    of_secret = () if secret is None else webhook_secret.faults(secret)
    if of_url or of_secret:
        raise Invalid("invalid_body", FAULTY, (*of_url, *of_secret))


def bad_catch_up() -> Invalid:
    """The error for `catch_up` without what it is about."""
    why = "is for the change to the state active"
    return Invalid("invalid_body", FAULTY, (Problem("/catch_up", "contradiction", why),))
