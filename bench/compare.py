"""Contenders do the same work in turn, round by round: the results of each round, and the medians of the ratios."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench import gauges
from bench.contenders import Contender

WARM_SECONDS = 0.3


@dataclass(frozen=True)
class Row:
    """What one contender gave for one kind of work: in a round, or in the middle of all rounds."""

    engine: str
    work: str
    connections: int
    name: str
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    database_cpu_us: float
    memory_mb: float


MEASURED = ("rate", "p50_ms", "p99_ms", "cpu_us", "database_cpu_us")


class Table:
    """All rounds of a run, reported as they finish. `database` is the process that PostgreSQL's others descend from."""

    def __init__(self, database: int, report: Callable[[str], None]) -> None:
        self._database, self._report = database, report
        self._rows: dict[tuple[str, str, int, str], list[Row]] = {}

    def rounds(
        self,
        engine: str,
        contenders: Sequence[Contender],
        works: Sequence[tuple[str, int]],
        count: int,
        seconds: float,
    ) -> None:
        """So many rounds: for each kind of work and number of connections all who can do it, one after the other."""
        for work, connections in works:
            for contender in contenders:
                if work in contender.works:
                    contender.ask(work, connections, WARM_SECONDS)  # one-time work is not measured
        for _ in range(count):
            for work, connections in works:
                for contender in contenders:
                    if work in contender.works:
                        self.measure(engine, contender, work, connections, seconds)

    def measure(
        self, engine: str, contender: Contender, work: str, connections: int, seconds: float, *, name: str = ""
    ) -> Row:
        """One contender, once."""
        pids, database = contender.pids(), gauges.family(self._database) if engine == "postgres" else []
        before, database_before = gauges.cpu_seconds(pids), gauges.cpu_seconds(database)
        found = contender.ask(work, connections, seconds)
        cpu, database_cpu = gauges.cpu_seconds(pids) - before, gauges.cpu_seconds(database) - database_before
        row = Row(
            engine,
            work,
            connections,
            name or contender.name,
            found.rate,
            found.p50_ms,
            found.p99_ms,
            cpu / found.count * 1e6,
            database_cpu / found.count * 1e6,
            gauges.memory_mb(pids),
        )
        self._rows.setdefault((engine, work, connections, row.name), []).append(row)
        self._report(line(row))
        return row

    def ratio(self, engine: str, work: str, connections: int, over: str, under: str, figure: str = "rate") -> float:
        """A figure of one over that of another: the median over the rounds that they shared."""
        one, other = (self._rows[engine, work, connections, name] for name in (over, under))
        return _middle(one, other, figure)

    def between(self, engine: str, name: str, connections: int, over: str, under: str, figure: str = "rate") -> float:
        """A figure of one kind of work over that of another, by the same contender."""
        one, other = (self._rows[engine, work, connections, name] for work in (over, under))
        return _middle(one, other, figure)

    def medians(self) -> list[Row]:
        """Each contender's middle over its rounds; its memory as it was last."""
        return [
            replace(rows[-1], **{name: statistics.median(getattr(row, name) for row in rows) for name in MEASURED})
            for rows in self._rows.values()
        ]


def _middle(over: Sequence[Row], under: Sequence[Row], figure: str) -> float:
    ratios: list[float] = [
        getattr(one, figure) / getattr(other, figure) for one, other in zip(over, under, strict=True)
    ]
    return round(statistics.median(ratios), 3)


def line(row: Row) -> str:
    """A row as a line of text."""
    return (
        f"{row.engine:9}{row.work:8}c{row.connections:<4}{row.name:40}{row.rate:8.0f}/s"
        f"  p50 {row.p50_ms:8.2f} ms  p99 {row.p99_ms:8.2f} ms"
        f"  CPU {row.cpu_us:7.0f} + {row.database_cpu_us:5.0f} µs  {row.memory_mb:6.1f} MB"
    )
