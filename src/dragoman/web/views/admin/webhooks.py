"""Webhooks: listed, made, changed, given new secrets; their deliveries, dead ones first, looked at and sent again."""

from typing import Any

from msgspec.structs import replace
from starlette.responses import Response

from dragoman.dialects.native.handlers.webhooks import addition, change
from dragoman.dialects.native.wire.webhooks import NewWebhook, WebhookPatch
from dragoman.domain.delivery import Delivery, DeliveryState
from dragoman.domain.webhook import DisabledReason, Webhook, WebhookOrder, WebhookState
from dragoman.domain.webhook_secret import new_secret
from dragoman.usecases.webhooks import deliveries, overview, subscriptions
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ROOT = f"{area.ROOT}/webhooks"
ADDRESS = f"{ROOT}/{{webhook}}"
TEXTS = ("url", "description", "types", "order", "state")
PAGE = 50
EVERY = "all"
STATES = {WebhookState.ACTIVE: N_("Active"), WebhookState.PAUSED: N_("Paused"), WebhookState.DISABLED: N_("Disabled")}
REASONS = {
    DisabledReason.GONE: N_("The receiver answered 410."),
    DisabledReason.FAILING: N_("Nothing succeeded for days."),
    DisabledReason.OWNER_DISABLED: N_("The owner is disabled."),
}
ORDERS = {WebhookOrder.SUBJECT: N_("One after the other for each object"), WebhookOrder.NONE: N_("Each for itself")}
OF_DELIVERIES = {
    DeliveryState.DEAD: N_("Dead"),
    DeliveryState.WAITING: N_("Waiting"),
    DeliveryState.SENDING: N_("Sending"),
    DeliveryState.DELIVERED: N_("Delivered"),
    DeliveryState.WITHHELD: N_("Withheld"),
}


async def show(visit: Visit) -> Response:
    """All webhooks, oldest first."""
    found = await visit.read(overview.list_all, overview.List())
    rows = [
        {"hook": each.webhook, "owner": each.owner, "dead": each.dead, "state": _state(visit, each.webhook.state)}
        for each in found
    ]
    return await area.drawn(visit, "webhooks", "webhooks.html", hooks=rows, may_manage=_may_manage(visit))


async def show_new(visit: Visit) -> Response:
    """The form for a new webhook."""
    return await _form(visit)


async def create(visit: Visit) -> Response:
    """Make a webhook. Its secret is shown this once."""
    visit.require("webhook.write")
    secret = _secret(visit)
    made = await area.attempt(visit, _create(visit, secret))
    if isinstance(made, Refused):
        return await _form(visit, made)
    return await _secret_page(visit, made, secret)


async def _create(visit: Visit, secret: str) -> Webhook:
    members = {name: value for name, value in _typed(visit).items() if value}
    command = replace(addition(area.read_as(NewWebhook, {"url": "", **members})), secret=secret)
    return await visit.keep_once(subscriptions.add, command, _public, Webhook, "create_webhook")


def _secret(visit: Visit) -> str:
    """The secret of a webhook. It isn't kept in clear; sent again, the form leads to the same one."""
    return new_secret(visit.secret_of_form("webhook"))


def _public(made: subscriptions.WithSecret) -> Webhook:
    return replace(made.webhook, secret="", old_secret=None)


async def show_one(visit: Visit) -> Response:
    """A webhook with its deliveries."""
    return await _page(visit)


async def edit(visit: Visit) -> Response:
    """Change what differs from what is stored."""
    visit.require("webhook.write")
    result = await area.attempt(visit, _edit(visit))
    return await _answer(visit, result, visit.gettext("Saved."))


async def _edit(visit: Visit) -> None:
    hook = await visit.read(subscriptions.get, subscriptions.Get(visit.path["webhook"]))
    stored = {**{name: str(getattr(hook, name)) for name in TEXTS}, "types": list(hook.types)}
    fields = {name: value for name, value in _typed(visit).items() if value != stored[name]}
    command = change(hook.uid, area.read_as(WebhookPatch, fields), area.revisions(visit))
    await visit.do_once(subscriptions.change, command, "patch_webhook")


async def delete(visit: Visit) -> Response:
    """Delete a webhook with its deliveries."""
    visit.require("webhook.write")
    command = subscriptions.Remove(visit.path["webhook"])
    await visit.do_once(subscriptions.remove, command, "delete_webhook")
    return visit.acted(ROOT, visit.gettext("The webhook was deleted."))


async def rotate(visit: Visit) -> Response:
    """Another secret, shown this once; the old one signs for a day, too."""
    visit.require("webhook.write")
    command = subscriptions.Rotate(visit.path["webhook"], (secret := _secret(visit)))
    act = visit.keep_once(subscriptions.rotate, command, _public, Webhook, "rotate_webhook_secret")
    result = await area.attempt(visit, act)
    return await (_page(visit, result) if isinstance(result, Refused) else _secret_page(visit, result, secret))


async def test(visit: Visit) -> Response:
    """Send it an event of its own."""
    visit.require("webhook.write")
    await visit.do_once(deliveries.test, deliveries.Test(visit.path["webhook"]), "test_webhook")
    return visit.acted(f"{_address(visit)}?state={EVERY}", visit.gettext("A test is on its way."))


async def replay(visit: Visit) -> Response:
    """Send one delivery again."""
    visit.require("webhook.write")
    command = deliveries.Replay(visit.path["webhook"], visit.path["delivery"])
    await visit.do_once(deliveries.replay, command, "replay_webhook_delivery")
    return visit.acted(_address(visit), visit.gettext("The delivery is sent again."))


async def replay_dead(visit: Visit) -> Response:
    """Send all dead deliveries again."""
    visit.require("webhook.write")
    command = deliveries.ReplayMany(visit.path["webhook"], DeliveryState.DEAD)
    count = await visit.write_once(deliveries.replay_many, command, int, "replay_webhook")
    said = visit.ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count)
    return visit.acted(_address(visit), said)


async def show_delivery(visit: Visit) -> Response:
    """A delivery with every attempt and its body."""
    command = deliveries.Get(visit.path["webhook"], visit.path["delivery"])
    found = await visit.read(deliveries.get, command)
    return await area.drawn(
        visit,
        "webhooks",
        "delivery.html",
        delivery=_row(visit, found.delivery),
        body=found.delivery.body,
        tries=[(each, visit.moments.of(each.at)) for each in found.tries],
        root=_address(visit),
        may_manage=_may_manage(visit),
    )


def _typed(visit: Visit) -> dict[str, Any]:
    form = visit.form
    members: dict[str, Any] = {name: form.text(name).strip() for name in TEXTS if name in form}
    if "types" in members:
        members["types"] = area.words_of(members["types"])
    return members


async def _answer(visit: Visit, result: object, said: str) -> Response:
    return await _page(visit, result) if isinstance(result, Refused) else visit.acted(_address(visit), said)


def _address(visit: Visit) -> str:
    return ADDRESS.format(webhook=visit.path["webhook"])


async def _form(visit: Visit, refused: Refused = NOTHING) -> Response:
    values = {"types": "*", "order": "subject", "state": "active"}
    values = {name: visit.form.text(name) if name in visit.form else values.get(name, "") for name in TEXTS}
    return await area.drawn(visit, "webhooks", "new_webhook.html", refused, values=values, **_choices(visit))


async def _secret_page(visit: Visit, hook: Webhook, secret: str) -> Response:
    return await area.drawn(visit, "webhooks", "secret.html", hook=hook, secret=secret, onward=f"{ROOT}/{hook.uid}")


def _choices(visit: Visit) -> dict[str, Any]:
    return {
        "orders": [(str(order), visit.gettext(words)) for order, words in ORDERS.items()],
        "states": [(str(state), _state(visit, state)) for state in (WebhookState.ACTIVE, WebhookState.PAUSED)],
    }


def _state(visit: Visit, state: WebhookState) -> str:
    return visit.gettext(STATES[state])


async def _page(visit: Visit, refused: Refused = NOTHING) -> Response:
    wanted = visit.request.first("state") or ""
    command = overview.Look(
        visit.path["webhook"],
        PAGE,
        DeliveryState(wanted) if wanted in set(DeliveryState) else None,
        is_any=wanted == EVERY,
        after=area.place(visit, str),
    )
    found = await visit.read(overview.look, command)
    hook = found.webhook
    values = {**{name: str(getattr(hook, name)) for name in TEXTS}, "types": " ".join(hook.types)}
    is_typed = refused is not NOTHING
    values |= {name: visit.form.text(name) for name in values if is_typed and name in visit.form}
    offers = _choices(visit)
    if hook.state is WebhookState.DISABLED:
        offers["states"].append((str(hook.state), _state(visit, hook.state)))
    moment = visit.moments.of
    return await area.drawn(
        visit,
        "webhooks",
        "webhook.html",
        refused,
        hook=hook,
        owner=found.owner,
        reason=visit.gettext(REASONS[hook.disabled_reason]) if hook.disabled_reason else "",
        failing=None if hook.failing_since is None else moment(hook.failing_since),
        succeeded=None if hook.last_success_at is None else moment(hook.last_success_at),
        old_until=None if hook.old_secret_until is None else moment(hook.old_secret_until),
        dead=found.counts[DeliveryState.DEAD],
        tabs=[
            (str(state), visit.gettext(words), _count(found.counts[state]), state is found.state)
            for state, words in OF_DELIVERIES.items()
        ],
        chosen=EVERY if found.state is None else str(found.state),
        rows=[_row(visit, each) for each in found.page.items],
        next_after=None if found.page.after is None else area.written(found.page.after),
        root=_address(visit),
        values=values,
        may_manage=_may_manage(visit),
        **offers,
    )


def _count(count: int) -> str:
    return str(count) if count < overview.MOST_COUNTED else f"{overview.MOST_COUNTED - 1}+"


def _row(visit: Visit, delivery: Delivery) -> dict[str, Any]:
    moment = visit.moments.of
    return {
        "id": delivery.uid,
        "type": delivery.type,
        "subject": delivery.subject,
        "state": str(delivery.state),
        "words": visit.gettext(OF_DELIVERIES[delivery.state]),
        "attempts": delivery.attempts,
        "last": delivery.last_error or delivery.last_status or "",
        "status": delivery.last_status,
        "made": moment(delivery.created_at),
        "next": None if delivery.next_at is None else moment(delivery.next_at),
        "may_replay": delivery.state in deliveries.REPLAYED,
    }


def _may_manage(visit: Visit) -> bool:
    return visit.require().has_scope(frozenset({"webhook.write"}))


PAGES = (
    area.page(ROOT, show),
    area.page(f"{ROOT}/new", show_new, create),
    area.page(ADDRESS, show_one, edit),
    area.page(f"{ADDRESS}/delete", act=delete),
    area.page(f"{ADDRESS}/rotate", act=rotate),
    area.page(f"{ADDRESS}/test", act=test),
    area.page(f"{ADDRESS}/replay", act=replay_dead),
    area.page(f"{ADDRESS}/deliveries/{{delivery}}", show_delivery),
    area.page(f"{ADDRESS}/deliveries/{{delivery}}/replay", act=replay),
)
