"""Lists and counts of an inbox, in this process and without HTTP: among ten thousand tasks and among a million.

Half of the tasks are offered to one of 500 groups each. The readers see everything, or only what one, three or
thirty-two groups bring, or nothing. The best of some calls counts.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from bench import world
from bench.plan import Bench
from bench.world import World, settle
from dragoman.command import EXCLUSIVE
from dragoman.domain.access import Principal, system
from dragoman.domain.clock import Moment
from dragoman.domain.task import State
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store.engine.engines import Engine
from dragoman.store.repositories.task_filters import Between, TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases.inbox import search
from dragoman.usecases.uow import UnitOfWork

GROUPS = 500
ROWS = 50
ITEM = "INSERT INTO work_item (tenant, task, role, holder) SELECT tenant, number"
OFFERS = (
    f"{ITEM}, 'potential_owner', 'group:' || (number % 1000 / 2) FROM task WHERE number % 2 = 0",
    f"{ITEM}, 'administrator', 'nobody in particular' FROM task WHERE number % 2 = 1",
    "UPDATE task SET work_item_count = 1, row_version = row_version + 1",
)
BY_DUE = (Sort("due"), Sort("priority", descending=True), Sort("created"))
READY = (State.READY,)
DAY = 24 * 3_600 * 10_000_000


class Ask(NamedTuple):
    """A list in this order, or a count where there is none, for a reader with so many groups; None: for one who sees
    everything."""

    wanted: TaskFilter
    sorts: tuple[Sort, ...] = ()
    groups: int | None = None


def asks(paul: str, now: Moment) -> dict[str, Ask]:
    """What is asked, by its name."""
    is_open, overdue, common = TaskFilter(is_open=True), TaskFilter(is_overdue=True), TaskFilter(words=("call",))
    available = TaskFilter(states=READY, unassigned=True)
    lately = TaskFilter(is_open=True, between=(Between("modified", low=now - DAY),))
    rare = TaskFilter(words=("call", "switchboard"))
    made = {
        "mine by due": Ask(TaskFilter(is_open=True, assignee=paul), BY_DUE),
        "open by due": Ask(is_open, BY_DUE),
        "newest": Ask(TaskFilter(), (Sort("number", descending=True),)),
        "overdue by due": Ask(overdue, BY_DUE),
        "available by due": Ask(available, BY_DUE),
        "changed lately": Ask(lately, (Sort("modified", descending=True),)),
        "open, newest change first": Ask(is_open, (Sort("modified", descending=True),)),
        "open by title": Ask(is_open, (Sort("title"),)),
        "open by priority": Ask(is_open, (Sort("priority", descending=True),)),
        "a common word": Ask(common, (Sort("number"),)),
        "a common word by due": Ask(common, BY_DUE),
        "a common and a rare word": Ask(rare, BY_DUE),
        "count of open": Ask(is_open),
        "count of overdue": Ask(overdue),
        "count of available": Ask(available),
        "count of a common word": Ask(common),
    }
    for groups in (0, 1, 3, 32):
        made |= {
            f"available by due, {groups} groups": Ask(available, BY_DUE, groups),
            f"open that I see by due, {groups} groups": Ask(is_open, BY_DUE, groups),
            f"count of available, {groups} groups": Ask(available, (), groups),
        }
    return made


def run(bench: Bench, engine: str) -> None:
    """All lists on one engine."""
    plan = bench.plan
    few, many = (
        world.make(bench.databases, engine, world.OWN, samples=count - world.OWN) for count in (plan.few, plan.many)
    )
    small, large = (dict(_measured(place, plan.rounds)) for place in (few, many))
    for name, took in large.items():
        bench.report(f"{engine:9}{name}: {small[name]:.2f} ms, of {plan.many:,}: {took:.2f} ms")
    slowest = max(large, key=lambda name: large[name])
    steepest = max(large, key=lambda name: large[name] / small[name])
    bench.report(f"{engine:9}slowest: {slowest}; grows most: {steepest}")
    bench.figures[f"inbox_lists_1m_ms_{engine}"] = round(large[slowest], 2)
    bench.figures[f"inbox_list_growth_1m_vs_10k_{engine}"] = round(large[steepest] / small[steepest], 2)


def _measured(place: World, rounds: int) -> Iterator[tuple[str, float]]:
    offer(place)
    app = Application(load(overrides={"database": place.url})).open()
    try:
        for name, ask in asks(place.paul, app.clock.now()).items():
            yield name, _milliseconds(app, place, ask, rounds * 4 + 1)
    finally:
        app.close()


def offer(place: World) -> None:
    """Offer the tasks to groups, of which nobody is a member yet."""
    engine = Engine(place.url)
    with engine.unhurried(engine.writer()) as connection:
        for statement in OFFERS:
            connection.execute(sa.text(statement))  # a driver takes `%` for a parameter
        connection.commit()
    settle(place.url)


def _milliseconds(app: Application, place: World, ask: Ask, times: int) -> float:
    who = system(place.tenant) if ask.groups is None else _reader(place, ask.groups)
    took = []
    for _ in range(times):
        work = Work(place.tenant, EXCLUSIVE, _command(ask, who), Stamp("bench", "bench", "bench"))
        began = time.perf_counter()
        app.store.run(work, writes=False)
        took.append((time.perf_counter() - began) * 1e3)
    return min(took[1:])


def _reader(place: World, groups: int) -> Principal:
    return Principal(place.tenant, "a reader", "reader", groups=frozenset(map(str, range(groups))))


def _command(ask: Ask, who: Principal) -> Callable[[Any], Any]:
    wanted = ask.wanted
    if ask.groups is not None and wanted.unassigned:
        wanted = TaskFilter(states=wanted.states, unassigned=True, claimable_by=who)

    def run(overlay: Any) -> Any:
        uow = UnitOfWork(overlay, who)
        if not ask.sorts:
            return search.counts(uow, [(wanted, ())])
        return search.page(uow, wanted, (), ask.sorts, limit=ROWS)

    return run
