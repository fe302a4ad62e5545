"""Lists by a lower bound of moments miss nothing: they wait for transactions under way, and show nothing later."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.access import system
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Unavailable
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.unit import awaiting, flushing, transaction
from dragoman.store.unit.awaiting import OVERLAP_SECONDS
from dragoman.store.unit.work import Work
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.integration.store.test_lanes import STAMP, LaneWorld, create
from tests.support.world import NOON, World

BY_NUMBER: tuple[Any, ...] = ()
PATIENCE_SECONDS = 20


@pytest.fixture
def served(database_url: str) -> Iterator[LaneWorld]:
    running = LaneWorld(database_url)
    yield running
    running.close()


def titles(wanted: TaskFilter) -> Callable[[UnitOfWork], list[str]]:
    def run(uow: UnitOfWork) -> list[str]:
        found = uow.tasks.page(wanted, BY_NUMBER, limit=100)
        assert uow.tasks.count(wanted) == len(found)
        return [str(task.title) for task in found]

    return run


def ask(world: LaneWorld, wanted: TaskFilter) -> Work:
    """Send a list to the readers."""
    principal, run = system(world.tenant), titles(wanted)
    sent = Work(world.tenant, EXCLUSIVE, lambda overlay: run(UnitOfWork(overlay, principal)), STAMP)
    sent.future = threading.Event()
    world.app.store.read(sent)
    world.app.store.wake()
    return sent


def answer(sent: Work) -> Any:
    assert sent.future.wait(PATIENCE_SECONDS)
    return sent.unwrap()


def is_put_off(sent: Work) -> bool:
    """Whether it was looked at some times, and still waits."""
    pause = threading.Event()
    for _ in range(1_000):
        if sent.future.is_set() or (sent.awaited is not None and sent.awaited._looks > 3):
            break
        pause.wait(0.01)
    return not sent.future.is_set()


def rename(number: int, title: str, meanwhile: Callable[[], None] = lambda: None) -> Callable[[UnitOfWork], None]:
    def run(uow: UnitOfWork) -> None:
        meanwhile()  # an exclusive command has its moment before it locks anything
        task = uow.tasks.get(number)
        tasks.save(uow, task, replace(task, title=title))

    return run


class Held:
    """A change that has its moment and doesn't commit before it is released."""

    def __init__(self) -> None:
        self.has_moment, self.may_commit = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.has_moment.set()
        assert self.may_commit.wait(PATIENCE_SECONDS)


@contextmanager
def under_way(
    world: LaneWorld, number: int, title: str, keys: Keys | Exclusive, other: World | None = None
) -> Iterator[Held]:
    """A change that is held until the block ends or releases it: in a lane of this world, or by another process."""
    held, change = Held(), None
    with ThreadPoolExecutor(1) as threads:
        run = rename(number, title, held)
        if other is None:
            change = world.send(run, keys)
        else:
            written = threads.submit(other.write, run, keys)
        try:
            assert held.has_moment.wait(PATIENCE_SECONDS)
            world.clock.advance(1)
            yield held
        finally:
            held.may_commit.set()
            answer(change) if change is not None else written.result(PATIENCE_SECONDS)


def made(world: LaneWorld, count: int) -> list[int]:
    numbers = [world.do(create, Keys(numbers={"task"})).number for _ in range(count)]
    world.clock.advance(1)
    return numbers


SINCE = TaskFilter(modified_from=Moment(NOON + 1))


@pytest.mark.parametrize("way", ["named", "exclusive", "other"])
def test_a_list_waits_for_a_change_that_has_its_moment_but_is_not_committed(served: LaneWorld, way: str) -> None:
    [number] = made(served, 1)
    other = World(served.app.store.engine.url.render_as_string(hide_password=False), served.clock)
    keys = Keys(tasks={number}) if way == "named" else EXCLUSIVE
    with under_way(served, number, "changed", keys, other if way == "other" else None) as held:
        waiting = ask(served, SINCE)
        assert is_put_off(waiting)
        held.may_commit.set()
        assert answer(waiting) == ["changed"]
    other.close()


def test_lists_that_wait_hold_up_no_others(served: LaneWorld) -> None:
    [number] = made(served, 1)
    with under_way(served, number, "changed", Keys(tasks={number})) as held:
        waiting = [ask(served, SINCE) for _ in range(4)]
        assert all(map(is_put_off, waiting))
        assert answer(ask(served, TaskFilter())) == ["made in a lane"]
        held.may_commit.set()
        assert [answer(one) for one in waiting] == [["changed"]] * 4


def test_what_comes_after_the_request_is_left_for_the_next(served: LaneWorld) -> None:
    first, second = made(served, 2)
    with under_way(served, first, "earlier", Keys(tasks={first})) as held:
        waiting = ask(served, SINCE)
        assert is_put_off(waiting)
        asked_at = served.clock.now()
        served.clock.advance(1)
        if served.app.store.engine.is_postgresql:  # SQLite has one writer
            served.do(rename(second, "later"), EXCLUSIVE)
        held.may_commit.set()
        assert answer(waiting) == ["earlier"]
    if served.app.store.engine.is_sqlite:
        served.do(rename(second, "later"), EXCLUSIVE)
    assert answer(ask(served, TaskFilter(modified_from=asked_at))) == ["later"]
    assert answer(ask(served, SINCE)) == ["earlier", "later"]


def test_a_moment_in_the_future_is_shown_when_it_has_come(served: LaneWorld) -> None:
    [number] = made(served, 1)

    def ahead(uow: UnitOfWork) -> None:
        tasks.set_moment(uow, uow.tasks.get(number), "modified_at", later(uow.now, seconds=60))

    served.do(ahead, EXCLUSIVE)
    assert answer(ask(served, SINCE)) == []
    served.clock.advance(60)
    assert answer(ask(served, SINCE)) == ["made in a lane"]


def test_a_list_of_what_was_created_waits_for_a_creation(served: LaneWorld) -> None:
    held = Held()

    def make(uow: UnitOfWork) -> None:
        create(uow)
        held()

    creation = served.send(make, Keys(numbers={"task"}))
    assert held.has_moment.wait(PATIENCE_SECONDS)
    waiting = ask(served, TaskFilter(any_of=(TaskFilter(created_from=NOON),)))
    assert is_put_off(waiting)
    held.may_commit.set()
    assert answer(waiting) == ["made in a lane"]
    answer(creation)


def test_a_list_that_waits_too_long_is_refused(served: LaneWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    [number] = made(served, 1)
    monkeypatch.setattr(awaiting, "LONGEST_SECONDS", 0.0)
    with under_way(served, number, "changed", Keys(tasks={number})):
        with pytest.raises(Unavailable) as refused:
            answer(ask(served, SINCE))
        assert refused.value.code == "changes_under_way"


def test_a_list_without_lanes_waits_in_its_thread(served: LaneWorld) -> None:
    [number] = made(served, 1)
    with ThreadPoolExecutor(1) as threads, under_way(served, number, "changed", Keys(tasks={number})) as held:
        reading = threads.submit(served.read, titles(SINCE))
        held.may_commit.set()
        assert reading.result(PATIENCE_SECONDS) == ["changed"]


def test_transactions_of_other_programs_are_not_waited_for(postgres_url: str) -> None:
    world = LaneWorld(postgres_url)
    made(world, 1)
    with world.app.store.engine.raw.connect() as connection, connection.begin():
        connection.execute(sa.text("UPDATE tenant SET name = name"))
        connection.execute(sa.text("CREATE TABLE of_another (id bigint)"))
        assert answer(ask(world, TaskFilter(created_from=NOON))) == ["made in a lane"]
    world.close()


class Unseen:
    """A database that speaks PostgreSQL's protocol and doesn't show what is under way."""

    def __init__(self, url: str) -> None:
        self.world = LaneWorld(url)
        self.world.app.store.engine.shows_writers = False


@pytest.fixture
def unseen(postgres_url: str) -> Iterator[LaneWorld]:
    world = Unseen(postgres_url).world
    yield world
    world.close()


def test_where_nothing_can_be_seen_lists_begin_earlier(unseen: LaneWorld) -> None:
    [number] = made(unseen, 1)
    with under_way(unseen, number, "changed", Keys(tasks={number})):
        late = later(unseen.clock.now(), seconds=OVERLAP_SECONDS - 2)
        assert answer(ask(unseen, TaskFilter(modified_from=late))) == ["made in a lane"]
    assert answer(ask(unseen, TaskFilter(modified_from=late))) == ["changed"]
    assert answer(ask(unseen, TaskFilter(modified_from=later(late, seconds=2)))) == []


def test_there_a_transaction_that_takes_longer_is_refused(unseen: LaneWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "OVERLAP_SECONDS", -1)
    with pytest.raises(Unavailable) as refused:
        unseen.do(create, Keys(numbers={"task"}))
    assert refused.value.code == "database_busy"


def test_commits_in_another_order_than_their_moments(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a poller missed: two lanes, of which the later change is written and committed first."""
    world, held = LaneWorld(postgres_url), Held()
    first, second = made(world, 2)
    flush = flushing.flush

    def hold(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread().name == "lane-1" and not held.has_moment.is_set():
            held()
        return flush(*arguments, **named)

    monkeypatch.setattr(transaction, "flush", hold)
    named = world.send(rename(first, "earlier"), Keys(tasks={first}))
    assert held.has_moment.wait(PATIENCE_SECONDS)
    world.clock.advance(1)
    world.do(rename(second, "later"), EXCLUSIVE)
    waiting = ask(world, SINCE)
    assert is_put_off(waiting)
    held.may_commit.set()
    assert answer(waiting) == ["earlier", "later"]
    answer(named)
    world.close()
