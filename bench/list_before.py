"""Lists beside those of an earlier commit: processor time of a request in its processes, each on its own data."""

from contextlib import ExitStack
from pathlib import Path

from bench import earlier
from bench.plan import BEFORE, Bench
from bench.servers import dragoman
from bench.world import make

CONNECTIONS = 64
LISTS = "list"
NOW, THEN = "Dragoman, lists", f"Dragoman {BEFORE}, lists"


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine; without that commit the figure is left out."""
    name = f"list_vs_before_{engine}"
    try:
        with earlier.checked_out(BEFORE, bench.folder / f"lists-{engine}") as source:
            _rounds(bench, engine, source)
    except earlier.NotInThisCloneError as fault:
        bench.leave_out(name, str(fault))
    else:
        bench.figures[name] = bench.table.ratio(engine, LISTS, CONNECTIONS, THEN, NOW, "cpu_us")


def _rounds(bench: Bench, engine: str, source: Path) -> None:
    now = make(bench.databases, engine, bench.plan.few)
    then = earlier.world(source, bench.databases.empty(engine), engine, bench.plan.few)
    with ExitStack() as stack:
        ours = stack.enter_context(dragoman(now, NOW))
        theirs = stack.enter_context(dragoman(then, THEN, earlier.path_of(source)))
        bench.table.rounds(engine, [ours, theirs], [(LISTS, CONNECTIONS)], bench.plan.rounds, bench.plan.seconds)
