"""Webhooks: made, listed, changed, deleted, given new secrets, tested; and their deliveries."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from dragoman.dialects.kit import Reply, Request, json, times
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import webhooks as wire
from dragoman.domain.clock import Moment
from dragoman.domain.delivery import Delivery, DeliveryState
from dragoman.domain.webhook import WebhookFilter, WebhookState
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.webhooks import deliveries, subscriptions

READ_ONLY = frozenset(wire.MadeWebhook.__struct_fields__)
LATEST = "latest"
LISTS = ("categories", "cases", "assignees", "not_actors", "not_dialects")


def parse_create(request: Request, query: queries.Trial) -> subscriptions.Add:
    """A webhook to be made."""
    return reading.body(request, wire.NewWebhook, addition, read_only=READ_ONLY)


def addition(new: wire.NewWebhook) -> subscriptions.Add:
    """The command that makes the webhook."""
    fields = {
        "description": new.description,
        "types": tuple(dict.fromkeys(new.types)),
        "filter": WebhookFilter(**_lists(wire.set_members(new.filter))),
        "order": new.order,
        "state": WebhookState(new.state),
    }
    since = None if new.since == LATEST else new.since
    return subscriptions.Add(new.url, fields, None if new.secret is UNSET else new.secret, since)


def render_made(made: subscriptions.WithSecret, request: Request) -> Reply:
    """201 with the webhook and its secret, and where it is."""
    shown = json.encode(views.webhook(made.webhook, made.secret))
    headers = [("Location", f"{request.full_path}/{made.uid}"), replies.etag(made.revision)]
    return Reply(201, shown, replies.JSON, headers)


def parse_get(request: Request, query: queries.Nothing) -> subscriptions.Get:
    """One webhook."""
    return subscriptions.Get(request.path["webhook"])


def parse_list(request: Request, query: queries.Pages) -> subscriptions.List:
    """A page of them."""
    position = cursors.read(request, query.cursor, (str,))
    return subscriptions.List(query.limit, None if position is None else str(position[0]))


def render_list(page: subscriptions.Page, request: Request) -> Reply:
    following = UNSET if page.after is None else cursors.link(request, (page.after,))
    return replies.plain(wire.WebhookList([views.webhook(each) for each in page.items], following))


def parse_patch(request: Request, query: queries.Trial) -> subscriptions.Change:
    """A merge patch: what is named changes."""
    webhook, revisions = request.path["webhook"], reading.if_match(request)
    return reading.body(
        request,
        wire.WebhookPatch,
        lambda patch: change(webhook, patch, revisions),
        media=reading.MERGE_PATCH,
        read_only=READ_ONLY,
    )


def change(webhook: str, patch: wire.WebhookPatch, revisions: Revisions | None) -> subscriptions.Change:
    """What a patch changes of a webhook."""
    named = wire.set_members(patch)
    catch_up = named.pop("catch_up", None)
    if catch_up is not None and patch.state != "active":
        raise subscriptions.bad_catch_up()
    lists = named.pop("filter", UNSET)
    fields = {name: _plain(name, value) for name, value in named.items()}
    command = subscriptions.Change(webhook, fields, catch_up is not False, revisions)
    return command if lists is UNSET else replace(command, filters=_filters(lists))


def parse_delete(request: Request, query: queries.Trial) -> subscriptions.Remove:
    """A webhook to be deleted."""
    return subscriptions.Remove(request.path["webhook"], reading.if_match(request))


def parse_rotate(request: Request, query: queries.Trial) -> subscriptions.Rotate:
    """A webhook that gets another secret."""

    def build(rotation: wire.WebhookRotation) -> subscriptions.Rotate:
        secret = None if rotation.secret is UNSET else rotation.secret
        revisions = reading.if_match(request)
        return subscriptions.Rotate(request.path["webhook"], secret, rotation.overlap_hours, revisions)

    return reading.body(request, wire.WebhookRotation, build, may_be_empty=True)


def render_rotated(rotated: subscriptions.WithSecret, request: Request) -> Reply:
    shown = wire.RotatedWebhookSecret(rotated.secret, views.maybe(rotated.webhook.old_secret_until))
    return replies.plain(shown, [replies.etag(rotated.revision)])


def parse_test(request: Request, query: queries.Trial) -> deliveries.Test:
    """A webhook to be tested."""
    return deliveries.Test(request.path["webhook"])


def render_tested(delivery: Delivery, request: Request) -> Reply:
    """202 with the delivery's id."""
    return Reply(202, json.encode(wire.WebhookTest(delivery.uid)), replies.JSON)


def parse_deliveries(request: Request, query: wire.DeliveryQuery) -> deliveries.List:
    """A page of the deliveries of a webhook."""
    position = cursors.read(request, query.cursor, (str,))
    state = None if isinstance(query.state, UnsetType) else query.state
    after = None if position is None else str(position[0])
    return deliveries.List(request.path["webhook"], query.limit, state, after)


def render_deliveries(page: deliveries.Page, request: Request) -> Reply:
    following = UNSET if page.after is None else cursors.link(request, (page.after,))
    return replies.plain(wire.WebhookDeliveryList([views.delivery(each) for each in page.items], following))


def parse_delivery(request: Request, query: queries.Nothing) -> deliveries.Get:
    """One delivery."""
    return deliveries.Get(request.path["webhook"], request.path["delivery"])


def render_delivery(shown: deliveries.WithTries, request: Request) -> Reply:
    return replies.plain(views.whole_delivery(shown))


def parse_replay(request: Request, query: queries.Trial) -> deliveries.Replay:
    """A delivery to be sent again."""
    return deliveries.Replay(request.path["webhook"], request.path["delivery"])


def render_replayed(delivery: Delivery, request: Request) -> Reply:
    """202 with the delivery."""
    return Reply(202, json.encode(views.delivery(delivery)), replies.JSON)


def parse_replay_many(request: Request, query: queries.Trial) -> deliveries.ReplayMany:
    """Deliveries to be sent again."""

    def build(replay: wire.WebhookReplay) -> deliveries.ReplayMany:
        state = None if replay.state is None else DeliveryState(replay.state)
        return deliveries.ReplayMany(request.path["webhook"], state, _moment(replay.from_), _moment(replay.until))

    return reading.body(request, wire.WebhookReplay, build, may_be_empty=True)


def render_count(count: int, request: Request) -> Reply:
    """202 with how many."""
    return Reply(202, json.encode(wire.ReplayedDeliveries(count)), replies.JSON)


def _moment(text: str | UnsetType | None) -> Moment | None:
    return times.parse_iso(text) if isinstance(text, str) else None


def _plain(name: str, value: Any) -> Any:
    if name == "types":
        return tuple(dict.fromkeys(value))
    return WebhookState(value) if name == "state" else value


def _filters(patch: wire.WebhookFilterPatch | None) -> Mapping[str, Any]:
    """The lists that change; a filter of null ends them all."""
    return dict.fromkeys(LISTS) if patch is None else _lists(wire.set_members(patch))


def _lists(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if value is None else tuple(each.lower() if name == "assignees" else each for each in value)
        for name, value in members.items()
    }
