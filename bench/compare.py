"""Two servers asked for the same in turn, round by round: what each round gave, and the medians of the ratios."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import gauges
from bench.load import load
from bench.sides import Side


@dataclass(frozen=True)
class Row:
    """One line of the table: a server, what it was asked for, and what that cost."""

    server: str
    engine: str
    work: str
    connections: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    database_cpu_us: float
    memory_mb: float


def measure(side: Side, engine: str, name: str, connections: int, seconds: float, database: Sequence[int]) -> Row:
    """One round of one server. `database` is its database's processes, none for SQLite."""
    pids = gauges.family(side.pid)
    server_before, database_before = gauges.cpu_seconds(pids), gauges.cpu_seconds(database)
    found = load(side.address, side.works[name], connections, seconds)
    server = gauges.cpu_seconds(pids) - server_before
    behind = gauges.cpu_seconds(database) - database_before
    return Row(
        side.name,
        engine,
        name,
        connections,
        found.rate,
        found.p50_ms,
        found.p99_ms,
        server / found.count * 1e6,
        behind / found.count * 1e6,
        gauges.memory_mb(side.pid),
    )


def median_of(rows: Sequence[Row]) -> Row:
    """The middle of each figure over the rounds of one server and work; memory as it was last."""
    one = rows[0]
    numbers = ("rate", "p50_ms", "p99_ms", "cpu_us", "database_cpu_us")
    middle = {name: statistics.median(getattr(row, name) for row in rows) for name in numbers}
    return Row(one.server, one.engine, one.work, one.connections, memory_mb=rows[-1].memory_mb, **middle)


def rounds(
    sides: Sequence[Side],
    engine: str,
    works: Sequence[tuple[str, int]],
    *,
    count: int,
    seconds: float,
    database: Callable[[], Sequence[int]],
    tell: Callable[[Row], None],
) -> dict[tuple[str, int], list[list[Row]]]:
    """For each work its rounds, and in each round a row for each side."""
    found: dict[tuple[str, int], list[list[Row]]] = {work: [] for work in works}
    for work, connections in works:
        for side in sides:
            load(side.address, side.works[work], connections, 0.3)  # nobody pays for what is done once
    for _ in range(count):
        for work, connections in works:
            rows = [measure(side, engine, work, connections, seconds, database()) for side in sides]
            found[work, connections].append(rows)
            for row in rows:
                tell(row)
    return found


def ratio(rounds_of_two: Sequence[Sequence[Row]]) -> float:
    """How many times as many requests the first side answered as the second: the median over the rounds."""
    return round(statistics.median(first.rate / second.rate for first, second in rounds_of_two), 3)
