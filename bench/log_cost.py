"""What the event log costs: updates beside those of the same server without it, in turn, each on its own data."""

import sys
from contextlib import ExitStack

from bench import event_rows
from bench.compare import WARM_SECONDS
from bench.contenders import Side
from bench.plan import Bench
from bench.servers import dragoman
from bench.world import World, changes, make

CONNECTIONS = 64
UPDATES = "update"
WITH, WITHOUT = "Dragoman", "Dragoman without its event log"
PROGRAM = (sys.executable, "-m", "bench.without_events")


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    few = bench.plan.few
    logged, unlogged = (make(bench.databases, engine, few) for _ in range(2))
    begun = event_rows.counted(unlogged)["events"]
    with ExitStack() as stack:
        ours = stack.enter_context(dragoman(logged, WITH))
        theirs = stack.enter_context(dragoman(unlogged, WITHOUT, program=PROGRAM))
        _rounds(bench, engine, [ours, theirs])
    _check(logged, ours)
    event_rows.check(logged)
    _check(unlogged, theirs)
    if event_rows.counted(unlogged)["events"] != begun:
        raise SystemExit(f"{theirs.name} wrote events: it is not what it is compared as")
    bench.figures[f"update_with_events_{engine}"] = bench.table.ratio(engine, UPDATES, CONNECTIONS, WITH, WITHOUT)


def _rounds(bench: Bench, engine: str, sides: list[Side]) -> None:
    """Each side begins every other round, so that neither always comes behind the other's writes."""
    for side in sides:
        side.ask(UPDATES, CONNECTIONS, WARM_SECONDS)
    for round_ in range(bench.plan.rounds):
        for side in sides if round_ % 2 else reversed(sides):
            bench.table.measure(engine, side, UPDATES, CONNECTIONS, bench.plan.seconds)


def _check(place: World, side: Side) -> None:
    rows, accepted = changes(place), side.works[UPDATES].turn
    if rows != accepted:
        raise SystemExit(f"{side.name} on {place.engine}: {rows} history rows for {accepted} accepted updates")
