"""Measures Dragoman beside its rivals, on both databases, in a temporary place, flushing as an installation does.

python -m tools.bench                                  everything
python -m tools.bench --only update,read,list          these kinds of work against the conventional way, and no more
                      --engines sqlite --rounds 1 --seconds 2 --tasks 20000
python -m tools.bench --only bulk                      batches, their previews and undos against their floor
python -m tools.bench --only list_before               lists beside those of an earlier commit
python -m tools.bench --only events                    the event log: its cost, streams, delta, webhooks
python -m tools.bench --only inbox                     the inbox: pages beside JSON, a million tasks, streams
python -m tools.bench --only customers                 a customer identified among few contacts and a million
python -m tools.bench --only inbox_lists               lists and counts of an inbox, without HTTP
python -m tools.bench --only htm_queries               queries of IBM clients beside the native list, and claimNext
python -m tools.bench --only entries                   a batch of a million entries: memory, and results beside COPY
python -m tools.bench --write                          everything, and docs/reference/performance.md with it
python -m tools.bench --only bulk --write              the same of one stage: the page keeps what it has of the others

The last line is JSON with all figures. With QUICK=1 in the environment it is short, to see that it runs; such figures
mean little.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench import (
    against_rivals,
    before,
    bulk,
    customers,
    delta,
    goals,
    guesses,
    htm_queries,
    idle_streams,
    inbox,
    inbox_lists,
    kept,
    lane,
    list_before,
    log_cost,
    million,
    million_entries,
    overload,
    page,
    page_streams,
    profiling,
    rivals,
    signed_in,
    starting,
    streams,
    webhooks,
    workers,
)
from bench.compare import Table
from bench.plan import ENGINES, QUICK, Bench, Plan
from bench.world import Databases
from tests.support.postgres import PostgreSQL


def main() -> int:
    """Run the selected measurements; 1 when a full run lacks a figure."""
    plan, writes = _asked()
    if _has_rivals(plan):
        rivals.install()
    with PostgreSQL(durable=True) as server, tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        table = Table(server.pid, lambda line: print(line, flush=True))
        bench = Bench(plan, Path(folder), Databases(server, Path(folder)), table)
        run(bench)
        if writes:
            engines = () if plan.only else plan.engines
            profiles = [profile for engine in engines for profile in profiling.run(bench, engine)]
            known = kept.Kept.load()
            known.add(kept.commit(), bench.figures, table.medians(), profiles, bench.left_out)
            known.save()
            page.write(plan, known)
    missing = set() if plan.only or len(plan.engines) < len(ENGINES) else goals.missing(bench.figures)
    for name, reason in bench.left_out.items():
        print(f"left out: {name}: {reason}")
    if missing:
        print(f"missing: {', '.join(sorted(missing))}")
    print(json.dumps(bench.figures))
    return 1 if missing else 0


EVENTS = {
    "log_cost": log_cost.run,
    "streams": streams.run,
    "idle_streams": idle_streams.run,
    "delta": delta.run,
    "webhooks": webhooks.run,
}
GROUPS = {"events": tuple(EVENTS), "inbox": ("inbox", "page_streams")}
"""Words of `--only` that stand for several stages."""
STAGES = {
    "lane": lane.run,
    "bulk": bulk.run,
    "list_before": list_before.run,
    "overload": overload.run,
    "million": million.run,
    "entries": million_entries.run,
    "inbox": inbox.run,
    "page_streams": page_streams.run,
    "customers": customers.run,
    "inbox_lists": inbox_lists.run,
    "htm_queries": htm_queries.run,
    **EVENTS,
}
"""What `--only` can name besides kinds of work."""
ALONE = {
    "start": starting.run,
    "before": before.run,
    "signed_in": signed_in.run,
    "guesses": guesses.run,
    "workers": workers.run,
}
"""The same for what chooses its engines itself."""


def run(bench: Bench) -> None:
    """Stage by stage, each on both engines."""
    only = set(bench.plan.only)
    for name, alone in ALONE.items():
        if not only or name in only:
            alone(bench)
    stages = [stage for name, stage in STAGES.items() if not only or name in only]
    if _has_rivals(bench.plan):
        stages.insert(0, against_rivals.run)
    for stage in stages:
        for engine in bench.plan.engines:
            stage(bench, engine)


def _has_rivals(plan: Plan) -> bool:
    """Whether kinds of work are to be compared with the rivals'."""
    return not plan.only or bool(set(plan.only) - STAGES.keys() - ALONE.keys())


def _asked() -> tuple[Plan, bool]:
    plan = QUICK if os.environ.get("QUICK") else Plan()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--rounds", type=int, default=plan.rounds)
    parser.add_argument("--seconds", type=float, default=plan.seconds)
    parser.add_argument("--tasks", type=int, default=plan.few)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if unknown := set(given.engines.split(",")) - set(ENGINES):
        parser.error(f"--engines takes {' and '.join(ENGINES)}, not {', '.join(sorted(unknown))}")
    chosen = replace(
        plan,
        rounds=given.rounds,
        seconds=given.seconds,
        few=given.tasks,
        engines=given.engines.split(","),
        only=tuple(name for word in given.only.split(",") if word for name in GROUPS.get(word, (word,))),
    )
    return chosen, given.write


if __name__ == "__main__":
    sys.exit(main())
