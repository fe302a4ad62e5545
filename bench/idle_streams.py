"""What a thousand streams cost on which nothing happens: memory, and processor time beyond that of an idle server."""

import asyncio

import uvloop

from bench import event_rows
from bench.contenders import Side
from bench.gauges import cpu_seconds, memory_mb
from bench.listeners import Listener, arrived, listen, same
from bench.plan import Bench
from bench.servers import answer, dragoman
from bench.streams import USERS, people
from bench.world import OWN, World, make

HEARTBEAT_SECONDS = 15.0
SETTLING_SECONDS = 2.0


def run(bench: Bench, engine: str) -> None:
    """Once on one engine. The worse engine's figures count."""
    place = make(bench.databases, engine, OWN)
    count = bench.plan.idle_streams
    tokens = people(place, USERS)
    with (
        dragoman(place, variables={"DRAGOMAN_EVENTS_STREAMS_PER_USER": str(count // USERS)}) as side,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        cpu, memory = runner.run(_measure(bench, place, side, tokens))
    event_rows.check(place)
    bench.report(f"{engine:9}{count:,} idle streams: {memory:.1f} MB, {cpu:.4f} of a processor")
    for name, figure in (("idle_streams_mb", round(memory, 1)), ("idle_streams_cpu", round(max(cpu, 0.0), 4))):
        bench.figures[name] = max(figure, bench.figures.get(name, 0.0))


async def _measure(bench: Bench, place: World, side: Side, tokens: list[str]) -> tuple[float, float]:
    """The processor time a second, and the megabytes. SystemExit unless all streams are alive behind it."""
    count, seconds = bench.plan.idle_streams, bench.plan.idle_seconds
    first = await listen(side.address, tokens, USERS)  # one-time work is not measured
    before = await _busy(side, seconds), memory_mb(side.pids())
    streams = [*first, *await listen(side.address, tokens, count - USERS)]
    after = await _busy(side, seconds), memory_mb(side.pids())
    _look(streams, seconds)
    await asyncio.to_thread(_change, place, side)
    await arrived(streams, 1)
    same(streams, 1)
    for stream in streams:
        stream.close()
    return after[0] - before[0], after[1] - before[1]


async def _busy(side: Side, seconds: float) -> float:
    """The share of a processor that it takes while nothing is asked of it."""
    await asyncio.sleep(SETTLING_SECONDS)
    before = cpu_seconds(side.pids())
    await asyncio.sleep(seconds)
    return (cpu_seconds(side.pids()) - before) / seconds


def _look(streams: list[Listener], seconds: float) -> None:
    """What costs nothing because it does nothing is not what is measured."""
    if any(stream.changes or not stream.is_open for stream in streams):
        raise SystemExit("an idle stream ended, or heard of something")
    if any(stream.beats < seconds // HEARTBEAT_SECONDS for stream in streams):
        raise SystemExit("an idle stream has no heartbeat")


def _change(place: World, side: Side) -> None:
    answer(f"{side.address}/v1/tasks/{place.own[0]}", side.works["read"].headers, "PATCH", {"title": "Heard by all"})
