"""Webhooks to a receiver that answers at once, alone and beside endpoints that never answer.

All subscribe before the updates of a while, and are paused until these are in the log. A rate is those updates over the
time from the moment at which the subscription is active until the last of them has arrived. The fast receiver has
answered before; the dead ones have not been tried.
"""

import base64
import secrets
import statistics
import time
from typing import Any

import msgspec

from bench import event_rows
from bench.contenders import Side
from bench.gauges import cpu_seconds
from bench.plan import Bench
from bench.receivers import PATIENCE_SECONDS, Received, Receivers, receiving
from bench.servers import answer, dragoman
from bench.world import World, changes, make

CONNECTIONS = 64
DEAD = 50
PATH = "/v1/webhooks"
VARIABLES = {
    "DRAGOMAN_WEBHOOKS_WHO": "everybody",
    "DRAGOMAN_WEBHOOKS_ALLOW_HTTP": "true",
    "DRAGOMAN_WEBHOOKS_ALLOW_NETWORKS": "127.0.0.0/8",
    "DRAGOMAN_WEBHOOKS_PORTS": "",
    "DRAGOMAN_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
}
"""Receivers on the loopback, and a key for the secrets."""


class Backlog(msgspec.Struct, frozen=True):
    """A database with updates of which nobody has heard, and who has paused subscriptions to them."""

    place: World
    size: int
    fast: dict[str, Any]
    dead: list[dict[str, Any]]


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine, each on two copies of the same database."""
    alone, kept = [], []
    with receiving() as receivers:
        backlog = _backlog(bench, engine, receivers)
        for _ in range(bench.plan.bulk_rounds):
            quiet = _rate(bench, receivers, backlog, [])
            beside = _rate(bench, receivers, backlog, backlog.dead)
            alone.append(quiet)
            kept.append(beside / quiet)
    bench.figures[f"webhooks_per_second_{engine}"] = round(statistics.median(alone))
    bench.figures[f"webhooks_kept_beside_dead_{engine}"] = round(statistics.median(kept), 3)


def _backlog(bench: Bench, engine: str, receivers: Receivers) -> Backlog:
    place = make(bench.databases, engine, bench.plan.few)
    with dragoman(place, variables=VARIABLES) as side:
        dead = [_subscribe(side, receivers.silent_url(number)) for number in range(DEAD)]
        fast = _subscribe(side, receivers.url)
        _prove(side, fast)
        side.ask("update", CONNECTIONS, bench.plan.seconds)
        size = side.works["update"].turn
    if changes(place) != size:
        raise SystemExit(f"webhooks on {engine}: {changes(place)} history rows for {size} accepted updates")
    event_rows.check(place)
    return Backlog(place, size, fast, dead)


def _rate(bench: Bench, receivers: Receivers, backlog: Backlog, dead: list[dict[str, Any]]) -> float:
    """Webhooks a second at the fast receiver, beside these dead ones, all active from the same moment on."""
    place = bench.databases.copy(backlog.place)
    receivers.webhooks, receivers.silent = [], 0
    with dragoman(place, variables=VARIABLES) as side:
        began, cpu = time.perf_counter(), cpu_seconds(side.pids())
        for subscription in (*dead, backlog.fast):
            _activate(side, subscription)
            began = time.perf_counter()
        receivers.wait(backlog.size)
        rate = backlog.size / (receivers.webhooks[-1].at - began)
        cpu = (cpu_seconds(side.pids()) - cpu) / backlog.size * 1e6
    check(receivers.webhooks, backlog.size, backlog.fast["secret"])
    if dead and not receivers.silent:
        raise SystemExit("nothing was sent to an endpoint that never answers")
    bench.report(
        f"{place.engine:9}{backlog.size:,} webhooks beside {len(dead)} dead endpoints: {rate:.0f}/s  CPU {cpu:.0f} µs"
    )
    return rate


def _subscribe(side: Side, url: str) -> dict[str, Any]:
    body = {"url": url, "types": ["task.*"], "state": "paused"}
    subscription: dict[str, Any] = answer(side.address + PATH, side.works["read"].headers, "POST", body)
    return subscription


def _prove(side: Side, subscription: dict[str, Any]) -> None:
    """Let it answer a test, and wait until that is stored."""
    place, headers = f"{side.address}{PATH}/{subscription['id']}", side.works["read"].headers
    answer(f"{place}/test", headers, "POST")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while answer(place, headers)["last_success_at"] is None:
        if time.monotonic() > deadline:
            raise SystemExit("the fast receiver got no test")
        time.sleep(0.05)


def _activate(side: Side, subscription: dict[str, Any]) -> None:
    answer(f"{side.address}{PATH}/{subscription['id']}", side.works["read"].headers, "PATCH", {"state": "active"})


def check(webhooks: list[Received], size: int, secret: str) -> None:
    """Each update arrived once, signed, and those of a task in order."""
    if len({webhook.id for webhook in webhooks}) != len(webhooks) or len(webhooks) != size:
        raise SystemExit(f"{len(webhooks)} webhooks for {size} updates")
    if not all(webhook.is_signed(secret) for webhook in webhooks):
        raise SystemExit("a webhook has a wrong signature")
    last: dict[str, str] = {}
    for webhook in webhooks:
        event = msgspec.json.decode(webhook.body)
        if event["sequence"] <= last.get(event["subject"], ""):
            raise SystemExit(f"webhooks of {event['subject']} came out of order")
        last[event["subject"]] = event["sequence"]
