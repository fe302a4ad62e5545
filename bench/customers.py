"""Identifying a customer by one attribute: among few contacts and among a million, in turn, one request at a time."""

import http.client
import json
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench import world
from bench.contenders import Side
from bench.plan import Bench
from bench.servers import dragoman
from bench.world import World
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.contact_values import values_of
from dragoman.domain.ids import new_id
from dragoman.store import tables
from dragoman.store.engine import bulk_writes
from dragoman.store.engine.engines import Engine
from dragoman.store.unit.mappings import MAPPINGS

SLICE = 5_000
TASKS = 1_000
ROUNDS = 100
MAPPING = MAPPINGS["contact"]


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    counts = (bench.plan.few, bench.plan.many)
    places = [furnished(world.make(bench.databases, engine, TASKS), count) for count in counts]
    with dragoman(places[0], "few") as few, dragoman(places[1], "many") as many:
        times: dict[int, list[float]] = {count: [] for count in counts}
        asking = [Asking(side, count) for side, count in zip((few, many), counts, strict=True)]
        for turn in range(bench.plan.rounds * ROUNDS):
            for each in asking:
                times[each.count].append(each.identify(turn))
    medians = [statistics.median(times[count][ROUNDS // 2 :]) for count in counts]
    bench.report(
        f"{engine:9}identify: {medians[0]:.2f} ms among {counts[0]:,}, {medians[1]:.2f} ms among {counts[1]:,}"
    )
    bench.figures[f"identify_growth_1m_vs_10k_{engine}"] = round(medians[1] / medians[0], 3)


class Asking:
    """A client of one server that identifies one customer after the other."""

    def __init__(self, side: Side, count: int) -> None:
        self.count = count
        self._connection = http.client.HTTPConnection(urlsplit(side.address).netloc, timeout=60.0)
        self._headers = dict(side.works["read"].headers)

    def identify(self, turn: int) -> float:
        """Milliseconds for one search, which finds one customer."""
        number = turn * 7_919 % self.count + 1
        began = time.perf_counter()
        self._connection.request("GET", f"/profiles?EmailAddress=P{number}@Example.com", headers=self._headers)
        reply = self._connection.getresponse()
        found = json.loads(reply.read())
        milliseconds = (time.perf_counter() - began) * 1e3
        if reply.status != 200 or len(found) != 1:
            raise SystemExit(f"the search for customer {number} answered {reply.status}: {found}")
        return milliseconds


def furnished(place: World, count: int) -> World:
    """The world with so many contacts."""
    engine = Engine(place.url)
    for start in range(1, count + 1, SLICE):
        made = list(contacts(place, range(start, min(start + SLICE, count + 1))))
        with engine.writer() as connection, connection.begin():
            bulk_writes.insert(connection, tables.contact, [MAPPING.encode(each, MAPPING.fields) for each in made])
            rows = [
                {"tenant": place.tenant, "attribute": attribute, "value": value, "contact": each.number}
                for each in made
                for attribute, value in values_of(each)
            ]
            bulk_writes.insert(connection, tables.contact_value, rows)
    world.settle(place.url)
    return place


def contacts(place: World, numbers: range) -> Iterator[Contact]:
    """People with an address of their own; a thousand share a name."""
    for number in numbers:
        yield Contact(
            place.tenant,
            number,
            new_id(),
            ContactKind.PERSON,
            first_name=f"Ida {number}",
            last_name=f"Moe {number % 1_000}",
            email=f"p{number}@example.com",
            creator=place.paul,
        )
