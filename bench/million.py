"""A million tasks: lists beside those of few, single updates beside a long batch, and the memory after all that."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from bench import world
from bench.contenders import Side
from bench.gauges import cpu_seconds, memory_mb
from bench.plan import Bench
from bench.servers import answer, dragoman
from bench.world import World

MANY = 64
SOME = 16
BATCHES = "/core/v2/batch/tasks"
PATIENCE_SECONDS = 600.0
IDLE_SHARE = 0.1  # of one processor


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine. The worse engine's figure counts."""
    plan = bench.plan
    few = world.make(bench.databases, engine, plan.few)
    began = time.perf_counter()
    many = world.make(bench.databases, engine, plan.few, samples=plan.many - plan.few)
    bench.report(f"{engine:9}{plan.many:,} tasks stored in {time.perf_counter() - began:.0f} s")
    names = [f"Dragoman, {count:,} tasks" for count in (plan.few, plan.many)]
    with dragoman(few, names[0]) as small, dragoman(many, names[1]) as large:
        bench.report(f"{engine:9}the first digest of the history took {_settle(large):.0f} s")
        works = [("list", MANY), ("read", MANY), ("update", MANY)]
        bench.table.rounds(engine, [small, large], works, plan.rounds, plan.seconds)
        success = sum(_beside_batch(bench, engine, large, many, round_) for round_ in range(plan.bulk_rounds))
        memory = memory_mb(large.pids())
    rows, accepted = world.changes(many), large.works["update"].turn + success
    if rows != accepted:
        raise SystemExit(f"{engine}: {rows} history rows for {accepted} accepted updates")
    growth = bench.table.ratio(engine, "list", MANY, *names)
    slower = bench.table.ratio(engine, "update", SOME, _during(names[1]), names[1], figure="p99_ms")
    for name, figure in (
        ("list_growth_1m_vs_10k", growth),
        ("update_p99_during_bulk", slower),
        ("rss_mb_1m", round(memory, 1)),
    ):
        bench.figures[f"{name}_{engine}"] = figure
        bench.figures[name] = max(figure, bench.figures.get(name, 0.0))


def _settle(side: Side) -> float:
    """Wait until the server has nothing to do by itself; how many seconds."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE_SECONDS:
        before = cpu_seconds(side.pids())
        time.sleep(1.0)
        if cpu_seconds(side.pids()) - before < IDLE_SHARE:
            return time.monotonic() - began - 1.0
    raise SystemExit("the server does not come to rest")


def _during(name: str) -> str:
    return f"{name}, beside a batch"


def _beside_batch(bench: Bench, engine: str, side: Side, place: World, round_: int) -> int:
    """Updates alone, then beside a batch over other tasks; how many tasks that changed."""
    seconds = bench.plan.seconds
    bench.table.measure(engine, side, "update", SOME, seconds)
    with _batch(side, place, bench.plan.entries, round_) as batch:
        bench.table.measure(engine, side, "update", SOME, seconds, name=_during(side.name))
        if batch.done():
            raise SystemExit("the batch was over too soon: take more tasks")
    return batch.result()


@contextmanager
def _batch(side: Side, place: World, size: int, round_: int) -> Iterator[Future[int]]:
    """A batch that has begun; it has ended when the block has."""
    headers = side.works["read"].headers
    entries = [str(number) for number in range(place.sampled, place.sampled + size)]
    order = {"method": "PATCH", "type": "task", "field": "id", "entries": entries, "review": False}
    sid = answer(side.address + BATCHES, headers, "POST", order | {"data": {"priority": 1_000 + round_}})["task_sid"]

    def watch(until: set[str]) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            seen = answer(f"{side.address}{BATCHES}/{sid}?exclude_fields=entries,data", headers)
            if seen["status"] in until and seen["processed"]:
                return int(seen["success"])
            if time.monotonic() > deadline:
                raise SystemExit(f"the batch did not get on: {seen}")
            time.sleep(0.1)

    watch({"running", "completed"})
    with ThreadPoolExecutor(1) as aside:
        ended = aside.submit(watch, {"completed"})
        yield ended
    if ended.result() != size:
        raise SystemExit(f"{ended.result()} of {size} entries worked")
