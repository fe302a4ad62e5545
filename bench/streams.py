"""From a change to the streams that hear of it: paced updates beside a hundred streams of ten users.

A delay is the time from the event's cause, which lies before the commit, until a client has the whole event. So it
holds the commit itself, and the client's own time, too.
"""

import asyncio
import gc
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import uvloop

from bench import event_rows
from bench.contenders import Side
from bench.gauges import cpu_seconds
from bench.listeners import Listener, arrived, listen, same
from bench.load import Answers, load
from bench.plan import Bench
from bench.servers import dragoman
from bench.world import SCOPES, World, changes, make
from dragoman.cli.token import create_token
from dragoman.cli.user import add_user
from dragoman.runtime.application import Application
from dragoman.settings import Events
from dragoman.settings import load as settings

RATE = 500
CONNECTIONS = 64
STREAMS = 100
USERS = 10
ALMOST = 0.95
"""The share of the rate that must be reached, or the delays mean nothing."""
WARM_SECONDS = 0.5
HAS_NOTIFY = any(field.name == "notify" for field in msgspec.structs.fields(Events))
BY_POLLING_ALONE = {"DRAGOMAN_EVENTS_NOTIFY": "false"} if HAS_NOTIFY else {}
"""Where nodes can't notify each other, they only poll."""


class TooSlowError(Exception):
    """The updates were not as many as are to be heard of."""


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine, and on PostgreSQL the same with streams of another node, which only polls."""
    place = make(bench.databases, engine, bench.plan.few)
    tokens = people(place, USERS)
    with dragoman(place) as node:
        _figure(bench, f"commit_to_stream_p99_ms_{engine}", node, node, tokens)
        accepted = node.works["update"].turn
    if engine == "postgres":
        with (
            dragoman(place, variables=BY_POLLING_ALONE) as node,
            dragoman(place, variables=BY_POLLING_ALONE) as other,
        ):
            node.works["update"].turn = accepted
            _figure(bench, f"commit_to_stream_other_node_ms_{engine}", node, other, tokens)
            accepted = node.works["update"].turn
    if changes(place) != accepted:
        raise SystemExit(f"streams on {engine}: {changes(place)} history rows for {accepted} accepted updates")
    event_rows.check(place)


def people(place: World, count: int) -> list[str]:
    """Tokens of so many new users. No server may be running."""
    app = Application(settings(overrides={"database": place.url})).open()
    users = [add_user(app, place.tenant, f"hearer{number}", None) for number in range(count)]
    tokens = [create_token(app, place.tenant, user, SCOPES) for user in users]
    app.close()
    return tokens


def _figure(bench: Bench, name: str, writer: Side, reader: Side, tokens: Sequence[str]) -> None:
    """The median of the rounds' 99th percentiles."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            high = runner.run(_rounds(bench, name, writer, reader, tokens))
    except TooSlowError as fault:
        bench.leave_out(name, str(fault))
    else:
        bench.figures[name] = round(statistics.median(high), 2)


async def _rounds(bench: Bench, name: str, writer: Side, reader: Side, tokens: Sequence[str]) -> list[float]:
    streams = await listen(reader.address, tokens, STREAMS)
    await _round(writer, streams, WARM_SECONDS)
    high = []
    for _ in range(bench.plan.rounds):
        cpu = cpu_seconds(reader.pids())
        answers, delays = await _round(writer, streams, bench.plan.seconds)
        cpu = (cpu_seconds(reader.pids()) - cpu) / answers.count * RATE
        p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
        bench.report(
            f"{name}: {answers.rate:.0f} updates/s to {STREAMS} streams: p50 {p50:.1f} ms  p99 {p99:.1f} ms"
            f"  most {delays[-1]:.1f} ms  CPU {cpu:.2f} of a processor"
        )
        if answers.count < ALMOST * RATE * bench.plan.seconds:
            raise TooSlowError(f"{answers.count} updates in {bench.plan.seconds:g} s, not {RATE} a second")
        high.append(p99)
    for stream in streams:
        stream.close()
    return high


async def _round(writer: Side, streams: Sequence[Listener], seconds: float) -> tuple[Answers, list[float]]:
    """The updates of so long, and the delays of all streams in milliseconds, the shortest first."""
    with _without_collections():
        answers = await asyncio.to_thread(load, writer.address, writer.works["update"], CONNECTIONS, seconds, RATE)
        await arrived(streams, answers.count)
    heard = same(streams, answers.count)
    return answers, sorted((event.arrived_at - event.caused_at) * 1e3 for each in heard for event in each)


@contextmanager
def _without_collections() -> Iterator[None]:
    """No garbage collection of this process counts as a delay of the server."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
