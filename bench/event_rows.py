"""The rows of the event log, counted beside those of history."""

import sqlalchemy as sa

from bench.world import World
from dragoman.store import tables
from dragoman.store.engine.engines import Engine

_event = tables.event.c
_of_history = sa.select(_event.subject, _event.revision).where(_event.revision.is_not(None))
COUNTS = {
    "history rows": sa.select(sa.func.count()).select_from(tables.history),
    "events of history": sa.select(sa.func.count()).select_from(_of_history.subquery()),
    "changes in events": sa.select(sa.func.count()).select_from(_of_history.distinct().subquery()),
    "events": sa.select(sa.func.count()).select_from(tables.event),
    "last sequence": sa.select(sa.func.coalesce(sa.func.max(_event.sequence), 0)),
}


def check(world: World) -> None:
    """SystemExit unless each row of history has one event, and the sequences have no gap."""
    found = counted(world)
    rows, *of_history, events, last = found.values()
    if any(count != rows for count in of_history) or events != last:
        raise SystemExit(f"the event log on {world.engine} is wrong: {found}")


def counted(world: World) -> dict[str, int]:
    """How many rows there are of each kind, and the last sequence."""
    with Engine(world.url).reader() as connection:
        return {name: int(connection.execute(query).scalar_one()) for name, query in COUNTS.items()}
