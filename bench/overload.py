"""More clients than a server can serve at once, each of which asks again as soon as it is answered.

The peak is what 64 connections get. Beside it stand 2,000 clients, and 6,000: how many of theirs are served, and how
long an answer takes. None of 2,000 may be refused; of 6,000 a slow machine refuses those whose turn doesn't come
in time.
"""

import statistics
from dataclasses import replace

from bench import world
from bench.load import Answers, load
from bench.plan import Bench
from bench.servers import dragoman

CALM, MANY, MOST = 64, 2_000, 6_000
WORK = "update"


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine. The worse engine's figures count. SystemExit when history lacks an accepted change."""
    place = world.make(bench.databases, engine, bench.plan.few)
    found: dict[int, list[Answers]] = {CALM: [], MANY: [], MOST: []}
    with dragoman(place) as side:
        work = replace(side.works[WORK], revision=None)  # one that was refused would fail the next change of its task
        accepted = load(side.address, work, CALM, bench.plan.seconds).count  # one-time work is not measured
        for _ in range(bench.plan.rounds):
            for clients, answers in found.items():
                answers.append(load(side.address, work, clients, bench.plan.seconds, refusable=clients == MOST))
                accepted += answers[-1].count
                bench.report(
                    f"{engine:9}{clients:5} clients {answers[-1].rate:8.0f}/s  p99 {answers[-1].p99_ms:8.1f} ms"
                )
    if world.changes(place) != accepted:
        raise SystemExit(f"{engine}: {world.changes(place)} history rows for {accepted} accepted updates")
    figures = bench.figures
    pairs = zip(found[MANY], found[CALM], strict=True)
    share = round(statistics.median(many.rate / calm.rate for many, calm in pairs), 3)
    figures["overload_goodput"] = min(share, figures.get("overload_goodput", share))
    for clients in (MANY, MOST):
        name = f"overload_p99_ms_{clients}"
        slowest = round(statistics.median(answers.p99_ms for answers in found[clients]), 1)
        figures[name] = max(slowest, figures.get(name, 0.0))
