"""The whole log read by delta, page by page, by a user who may see all of it."""

import http.client
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from bench import event_rows
from bench.contenders import Side
from bench.gauges import cpu_seconds
from bench.plan import Bench
from bench.servers import dragoman
from bench.world import World, make

PAGE = 1_000
PATIENCE_SECONDS = 60.0


class Page(msgspec.Struct, frozen=True):
    """A page of the log; its events are read when the time is over."""

    items: list[msgspec.Raw]
    next: str
    more: bool


class Event(msgspec.Struct, frozen=True):
    """What is looked at of an event."""

    type: str
    sequence: str


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine: each reads the log from its beginning."""
    size = bench.plan.events
    place = make(bench.databases, engine, size)
    rates = []
    with dragoman(place) as side:
        for _ in range(bench.plan.rounds):
            cpu, began = cpu_seconds(side.pids()), time.perf_counter()
            pages = list(_pages(side, place))
            seconds = time.perf_counter() - began
            count = sum(len(page.items) for page in pages)
            check(pages, size)
            cpu = (cpu_seconds(side.pids()) - cpu) / count * 1e6
            bench.report(f"{engine:9}delta: {count:,} events, {count / seconds:.0f}/s  CPU {cpu:.0f} µs")
            rates.append(count / seconds)
    event_rows.check(place)
    bench.figures[f"delta_events_per_second_{engine}"] = round(statistics.median(rates))


def _pages(side: Side, place: World) -> Iterator[Page]:
    connection = http.client.HTTPConnection(urlsplit(side.address).netloc, timeout=PATIENCE_SECONDS)
    since, more = "earliest", True
    while more:
        connection.request("GET", f"/v1/events?since={since}&limit={PAGE}", headers=dict(side.works["read"].headers))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"delta answered {answer.status}: {body[:500]!r}")
        page = msgspec.json.decode(body, type=Page)
        yield page
        since, more = page.next, page.more
    connection.close()


def check(pages: list[Page], size: int) -> None:
    """Each task's creation is there, once and in order."""
    events = [msgspec.json.decode(item, type=Event) for page in pages for item in page.items]
    sequences = [event.sequence for event in events]
    created = sum(event.type == "task.created" for event in events)
    if created != size or sorted(set(sequences)) != sequences:
        raise SystemExit(f"delta has {created} of {size} creations, or not each event once and in order")
