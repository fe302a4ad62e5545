"""Two processes that serve one SQLite file, over one: reads, lists and updates at 64 connections."""

from bench import world
from bench.plan import Bench
from bench.servers import dragoman

CLIENTS = 64
WORKS = ("read", "list", "update")
ONE, TWO = "Dragoman", "two workers"


def run(bench: Bench) -> None:
    """All rounds, on SQLite alone: elsewhere nothing of it is new. SystemExit when history lacks a change."""
    if "sqlite" not in bench.plan.engines:
        return
    first = world.make(bench.databases, "sqlite", bench.plan.few)
    second = bench.databases.copy(first)
    with dragoman(first) as one, dragoman(second, TWO, {"DRAGOMAN_SERVER_WORKERS": "2"}) as two:
        works = [(work, CLIENTS) for work in WORKS]
        bench.table.rounds("sqlite", [one, two], works, bench.plan.rounds, bench.plan.seconds)
        accepted = [side.works["update"].turn for side in (one, two)]
    for place, count in zip((first, second), accepted, strict=True):
        if world.changes(place) != count:
            raise SystemExit(f"{world.changes(place)} history rows for {count} accepted updates")
    for work in WORKS:
        name = f"{work}_two_workers_vs_one_sqlite"
        bench.figures[name] = bench.table.ratio("sqlite", work, CLIENTS, TWO, ONE)
