"""Claiming jobs on every engine: one worker each, and nothing written by one that lost it."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.clock import later
from dragoman.domain.errors import Unavailable
from dragoman.domain.job import ATTEMPTS, Job, JobState, LeaseLost
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Claim, Fail, GiveBack, Hold, Prolong
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.jobs import TEST_JOB
from tests.support.world import World


def patiently(world: World, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive = EXCLUSIVE) -> Any:
    """Do it, and again as often as a worker would that is told that the database was busy."""
    for _ in range(200):
        try:
            return world.write(run, keys)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def tell(world: World, run: Callable[[UnitOfWork, Any], Any], command: Any) -> Any:
    """Run a use case with its command."""
    return patiently(world, lambda uow: run(uow, command), command.keys())


def seen(world: World, run: Callable[[UnitOfWork], Any]) -> Any:
    """Read, past the failures that are injected."""
    for _ in range(200):
        try:
            return world.read(run)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def enqueue(world: World, **args: Any) -> str:
    uid: str = patiently(world, lambda uow: uow.enqueue(TEST_JOB, 7, **args).uid)
    return uid


def claim(world: World, owner: str, limit: int = 1) -> list[Job]:
    claimed: list[Job] = tell(world, jobs.claim, Claim(owner, limit))
    return claimed


def hold(job: Job) -> Hold:
    return Hold(job.uid, job.owner or "", job.attempt)


def job_of(world: World, uid: str) -> Job:
    job: Job = seen(world, lambda uow: uow.jobs.get(uid))
    return job


def test_a_job_is_there_when_its_cause_is_committed_and_else_not(world: World) -> None:
    def refused(uow: UnitOfWork) -> None:
        uow.enqueue(TEST_JOB)
        raise LeaseLost("refused", "So there is nothing to do.")

    with pytest.raises(LeaseLost):
        patiently(world, refused)
    uid = enqueue(world, size=3)
    assert seen(world, lambda uow: uow.jobs.counts_everywhere(9))["available"] == 1
    assert (job_of(world, uid).subject, job_of(world, uid).args) == (7, {"size": 3})


def test_jobs_are_taken_when_they_are_due_the_oldest_first(world: World) -> None:
    now = world.clock.now()

    def enqueue_all(uow: UnitOfWork) -> list[str]:
        return [uow.enqueue(TEST_JOB, run_at=later(now, seconds=seconds)).uid for seconds in (20, 0, 10)]

    uids = patiently(world, enqueue_all)
    assert [job.uid for job in claim(world, "a", 5)] == [uids[1]]
    world.clock.advance(20)
    assert [job.uid for job in claim(world, "a", 1)] == [uids[2]]
    assert [job.uid for job in claim(world, "a", 5)] == [uids[0]]
    assert claim(world, "a", 5) == []


def test_tenants_with_a_due_job_are_told(world: World) -> None:
    def due() -> list[int]:
        for _ in range(200):
            try:
                return world.app.executor.call(jobs.tenants_with_due, jobs.Due(), DIRECTORY_TENANT)
            except (Unavailable, sa.exc.OperationalError):
                continue
        raise AssertionError("the database stayed busy")

    assert due() == []
    enqueue(world)
    assert due() == [world.tenant]
    claim(world, "a")
    assert due() == []
    world.clock.advance(30)
    assert due() == [world.tenant]  # its worker said nothing for as long as a lease is


def test_of_two_owners_one_has_each_job(world: World) -> None:
    uids = [enqueue(world) for _ in range(12)]
    taken: list[str] = []
    guard = threading.Lock()

    def work(owner: str) -> None:
        writer = world.app.store._transactions(writes=True, lane=False)
        command, misses = Claim(owner, 2), 0
        while misses < 3:
            work = world.work(lambda uow: jobs.claim(uow, command), command.keys())
            writer.run([work])
            try:
                claimed = work.unwrap()
            except Unavailable:
                continue
            misses = misses + 1 if not claimed else 0
            with guard:
                taken.extend(job.uid for job in claimed)
        writer.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ("a", "b")))
    assert Counter(taken) == Counter(uids)


def test_a_worker_that_was_only_asleep_writes_nothing(world: World) -> None:
    enqueue(world)
    [asleep] = claim(world, "a")
    world.clock.advance(31)
    [taken_over] = claim(world, "b")
    assert taken_over.attempt == 2

    def slice_of(mine: Hold) -> Callable[[UnitOfWork], Any]:
        def run(uow: UnitOfWork) -> None:
            job = jobs.held(uow, mine)
            tasks.add(uow, title=f"made by {mine.owner}")
            jobs.complete(uow, job)

        return run

    def keys() -> Keys:
        return Keys(jobs={asleep.uid}, numbers={"task"})

    for late in (
        slice_of(hold(asleep)),
        lambda uow: jobs.prolong(uow, Prolong(hold(asleep))),
        lambda uow: jobs.fail(uow, Fail(hold(asleep), "too late")),
        lambda uow: jobs.give_back(uow, GiveBack(hold(asleep))),
    ):
        with pytest.raises(LeaseLost):
            patiently(world, late, keys())
    patiently(world, slice_of(hold(taken_over)), keys())
    assert seen(world, lambda uow: uow.tasks.get(1).title) == "made by b"
    assert seen(world, lambda uow: uow.tasks.find(2)) is None
    assert job_of(world, asleep.uid).state is JobState.COMPLETED


def test_a_slice_that_is_late_in_the_same_group_writes_nothing(world: World) -> None:
    uid = enqueue(world)
    [held] = claim(world, "a")
    world.clock.advance(31)

    def take_over(uow: UnitOfWork) -> None:
        job = uow.jobs.get(uid)
        uow.jobs.save(job.claim("b", at=uow.now))

    def late(uow: UnitOfWork) -> None:
        jobs.held(uow, hold(held))
        tasks.add(uow, title="too late")

    works = [world.work(take_over, Keys(jobs={uid})), world.work(late, Keys(jobs={uid}, numbers={"task"}))]
    world.group(*works)
    while isinstance(works[0].error, Unavailable):
        works = [world.work(take_over, Keys(jobs={uid})), world.work(late, Keys(jobs={uid}, numbers={"task"}))]
        world.group(*works)
    assert isinstance(works[1].error, LeaseLost | Unavailable)
    assert seen(world, lambda uow: uow.tasks.find(1)) is None


def test_a_lease_that_is_renewed_stays(world: World) -> None:
    uid = enqueue(world)
    [job] = claim(world, "a")
    for _ in range(5):
        world.clock.advance(20)
        tell(world, jobs.prolong, Prolong(hold(job)))
    assert claim(world, "b") == []
    assert job_of(world, uid).attempt == 1


def test_a_job_given_back_can_be_taken_at_once(world: World) -> None:
    enqueue(world)
    [job] = claim(world, "a")
    tell(world, jobs.give_back, GiveBack(hold(job)))
    [again] = claim(world, "b")
    assert again.attempt == 1


def test_a_poisoned_job_is_given_up_after_twenty_attempts_and_stays_to_be_seen(world: World) -> None:
    uid = enqueue(world)
    for attempt in range(1, ATTEMPTS + 1):
        [job] = claim(world, "a")
        assert job.attempt == attempt
        tell(world, jobs.fail, Fail(hold(job), "it broke"))
        world.clock.advance(600)
    assert claim(world, "a") == []
    assert (job_of(world, uid).state, job_of(world, uid).error) == (JobState.DISCARDED, "it broke")
    world.clock.advance(30 * 86_400)
    assert patiently(world, lambda uow: jobs.prune(uow, jobs.Prune())) == 0


def test_a_job_whose_workers_are_lost_is_given_up_as_well(world: World) -> None:
    uid = enqueue(world)
    for attempt in range(1, ATTEMPTS + 1):
        [job] = claim(world, "a")
        assert (job.state, job.attempt) == (JobState.RUNNING, attempt)
        world.clock.advance(30)
    assert [job.state for job in claim(world, "a")] == [JobState.DISCARDED]
    assert claim(world, "a") == []
    assert job_of(world, uid).error == "The lease of the last attempt expired."


def test_a_job_that_is_not_wanted_any_more_is_lost_to_its_worker(world: World) -> None:
    uid = enqueue(world)
    [job] = claim(world, "a")
    patiently(world, lambda uow: uow.jobs.save(uow.jobs.get(uid).cancel(at=uow.now)), Keys(jobs={uid}))
    with pytest.raises(LeaseLost):
        patiently(world, lambda uow: jobs.held(uow, hold(job)), Keys(jobs={uid}))


def test_jobs_that_are_done_are_forgotten_after_a_week(world: World) -> None:
    for _ in range(3):
        enqueue(world)

    def complete(uow: UnitOfWork) -> None:
        for job in jobs.claim(uow, Claim("a", 2)):
            jobs.complete(uow, jobs.held(uow, hold(job)))

    patiently(world, complete)
    world.clock.advance(7 * 86_400)
    assert patiently(world, lambda uow: jobs.prune(uow, jobs.Prune())) == 0
    world.clock.advance(1)
    assert patiently(world, lambda uow: jobs.prune(uow, jobs.Prune())) == 2
    assert seen(world, lambda uow: uow.jobs.counts_everywhere(9))["available"] == 1


@pytest.mark.parametrize(
    "change",
    ["state = 'sleeping'", "state = 'running'", "owner = 'a'", "lease_until = 1", "state = 'running', owner = 'a'"],
)
def test_the_database_refuses_what_is_no_state_of_a_job(world: World, change: str) -> None:
    enqueue(world)
    with (
        pytest.raises((sa.exc.IntegrityError, sa.exc.OperationalError)),
        world.app.store.engine.raw.begin() as connection,
    ):
        connection.execute(sa.text(f"UPDATE job SET {change}"))
