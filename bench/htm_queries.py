"""Queries of IBM clients: `tasks/query` by queryFilter beside the native list of the same tasks, among few tasks and
among a million of which the caller holds ten thousand work items, and claimNext of many callers beside claims by id."""

import http.client
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import sqlalchemy as sa

from bench import world
from bench.contenders import Side
from bench.plan import Bench
from bench.servers import dragoman, words
from bench.world import World
from dragoman.cli.token import create_token
from dragoman.cli.user import add_user
from dragoman.command import Keys
from dragoman.domain.task import Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store import tables
from dragoman.store.engine.engines import Engine
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

HTM = "/rest/bpm/htm/v1"
FILTER = quote("STATE=STATE_READY AND WI.REASON=REASON_POTENTIAL_OWNER")
QUERY = f"{HTM}/tasks/query/TASK?size=50&queryFilter={FILTER}"
LIST = "/v1/tasks?state=ready&limit=50"
HELD = 10_000
"""Work items of the caller."""
CHUNK = 1_000
TOGETHER = 20
"""So many copies of a thousand are made in one transaction, so that the log in front of SQLite's file stays short."""
CALLERS = 64
CLAIMS = 2_000
PATIENCE_SECONDS = 120.0


class Fill:
    """Make tasks that one user may claim and nobody else sees."""

    def __init__(self, count: int, creator: str, owner: str) -> None:
        self.count, self.creator, self.owner = count, creator, owner

    def keys(self) -> Keys:
        return Keys(numbers={"task"})


def fill(uow: UnitOfWork, command: Fill) -> list[Task]:
    items = (WorkItem(Role.POTENTIAL_OWNER, command.owner), WorkItem(Role.ADMINISTRATOR, command.creator))
    return [
        tasks.add(
            uow,
            title=f"Call number {index}",
            description=world.WORDS,
            priority=index % 7,
            creator=command.creator,
            work_items=items,
        )
        for index in range(command.count)
    ]


def make(bench: Bench, engine: str, count: int) -> World:
    """A database with so many tasks: ten thousand that Paul may claim, the rest another user's."""
    url = bench.databases.empty(engine)
    app = Application(load(overrides={"database": url})).open()
    tenant = app.ensure_tenant("main")
    olga, petra = (
        add_user(app, tenant, login, "a long enough password", name=login).uid for login in ("olga", "petra")
    )
    user = add_user(app, tenant, "clerk", "a long enough password", name="Clerk")
    token = create_token(app, tenant, user, world.SCOPES)
    held: list[Task] = []
    for _ in range(HELD // CHUNK):
        held += app.executor.call(fill, Fill(CHUNK, olga, user.uid), tenant)
    if count > HELD:
        app.executor.call(fill, Fill(CHUNK, olga, petra), tenant)
    app.close()
    if count > HELD:
        _multiply(url, tenant, held[-1].number, count // CHUNK - 1)
        _exchange(url, tenant, user.uid, petra, count)
    world.settle(url)
    return World(engine, url, tenant, user.uid, token, 1, HELD, tuple(task.uid for task in held))


def _multiply(url: str, tenant: int, behind: int, times: int) -> None:
    """Copy the last thousand tasks with their work items so many times: to make a million takes minutes otherwise."""
    engine = Engine(url)
    task, item = tables.task, tables.work_item
    spelled = "printf('%012x', %s)" if engine.is_sqlite else "lpad(to_hex(%s), 12, '0')"
    copied = {
        "number": f"t.number + k.n * {CHUNK}",
        "uid": "substr(t.uid, 1, 24) || " + spelled.replace("%s", f"t.number + k.n * {CHUNK}"),
        "created_at": f"t.created_at + k.n * {CHUNK}",
        "task": f"t.task + k.n * {CHUNK}",
    }
    with engine.unhurried(engine.writer()) as connection:
        for table, key in ((task, "number"), (item, "task")):
            names = [column.name for column in table.columns]
            values = [copied.get(name, f't."{name}"') for name in names]
            quoted = ", ".join(f'"{name}"' for name in names)
            for first in range(1, times + 1, TOGETHER):
                last = min(first + TOGETHER - 1, times)
                series = f"WITH RECURSIVE k(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM k WHERE n < {last})"
                connection.execute(
                    sa.text(
                        f"INSERT INTO {table.name} ({quoted}) {series} "
                        f"SELECT {', '.join(values)} FROM {table.name} t, k "
                        f"WHERE t.tenant = {tenant} AND t.{key} > {behind} AND t.{key} <= {behind + CHUNK}"
                    )
                )
                connection.commit()


def _exchange(url: str, tenant: int, mine: str, others: str, count: int) -> None:
    """Give the caller the last tasks in place of the first: a list that begins with the oldest would find his there."""
    item = tables.work_item
    held = sa.and_(item.c.tenant == tenant, item.c.role == str(Role.POTENTIAL_OWNER))
    engine = Engine(url)
    with engine.unhurried(engine.writer()) as connection:
        connection.execute(sa.update(item).where(held, item.c.holder == mine).values(holder=others))
        connection.execute(sa.update(item).where(held, item.c.task > count).values(holder=mine))
        connection.commit()


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    few = make(bench, engine, HELD)
    with dragoman(few, "few") as side:
        small = _median(side, few, QUERY, bench)
        _claims(bench, engine, side, few)
    many = make(bench, engine, bench.plan.many)
    with dragoman(many, "many") as side:
        large = _median(side, many, QUERY, bench)
        listed = _median(side, many, LIST, bench)
    bench.report(f"{engine:9}htm query {small:.1f} ms, of {bench.plan.many:,}: {large:.1f} ms; list {listed:.1f} ms")
    bench.figures[f"htm_query_vs_native_list_{engine}"] = round(large / listed, 3)
    bench.figures[f"htm_query_growth_1m_vs_10k_{engine}"] = round(large / small, 3)


def _median(side: Side, place: World, target: str, bench: Bench) -> float:
    """Milliseconds for a reply, one request at a time."""
    connection = _connection(side)
    times = [_ask(connection, place, "GET", target) for _ in range(bench.plan.rounds * 10 + 1)]
    connection.close()
    return statistics.median(times[1:])


def _claims(bench: Bench, engine: str, side: Side, place: World) -> None:
    """Claims by id, and of the next task, by many callers."""
    by_id = [f"{HTM}/task/_TKI:{words(uid)}?action=claim" for uid in place.own[:CLAIMS]]
    claimed = _rate(side, place, by_id)
    following = _rate(side, place, [f"{HTM}/task?action=claimNext&query=TASK"] * CLAIMS)
    bench.report(f"{engine:9}htm claims by {CALLERS} callers: {claimed:.0f}/s by id, {following:.0f}/s of the next")
    bench.figures[f"htm_claim_next_vs_claim_{engine}"] = round(following / claimed, 3)


def _rate(side: Side, place: World, targets: list[str]) -> float:
    """Requests a second of so many callers together."""

    def some(start: int) -> None:
        connection = _connection(side)
        for target in targets[start::CALLERS]:
            _ask(connection, place, "PUT", target)
        connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(some, range(CALLERS)))
    return len(targets) / (time.perf_counter() - began)


def _connection(side: Side) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(side.address).netloc, timeout=PATIENCE_SECONDS)


def _ask(connection: http.client.HTTPConnection, place: World, method: str, target: str) -> float:
    began = time.perf_counter()
    connection.request(method, target, headers={"Authorization": f"Bearer {place.token}"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{method} {target} answered {answer.status}: {text[:500]!r}")
    return (time.perf_counter() - began) * 1e3
