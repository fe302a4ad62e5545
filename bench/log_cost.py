"""What the event log costs: updates beside the same of the last commit without it, in turn, each on its own data."""

from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from bench import earlier, event_rows
from bench.compare import WARM_SECONDS
from bench.contenders import Side
from bench.plan import Bench
from bench.servers import dragoman
from bench.world import World, changes, make
from dragoman.store.engine.engines import Engine

BEFORE = "f50a2379"
"""The last commit without the log."""

CONNECTIONS = 64
UPDATES = "update"
NOW, THEN = "Dragoman, with the event log", f"Dragoman {BEFORE}, without"


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine; without that commit the figure is left out."""
    name = f"update_with_events_{engine}"
    try:
        with earlier.checked_out(BEFORE, bench.folder / f"without-{engine}") as source:
            _compare(bench, engine, source)
    except earlier.NotInThisCloneError as fault:
        bench.leave_out(name, str(fault))
    else:
        bench.figures[name] = bench.table.ratio(engine, UPDATES, CONNECTIONS, NOW, THEN)


def _compare(bench: Bench, engine: str, source: Path) -> None:
    few = bench.plan.few
    now = make(bench.databases, engine, few)
    then = earlier.world(source, bench.databases.empty(engine), engine, few)
    with ExitStack() as stack:
        ours = stack.enter_context(dragoman(now, NOW))
        theirs = stack.enter_context(dragoman(then, THEN, earlier.path_of(source)))
        _rounds(bench, engine, [ours, theirs])
    _check(now, ours)
    event_rows.check(now)
    _check(then, theirs)
    if _has_log(then):
        raise SystemExit(f"{theirs.name} has an event log: it is not what it is compared as")


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


def _has_log(place: World) -> bool:
    with Engine(place.url).reader() as connection:
        return bool(sa.inspect(connection).has_table("event"))
