"""Lanes: queues that are bounded, works that are withdrawn or answered, threads whose death is told."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.access import system
from dragoman.domain.clock import FixedClock, Moment, uptime
from dragoman.domain.errors import Unavailable
from dragoman.domain.task import Task
from dragoman.store.engine import driver, engines
from dragoman.store.engine.files import database_file
from dragoman.store.engine.sqlite import sqlite
from dragoman.store.engine.turns import Turn
from dragoman.store.unit import lane, transaction
from dragoman.store.unit.lane import Meter, Queue
from dragoman.store.unit.overlay import Overlay, Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

STAMP = Stamp("system", "test", "test")


def work(tenant: int = 1, keys: Keys | Exclusive | None = None, deadline: float = float("inf")) -> Work:
    return Work(tenant, Keys() if keys is None else keys, lambda overlay: None, STAMP, deadline)


class LaneWorld(World):
    """A world with running lanes, without an event loop: answers are collected by an event a work."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.deaths: list[BaseException] = []
        self.died = threading.Event()
        self.app.store.start(self._answer, self._died)

    def _answer(self, works: list[Work]) -> None:
        for one in works:
            one.future.set()

    def _died(self, error: BaseException) -> None:
        self.deaths.append(error)
        self.died.set()

    def send(self, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive) -> Work:
        principal = system(self.tenant)

        def execute(overlay: Overlay) -> Any:
            return run(UnitOfWork(overlay, principal))

        sent = Work(self.tenant, keys, execute, STAMP)
        sent.future = threading.Event()
        self.app.store.write(sent)
        self.app.store.wake()
        return sent

    def do(self, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive) -> Any:
        sent = self.send(run, keys)
        assert sent.future.wait(20)
        return sent.unwrap()


@pytest.fixture
def served(database_url: str) -> Iterator[LaneWorld]:
    running = LaneWorld(database_url)
    yield running
    running.close()


def create(uow: UnitOfWork) -> Task:
    return tasks.add(uow, title="made in a lane")


def bulk() -> Work:
    """A slice of long work."""
    slice_ = work()
    slice_.is_bulk = True
    return slice_


@pytest.mark.parametrize(
    ("groups", "is_served", "seconds"),
    [
        ([], False, 0.0),
        ([[work()]], True, 1.0),
        ([[work()], [bulk()]], False, 1.0),  # nobody came since: it may take its time
        ([[work()], [bulk()], [work(), work()]], True, 1.0),
        ([[bulk(), work()]], True, 0.0),  # how long requests take is not told by a group that a slice rode in
    ],
)
def test_long_work_is_told_what_people_want(groups: list[list[Work]], is_served: bool, seconds: float) -> None:
    clock = FixedClock(Moment(0))
    meter = Meter(clock)
    for group in groups:
        meter.run(group, lambda works: clock.advance(1))
    assert (meter.is_served, meter.group_seconds) == (is_served, seconds)


def test_a_request_that_is_served_while_a_slice_runs_is_seen() -> None:
    clock = FixedClock(Moment(0))
    meter = Meter(clock)

    def meanwhile(works: list[Work]) -> None:
        meter.run([work()], lambda works: clock.advance(1))  # in the other lane

    meter.run([bulk()], meanwhile)
    assert meter.is_served


def test_slices_that_wait_are_no_requests() -> None:
    queue = Queue()
    queue.put(bulk())
    assert not queue.has_requests()
    queue.put(work())
    assert queue.has_requests()


def test_a_slice_waits_as_long_as_it_must() -> None:
    queue = Queue()
    queue.put(bulk())
    assert queue.withdraw_due(1e9) == []


def test_a_group_holds_one_tenant_and_keeps_the_order() -> None:
    queue = Queue()
    one, other, two, alone, three = work(1), work(2), work(1), work(1, EXCLUSIVE), work(1)
    for each in (one, other, two, alone, three):
        queue.put(each)

    assert queue.take(0) == [one, two]
    assert queue.take(0) == [other]
    assert queue.take(0) == [alone]
    assert queue.take(0) == [three]


def test_one_more_than_the_queue_holds_is_told_to_come_again() -> None:
    queue = Queue(longest=2)
    queue.put(work())
    queue.put(work())

    with pytest.raises(Unavailable) as refused:
        queue.put(work())
    assert refused.value.code == "queue_full"
    assert refused.value.retry_after_seconds >= 1


def test_what_waits_too_long_is_taken_out_before_it_runs() -> None:
    queue = Queue()
    late, early = work(deadline=10.0), work(deadline=20.0)
    queue.put(late)
    queue.put(early)

    assert queue.withdraw_due(15.0) == [late]
    assert queue.take(0) == [early]
    assert queue.withdraw_due(30.0) == []  # it runs: it will be answered, never refused


def test_a_closed_queue_works_off_what_it_has_and_takes_no_more() -> None:
    queue = Queue()
    waiting = work()
    queue.put(waiting)
    queue.close()

    with pytest.raises(Unavailable):
        queue.put(work())
    assert queue.take(0) == [waiting]
    assert queue.take(0) is None


def test_everything_that_waits_is_answered(served: LaneWorld) -> None:
    sent = [served.send(create, Keys(numbers={"task"})) for _ in range(200)]
    for each in sent:
        assert each.future.wait(20)

    assert sorted(each.unwrap().number for each in sent) == list(range(1, 201))


def test_a_lane_that_dies_is_told_and_the_application_is_not_ready(served: LaneWorld) -> None:
    def die(uow: UnitOfWork) -> None:
        raise SystemExit("out of the blue")

    sent = served.send(die, Keys())

    assert served.died.wait(20)
    assert isinstance(served.deaths[0], SystemExit)
    assert not served.app.store.is_alive
    assert not sent.future.is_set()  # neither done nor refused: the process ends


def test_a_lane_that_dies_is_told_even_if_that_cannot_be_logged(
    served: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object, **__: object) -> None:
        raise RecursionError("no more stack")

    def die(uow: UnitOfWork) -> None:
        raise SystemExit("out of the blue")

    ended = threading.Event()
    monkeypatch.setattr(lane.log, "critical", cannot)
    monkeypatch.setattr(threading, "excepthook", lambda _: ended.set())
    served.send(die, Keys())

    assert served.died.wait(20)
    assert ended.wait(20)  # else the thread would end where the next test looks for errors


def test_an_unknown_commit_ends_sqlite_and_answers_nobody(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served = LaneWorld(sqlite_url)
    served.do(create, Keys(numbers={"task"}))

    def fails(self: Any) -> None:
        error = sqlite.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        raise sa.exc.OperationalError("COMMIT", None, error)

    monkeypatch.setattr(sa.RootTransaction, "commit", fails)
    sent = served.send(create, Keys(numbers={"task"}))

    assert served.died.wait(20)
    assert isinstance(served.deaths[0], transaction.OutcomeUnknown)
    assert not sent.future.is_set()
    served.app.close()


def test_an_unknown_commit_on_postgresql_is_said_and_the_lane_goes_on(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = LaneWorld(postgres_url)
    commit = sa.RootTransaction.commit

    def cut(self: Any) -> None:
        if self.connection.engine.url != served.app.store.engine.raw.url:
            return commit(self)  # of another server in this process
        monkeypatch.setattr(sa.RootTransaction, "commit", commit)
        self.connection.connection.dbapi_connection.close()
        return commit(self)

    monkeypatch.setattr(sa.RootTransaction, "commit", cut)
    with pytest.raises(Unavailable) as unknown:
        served.do(create, Keys(numbers={"task"}))

    assert unknown.value.code == "outcome_unknown"
    assert served.do(create, Keys(numbers={"task"})).number == 1  # that commit never arrived
    assert not served.deaths
    served.app.close()


def test_what_waits_for_the_turn_of_another_process_is_withdrawn_and_the_lane_goes_on(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = LaneWorld(sqlite_url)
    store, patience = served.app.store, served.app.settings.timeouts.database_seconds
    (only,) = store._lanes
    waits, take = threading.Event(), Turn._lock
    groups: list[list[Work]] = []
    only.on_group = lambda _name, group, _seconds: groups.append(group)

    def seen(turn: Turn, file: int) -> bool:
        waits.set()
        return take(turn, file)

    file = database_file(store.engine)
    assert file is not None
    other = Turn(file)
    with other:
        monkeypatch.setattr(Turn, "_lock", seen)
        refused = served.send(create, Keys(numbers={"task"}))
        refused.queued_at = uptime()  # by the clock of servers, not that of this world
        assert waits.wait(20)
        slice_ = bulk()
        slice_.future = threading.Event()
        store.write(slice_)
        assert only.waits_since is not None
        assert store.withdraw_due(uptime() + patience / 2) == []
        assert store.withdraw_due(uptime() + patience * 2) == [refused]
        late = served.send(create, Keys(numbers={"task"}))  # it joins the group
    assert late.future.wait(20)
    assert late.unwrap().number == 1  # nothing was done for the one that was withdrawn
    assert slice_.future.wait(20)
    served.do(create, Keys(numbers={"task"}))
    assert groups[0] == [slice_, late]
    other.close()
    served.close()


def test_a_connection_that_is_lost_while_it_is_prepared_is_a_database_that_is_away(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = LaneWorld(postgres_url)
    with monkeypatch.context() as patched:
        patched.setattr(engines, "BY_INDEX", ("SELECT pg_terminate_backend(pg_backend_pid())",))
        with pytest.raises(Unavailable) as away:
            served.do(create, Keys(numbers={"task"}))
        assert away.value.code == "database_away"
    assert served.do(create, Keys(numbers={"task"})).number == 1
    assert not served.deaths
    served.app.close()


def test_an_error_of_a_block_that_is_not_the_drivers_is_raised_as_it_is(postgres_url: str) -> None:
    served, bug = LaneWorld(postgres_url), LookupError("a bug")
    connection = served.app.store.engine.writer()
    with connection, pytest.raises(LookupError) as raised, driver.pipeline(connection):
        raise bug
    assert raised.value is bug
    assert bug.__cause__ is None  # its own cause it would be, of which no trace has an end
    served.app.close()


def test_a_database_that_is_away_is_said_soon_and_taken_up_again(postgres_url: str) -> None:
    served = LaneWorld(postgres_url)
    served.do(create, Keys(numbers={"task"}))
    with served.app.store.engine.raw.connect() as other:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
        )
        other.execute(sa.text(others), {"name": postgres_url.rpartition("/")[2]})

    assert served.do(create, Keys(numbers={"task"})).number == 2  # the lane came back by itself
    served.app.close()
