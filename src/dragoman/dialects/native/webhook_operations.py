"""The operations on webhooks and their deliveries, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import webhooks
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import webhooks as bodies
from dragoman.usecases.webhooks import deliveries, subscriptions

_get = partial(operation, method="GET", scopes=any_of("webhook.read"))
_change = partial(operation, writes=True, scopes=any_of("webhook.write"), query=queries.Trial)
_post = partial(_change, method="POST")

WEBHOOKS = (
    _post(
        name="create_webhook",
        path="/webhooks",
        summary="Make a webhook: events are sent to its URL. The secret is shown once.",
        parse=webhooks.parse_create,
        run=subscriptions.add,
        render=webhooks.render_made,
        body=bodies.NewWebhook,
        answer=bodies.MadeWebhook,
        status=201,
        shown_once=("secret",),
        secret_members=("secret",),
    ),
    _get(
        name="list_webhooks",
        path="/webhooks",
        summary="One's own webhooks, for administrators all of the tenant, oldest first.",
        parse=webhooks.parse_list,
        run=subscriptions.list_page,
        render=webhooks.render_list,
        query=queries.Pages,
        answer=bodies.WebhookList,
    ),
    _get(
        name="read_webhook",
        path="/webhooks/{webhook}",
        summary="One webhook.",
        parse=webhooks.parse_get,
        run=subscriptions.get,
        render=replies.one,
        answer=bodies.Webhook,
    ),
    _change(
        name="patch_webhook",
        method="PATCH",
        path="/webhooks/{webhook}",
        summary="Change fields of a webhook by a merge patch; pause it, or let it go on.",
        parse=webhooks.parse_patch,
        run=subscriptions.change,
        render=replies.one,
        body=bodies.WebhookPatch,
        body_media=reading.MERGE_PATCH,
        answer=bodies.Webhook,
        is_conditional=True,
    ),
    _change(
        name="delete_webhook",
        method="DELETE",
        path="/webhooks/{webhook}",
        summary="Delete a webhook. What waits to be sent is dropped.",
        parse=webhooks.parse_delete,
        run=subscriptions.remove,
        render=replies.gone,
        status=204,
        is_conditional=True,
    ),
    _post(
        name="rotate_webhook_secret",
        path="/webhooks/{webhook}/rotate",
        summary="Give a webhook another secret, shown once. The old one signs, too, for some hours.",
        parse=webhooks.parse_rotate,
        run=subscriptions.rotate,
        render=webhooks.render_rotated,
        body=bodies.WebhookRotation,
        body_may_be_empty=True,
        answer=bodies.RotatedWebhookSecret,
        is_conditional=True,
        shown_once=("secret",),
        secret_members=("secret",),
    ),
    _post(
        name="test_webhook",
        path="/webhooks/{webhook}/test",
        summary="Send a test event, whatever the webhook wants to hear of, also when it is paused.",
        parse=webhooks.parse_test,
        run=deliveries.test,
        render=webhooks.render_tested,
        status=202,
        answer=bodies.WebhookTest,
    ),
    _get(
        name="list_webhook_deliveries",
        path="/webhooks/{webhook}/deliveries",
        summary="The deliveries of a webhook, newest first: delivered ones of 7 days, dead ones of 30.",
        parse=webhooks.parse_deliveries,
        run=deliveries.list_page,
        render=webhooks.render_deliveries,
        query=bodies.DeliveryQuery,
        answer=bodies.WebhookDeliveryList,
    ),
    _get(
        name="read_webhook_delivery",
        path="/webhooks/{webhook}/deliveries/{delivery}",
        summary="One delivery, with every attempt and the body.",
        parse=webhooks.parse_delivery,
        run=deliveries.get,
        render=webhooks.render_delivery,
        answer=bodies.WholeWebhookDelivery,
    ),
    _post(
        name="replay_webhook_delivery",
        path="/webhooks/{webhook}/deliveries/{delivery}/replay",
        summary="Send a delivery again, also one that was delivered, with a fresh ladder.",
        parse=webhooks.parse_replay,
        run=deliveries.replay,
        render=webhooks.render_replayed,
        status=202,
        answer=bodies.WebhookDelivery,
    ),
    _post(
        name="replay_webhook",
        path="/webhooks/{webhook}/replay",
        summary="Send all deliveries of a state and time again, at most 10,000, the oldest first.",
        parse=webhooks.parse_replay_many,
        run=deliveries.replay_many,
        render=webhooks.render_count,
        body=bodies.WebhookReplay,
        body_may_be_empty=True,
        status=202,
        answer=bodies.ReplayedDeliveries,
    ),
)
