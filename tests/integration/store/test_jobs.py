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
from tests.integration.store.conftest import Bench
from tests.support.jobs import TEST_JOB


def patiently(bench: Bench, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive = EXCLUSIVE) -> Any:
    """Do it, and again as often as a worker would that is told that the database was busy."""
    for _ in range(200):
        try:
            return bench.write(run, keys)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def tell(bench: Bench, run: Callable[[UnitOfWork, Any], Any], command: Any) -> Any:
    """Run a use case with its command."""
    return patiently(bench, lambda uow: run(uow, command), command.keys())


def seen(bench: Bench, run: Callable[[UnitOfWork], Any]) -> Any:
    """Read, past the failures that are injected."""
    for _ in range(200):
        try:
            return bench.read(run)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def enqueue(bench: Bench, **args: Any) -> str:
    uid: str = patiently(bench, lambda uow: uow.enqueue(TEST_JOB, 7, **args).uid)
    return uid


def claim(bench: Bench, owner: str, limit: int = 1) -> list[Job]:
    claimed: list[Job] = tell(bench, jobs.claim, Claim(owner, limit))
    return claimed


def hold(job: Job) -> Hold:
    return Hold(job.uid, job.owner or "", job.attempt)


def job_of(bench: Bench, uid: str) -> Job:
    job: Job = seen(bench, lambda uow: uow.jobs.get(uid))
    return job


def test_a_job_is_there_when_its_cause_is_committed_and_else_not(bench: Bench) -> None:
    def refused(uow: UnitOfWork) -> None:
        uow.enqueue(TEST_JOB)
        raise LeaseLost("refused", "So there is nothing to do.")

    with pytest.raises(LeaseLost):
        patiently(bench, refused)
    uid = enqueue(bench, size=3)
    assert seen(bench, lambda uow: uow.jobs.counts_everywhere(9))["available"] == 1
    assert (job_of(bench, uid).subject, job_of(bench, uid).args) == (7, {"size": 3})


def test_jobs_are_taken_when_they_are_due_the_oldest_first(bench: Bench) -> None:
    now = bench.clock.now()

    def enqueue_all(uow: UnitOfWork) -> list[str]:
        return [uow.enqueue(TEST_JOB, run_at=later(now, seconds=seconds)).uid for seconds in (20, 0, 10)]

    uids = patiently(bench, enqueue_all)
    assert [job.uid for job in claim(bench, "a", 5)] == [uids[1]]
    bench.clock.advance(20)
    assert [job.uid for job in claim(bench, "a", 1)] == [uids[2]]
    assert [job.uid for job in claim(bench, "a", 5)] == [uids[0]]
    assert claim(bench, "a", 5) == []


def test_tenants_with_a_due_job_are_told(bench: Bench) -> None:
    def due() -> list[int]:
        for _ in range(200):
            try:
                return bench.app.executor.call(jobs.tenants_with_due, jobs.Due(), DIRECTORY_TENANT)
            except (Unavailable, sa.exc.OperationalError):
                continue
        raise AssertionError("the database stayed busy")

    assert due() == []
    enqueue(bench)
    assert due() == [bench.tenant]
    claim(bench, "a")
    assert due() == []
    bench.clock.advance(30)
    assert due() == [bench.tenant]  # its worker said nothing for as long as a lease is


def test_of_two_owners_one_has_each_job(bench: Bench) -> None:
    uids = [enqueue(bench) for _ in range(12)]
    taken: list[str] = []
    guard = threading.Lock()

    def work(owner: str) -> None:
        writer = bench.app.store._transactions(writes=True, lane=False)
        command, misses = Claim(owner, 2), 0
        while misses < 3:
            work = bench.work(lambda uow: jobs.claim(uow, command), command.keys())
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


def test_a_worker_that_was_only_asleep_writes_nothing(bench: Bench) -> None:
    enqueue(bench)
    [asleep] = claim(bench, "a")
    bench.clock.advance(31)
    [taken_over] = claim(bench, "b")
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
            patiently(bench, late, keys())
    patiently(bench, slice_of(hold(taken_over)), keys())
    assert seen(bench, lambda uow: uow.tasks.get(1).title) == "made by b"
    assert seen(bench, lambda uow: uow.tasks.find(2)) is None
    assert job_of(bench, asleep.uid).state is JobState.COMPLETED


def test_a_slice_that_is_late_in_the_same_group_writes_nothing(bench: Bench) -> None:
    uid = enqueue(bench)
    [held] = claim(bench, "a")
    bench.clock.advance(31)

    def take_over(uow: UnitOfWork) -> None:
        job = uow.jobs.get(uid)
        uow.jobs.save(job.claim("b", at=uow.now))

    def late(uow: UnitOfWork) -> None:
        jobs.held(uow, hold(held))
        tasks.add(uow, title="too late")

    works = [bench.work(take_over, Keys(jobs={uid})), bench.work(late, Keys(jobs={uid}, numbers={"task"}))]
    bench.group(*works)
    while isinstance(works[0].error, Unavailable):
        works = [bench.work(take_over, Keys(jobs={uid})), bench.work(late, Keys(jobs={uid}, numbers={"task"}))]
        bench.group(*works)
    assert isinstance(works[1].error, LeaseLost | Unavailable)
    assert seen(bench, lambda uow: uow.tasks.find(1)) is None


def test_a_lease_that_is_renewed_stays(bench: Bench) -> None:
    uid = enqueue(bench)
    [job] = claim(bench, "a")
    for _ in range(5):
        bench.clock.advance(20)
        tell(bench, jobs.prolong, Prolong(hold(job)))
    assert claim(bench, "b") == []
    assert job_of(bench, uid).attempt == 1


def test_a_job_given_back_can_be_taken_at_once(bench: Bench) -> None:
    enqueue(bench)
    [job] = claim(bench, "a")
    tell(bench, jobs.give_back, GiveBack(hold(job)))
    [again] = claim(bench, "b")
    assert again.attempt == 1


def test_a_poisoned_job_is_given_up_after_twenty_attempts_and_stays_to_be_seen(bench: Bench) -> None:
    uid = enqueue(bench)
    for attempt in range(1, ATTEMPTS + 1):
        [job] = claim(bench, "a")
        assert job.attempt == attempt
        tell(bench, jobs.fail, Fail(hold(job), "it broke"))
        bench.clock.advance(600)
    assert claim(bench, "a") == []
    assert (job_of(bench, uid).state, job_of(bench, uid).error) == (JobState.DISCARDED, "it broke")
    bench.clock.advance(30 * 86_400)
    assert patiently(bench, lambda uow: jobs.prune(uow, jobs.Prune())) == 0


def test_a_job_whose_workers_are_lost_is_given_up_as_well(bench: Bench) -> None:
    uid = enqueue(bench)
    for attempt in range(1, ATTEMPTS + 1):
        [job] = claim(bench, "a")
        assert (job.state, job.attempt) == (JobState.RUNNING, attempt)
        bench.clock.advance(30)
    assert [job.state for job in claim(bench, "a")] == [JobState.DISCARDED]
    assert claim(bench, "a") == []
    assert job_of(bench, uid).error == "Its workers were lost."


def test_a_job_that_is_not_wanted_any_more_is_lost_to_its_worker(bench: Bench) -> None:
    uid = enqueue(bench)
    [job] = claim(bench, "a")
    patiently(bench, lambda uow: uow.jobs.save(uow.jobs.get(uid).cancel(at=uow.now)), Keys(jobs={uid}))
    with pytest.raises(LeaseLost):
        patiently(bench, lambda uow: jobs.held(uow, hold(job)), Keys(jobs={uid}))


def test_jobs_that_are_done_are_forgotten_after_a_week(bench: Bench) -> None:
    for _ in range(3):
        enqueue(bench)

    def complete(uow: UnitOfWork) -> None:
        for job in jobs.claim(uow, Claim("a", 2)):
            jobs.complete(uow, jobs.held(uow, hold(job)))

    patiently(bench, complete)
    bench.clock.advance(7 * 86_400)
    assert patiently(bench, lambda uow: jobs.prune(uow, jobs.Prune())) == 0
    bench.clock.advance(1)
    assert patiently(bench, lambda uow: jobs.prune(uow, jobs.Prune())) == 2
    assert seen(bench, lambda uow: uow.jobs.counts_everywhere(9))["available"] == 1


@pytest.mark.parametrize(
    "change",
    ["state = 'sleeping'", "state = 'running'", "owner = 'a'", "lease_until = 1", "state = 'running', owner = 'a'"],
)
def test_the_database_refuses_what_is_no_state_of_a_job(bench: Bench, change: str) -> None:
    enqueue(bench)
    with (
        pytest.raises((sa.exc.IntegrityError, sa.exc.OperationalError)),
        bench.app.store.engine.raw.begin() as connection,
    ):
        connection.execute(sa.text(f"UPDATE job SET {change}"))
