"""Measures Dragoman beside its rivals, on both engines, each in a temporary place and flushing as an installation does.

python -m tools.bench [--only update,read,list] [--engines sqlite,postgres] [--rounds N] [--seconds N] [--tasks N]

The last line is JSON with all figures. With QUICK=1 in the environment it is short.
"""

import argparse
import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import compare, gauges, rivals, sides, world
from tests.postgres import PostgreSQL

ENGINES = ("sqlite", "postgres")
WORKS = {"update": (64, 1), "read": (64,), "list": (64,)}
"""At how many connections each kind of request is compared."""


def main() -> None:
    """Run what is asked for."""
    options = _options()
    rivals.install()
    figures: dict[str, float] = {}
    with PostgreSQL(durable=True) as server, tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        databases = world.Databases(server, Path(folder))
        for engine in options.engines.split(","):
            pid = server.pid if engine == "postgres" else 0
            figures |= versus_conventional(options, databases, engine, pid)
    print(json.dumps(figures))


def versus_conventional(
    options: argparse.Namespace, databases: world.Databases, engine: str, database_pid: int
) -> dict[str, float]:
    """Our ratios to the conventional way on one engine."""
    works = [(work, callers) for work in options.only.split(",") for callers in WORKS[work]]
    worlds = [world.make(databases, engine, options.tasks)]
    worlds.append(databases.copy(worlds[0]))
    with ExitStack() as stack:
        both = [
            stack.enter_context(side(at)) for side, at in zip((sides.dragoman, sides.conventional), worlds, strict=True)
        ]
        found = compare.rounds(
            both,
            engine,
            works,
            count=options.rounds,
            seconds=options.seconds,
            database=lambda: gauges.family(database_pid) if database_pid else (),
            tell=tell,
        )
    for side, at in zip(both, worlds, strict=True):
        rows, accepted = world.history_rows(at), side.works["update"].turn
        if rows != accepted:
            raise SystemExit(f"{side.name} on {engine}: {rows} history rows for {accepted} accepted updates")
    print(f"history rows = accepted updates on both: {', '.join(str(side.works['update'].turn) for side in both)}")
    return {
        f"{work}{'_c1' if callers == 1 else ''}_vs_conventional_{engine}": compare.ratio(rows)
        for (work, callers), rows in found.items()
    }


def tell(row: compare.Row) -> None:
    """A line of the table, at once."""
    print(
        f"{row.engine:9}{row.work:8}c{row.connections:<4}{row.server:14}{row.rate:9.0f}/s"
        f"  p50 {row.p50_ms:8.2f} ms  p99 {row.p99_ms:8.2f} ms"
        f"  CPU {row.cpu_us:7.0f} + {row.database_cpu_us:5.0f} µs  {row.memory_mb:6.1f} MB",
        flush=True,
    )


def _options() -> argparse.Namespace:
    quick = bool(os.environ.get("QUICK"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(WORKS))
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--rounds", type=int, default=2 if quick else 5)
    parser.add_argument("--seconds", type=float, default=1.0 if quick else 3.0)
    parser.add_argument("--tasks", type=int, default=10_000 if quick else 20_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
