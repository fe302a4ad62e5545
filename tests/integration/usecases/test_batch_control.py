"""Control of batches on real engines: canary, too many failures, pause, resume, stop, options, rate, order, expiry."""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from dragoman.domain.access import system
from dragoman.domain.bulk import Batch, Decision, EndCode, Method, Preview, Status
from dragoman.domain.bulk import Effect as Effects
from dragoman.domain.bulk_options import Changes
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, later
from dragoman.domain.errors import Conflict, Forbidden, NotFound, StaleVersion
from dragoman.domain.job import ENDED as OVER
from dragoman.domain.job import Job, JobKind, JobState
from dragoman.domain.task import State, Task
from dragoman.jobs.handlers.registry import HANDLERS
from dragoman.jobs.loops import reviews
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.worker import Worker
from dragoman.settings import Jobs
from dragoman.store import tables
from dragoman.usecases.admin import leaving
from dragoman.usecases.background import jobs as background
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import control, documents
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld, Immediate, Watch
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

DAY = 86_400.0
NOBODY = 10_000_000
Do = Callable[[], object]


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        opened.is_lawful = True
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def made(world: BatchWorld, count: int) -> list[int]:
    """Tasks of anna's."""
    numbers: list[int] = world.core(
        lambda uow: [tasks.add(uow, title=f"Task {index}").number for index in range(count)], world.anna
    )
    return numbers


def patching(world: BatchWorld, entries: list[int], *, review: bool = False, **options: Any) -> int:
    """A batch that gives its tasks a priority, prepared for its review or queued for a worker; its number."""
    asked = batches.Options(**options)
    number = world.order(
        Method.PATCH, "task", field="id", entries=entries, data={"priority": 7}, review=review, options=asked
    )
    handlers = HANDLERS | {JobKind.BATCH_EXECUTE: put_off}
    asyncio.run(Worker(Immediate(world.app), handlers=handlers).run_once())
    world.clock.advance(1)
    return number


async def put_off(runner: Runner, hold: Hold, job: Job) -> None:
    """Run no batch yet."""
    await runner.write(background.give_back, background.GiveBack(hold, 1.0), system(job.tenant), "test")


class Dead(BaseException):
    """The worker is no more."""


def before_slice(count: int, do: Do) -> Watch:
    """Does something before the slice of this number, beside the worker."""
    slices = itertools.count(1)

    def watch(name: str) -> None:
        if name == "run_slice" and next(slices) == count:
            beside(do)

    return watch


def beside(do: Do) -> None:
    """Do something in another thread, and wait for it."""
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()


def verb(world: BatchWorld, number: int, run: Callable[..., Batch], **named: Any) -> Batch:
    return world.control(number, lambda uow, batch: run(uow, batch, **named), world.anna)


def change(world: BatchWorld, number: int, **options: Any) -> Batch:
    return world.control(number, lambda uow, batch: control.change(uow, batch, Changes(**options)), world.anna)


def jobs_of(world: BatchWorld, number: int) -> list[Job]:
    """The jobs of its run that have not ended."""
    found: list[Job] = world.core(lambda uow: uow.jobs.about(JobKind.BATCH_EXECUTE, number))
    return [job for job in found if job.state not in OVER]


def done(world: BatchWorld, numbers: list[int]) -> list[bool]:
    """Which of these tasks the batch changed."""
    return [world.task(number).priority == 7 for number in numbers]


def first(count: int, size: int) -> list[bool]:
    return [index < count for index in range(size)]


def facts(world: BatchWorld, number: int) -> list[dict[str, Any]]:
    """What the history of the batch's task says of each change of the batch."""
    rows: list[Any] = world.core(lambda uow: uow.history.page("task", number))
    changes = [json.loads(row.changes) for row in rows]
    return [each["extras.batch"][1] for each in changes if "extras.batch" in each]


# The canary


def test_a_canary_is_done_to_the_entry_and_waits(world: BatchWorld) -> None:
    numbers = made(world, 60)
    number = patching(world, numbers, canary=27)
    world.run_jobs()
    batch = world.batch(number)
    assert (batch.status, batch.processed, batch.skipped) == (Status.CANARY_REVIEW, 27, 0)
    assert done(world, numbers) == first(27, 60)
    assert world.task(number).state is State.READY
    assert not jobs_of(world, number)
    assert world.decide(number, Decision.APPROVE).status is Status.QUEUED
    world.run_jobs()
    assert world.batch(number).status is Status.COMPLETED
    assert all(done(world, numbers))


def test_a_refused_canary_stops_the_batch(world: BatchWorld) -> None:
    numbers = made(world, 30)
    number = patching(world, numbers, canary=5)
    world.run_jobs()
    batch = world.decide(number, Decision.REFUSE, reason="wrong floor")
    assert (batch.status, batch.processed, batch.skipped) == (Status.STOPPED, 5, 25)
    assert batch.ended_because is not None
    assert (batch.ended_because.code, batch.ended_because.detail) == (EndCode.CANARY_REFUSED, "wrong floor")
    world.run_jobs()
    assert done(world, numbers) == first(5, 30)
    assert world.task(number).state is State.TERMINATED


# Too many failures


@pytest.mark.parametrize(("borne", "last"), [("0", 3), ("1", 9), ("3%", 9), ("2", 45), ("3", 60)])
def test_the_entry_behind_the_first_failure_too_many_is_not_tried(world: BatchWorld, borne: str, last: int) -> None:
    numbers = made(world, 60)
    entries = [NOBODY if index in (3, 9, 45) else number for index, number in enumerate(numbers)]
    number = patching(world, entries, max_failures=borne)
    world.run_jobs()
    batch, processed = world.batch(number), min(last + 1, 60)
    assert batch.processed == processed
    assert world.outcomes(batch) == list(range(processed))
    assert done(world, numbers) == [index < processed and index not in (3, 9, 45) for index in range(60)]
    if last < 60:
        assert (batch.status, batch.skipped) == (Status.STOPPED, 60 - processed)
        assert batch.ended_because is not None
        assert batch.ended_because.code is EndCode.MAX_FAILURES
    else:
        assert (batch.status, batch.ended_because) == (Status.COMPLETED, None)


def test_entries_that_fail_alike_stop_at_the_same_one(world: BatchWorld) -> None:
    numbers = made(world, 30)
    number = patching(world, numbers, max_failures="4")
    world.app.executor.call(leaving.disable_user, leaving.DisableUser("anna"), world.tenant)
    world.run_jobs()
    batch = world.batch(number)
    assert (batch.status, batch.failure, batch.skipped) == (Status.STOPPED, 5, 25)


def test_more_failures_may_be_borne_while_it_runs(world: BatchWorld) -> None:
    numbers = made(world, 60)
    entries = [number if index % 10 else NOBODY for index, number in enumerate(numbers)]
    number = patching(world, entries, max_failures="2")
    world.run_jobs(before_slice(2, lambda: change(world, number, max_failures="6")))
    batch = world.batch(number)
    assert (batch.status, batch.failure) == (Status.COMPLETED, 6)


def test_fewer_failures_are_borne_from_the_next_entry_on(world: BatchWorld) -> None:
    numbers = made(world, 60)
    entries = [number if index % 10 else NOBODY for index, number in enumerate(numbers)]
    number = patching(world, entries)
    world.run_jobs(before_slice(2, lambda: change(world, number, max_failures="0")))
    batch = world.batch(number)
    assert (batch.status, batch.processed, batch.failure, batch.skipped) == (Status.STOPPED, 20, 2, 40)


# Pause, resume, stop


def test_a_pause_acts_between_two_entries_and_holds_no_worker(world: BatchWorld) -> None:
    numbers = made(world, 60)
    number = patching(world, numbers)
    world.run_jobs(before_slice(2, lambda: verb(world, number, control.pause)))
    batch = world.batch(number)
    assert (batch.status, batch.processed) == (Status.PAUSED, 20)
    assert not jobs_of(world, number)
    assert (world.task(number).state, world.task(number).suspended) == (State.RUNNING, True)
    world.clock.advance(DAY)
    world.run_jobs()
    assert done(world, numbers) == first(20, 60)
    assert verb(world, number, control.resume).status is Status.QUEUED
    world.run_jobs()
    assert world.batch(number).status is Status.COMPLETED
    assert world.outcomes(batch) == list(range(60))
    assert not world.task(number).suspended


def test_a_pause_and_a_resume_between_two_slices_leave_one_worker(world: BatchWorld) -> None:
    numbers = made(world, 60)
    number = patching(world, numbers)

    def pause_and_resume() -> None:
        verb(world, number, control.pause)
        verb(world, number, control.resume)

    world.run_jobs(before_slice(2, pause_and_resume))
    assert world.batch(number).status is Status.COMPLETED
    states = [job.state for job in world.core(lambda uow: uow.jobs.about(JobKind.BATCH_EXECUTE, number))]
    assert states == [JobState.CANCELLED, JobState.COMPLETED]


def test_a_stop_is_for_good(world: BatchWorld) -> None:
    numbers = made(world, 60)
    number = patching(world, numbers)
    world.run_jobs(before_slice(2, lambda: verb(world, number, control.stop, reason="wrong floor")))
    batch = world.batch(number)
    assert (batch.status, batch.processed, batch.skipped) == (Status.STOPPED, 20, 40)
    assert batch.ended_because is not None
    assert (batch.ended_because.code, batch.ended_because.detail) == (EndCode.STOP_ASKED, "wrong floor")
    with pytest.raises(Conflict):
        verb(world, number, control.resume)
    world.run_jobs()
    assert done(world, numbers) == first(20, 60)
    assert world.task(number).state is State.TERMINATED
    assert not jobs_of(world, number)


def test_a_batch_that_is_stopped_before_its_first_entry_skips_all(world: BatchWorld) -> None:
    number = patching(world, made(world, 3), review=True)
    world.decide(number, Decision.APPROVE)
    batch = verb(world, number, control.stop)
    assert (batch.status, batch.processed, batch.skipped) == (Status.STOPPED, 0, 3)
    world.run_jobs()
    assert world.outcomes(batch) == []


def test_a_verb_for_the_present_status_changes_nothing(world: BatchWorld) -> None:
    number = patching(world, made(world, 3))
    for run in (control.pause, control.resume, control.stop):
        once = verb(world, number, run)
        rows = len(facts(world, number))
        kept = world.batch(number)
        assert (once.status, once.revision) == (kept.status, kept.revision)
        assert verb(world, number, run) == world.batch(number) == kept
        assert len(facts(world, number)) == rows


@pytest.mark.parametrize("run", [control.pause, control.resume, control.stop, control.preview_anew])
def test_a_verb_about_another_revision_changes_nothing(world: BatchWorld, run: Callable[..., Batch]) -> None:
    number = patching(world, made(world, 3))
    before = world.batch(number)
    with pytest.raises(StaleVersion) as stale:
        verb(world, number, run, if_match=frozenset({before.revision + 1}))
    assert stale.value.current == before
    assert world.batch(number) == before


def test_a_paused_batch_stays_paused_when_its_worker_dies(world: BatchWorld) -> None:
    numbers = made(world, 60)
    number = patching(world, numbers)

    def pause_and_die(name: str) -> None:
        if name == "run_slice" and world.batch(number).processed:
            beside(lambda: verb(world, number, control.pause))
            raise Dead

    with pytest.raises(Dead):
        world.run_jobs(pause_and_die)
    world.clock.advance(60)
    world.run_jobs()
    assert (world.batch(number).status, world.batch(number).processed) == (Status.PAUSED, 20)


def test_a_worker_that_lost_its_lease_does_nothing_beside_the_next(world: BatchWorld) -> None:
    numbers = made(world, 60)
    number = patching(world, numbers)

    def take_over() -> None:
        world.clock.advance(31)
        world.run_jobs(before_slice(2, lambda: verb(world, number, control.pause)))

    world.run_jobs(before_slice(2, take_over))
    assert (world.batch(number).status, world.batch(number).processed) == (Status.PAUSED, 40)
    assert done(world, numbers) == first(40, 60)


# When it may run


def test_no_entry_is_done_before_its_moment(world: BatchWorld) -> None:
    begins_at = later(world.clock.now(), seconds=3_600)
    numbers = made(world, 3)
    number = patching(world, numbers, review=True, not_before=begins_at)
    assert world.decide(number, Decision.APPROVE).status is Status.APPROVED
    verb(world, number, control.pause)
    verb(world, number, control.resume)
    world.clock.at = Moment(begins_at - 1)
    world.run_jobs()
    [job] = jobs_of(world, number)
    assert (job.state, job.run_at, world.batch(number).processed) == (JobState.SCHEDULED, begins_at, 0)
    world.clock.at = begins_at
    world.run_jobs()
    assert world.batch(number).status is Status.COMPLETED


def test_a_batch_without_review_can_be_put_off_and_brought_forward(world: BatchWorld) -> None:
    number = patching(world, made(world, 3))
    change(world, number, not_before=later(world.clock.now(), seconds=3_600))
    world.run_jobs()
    assert world.batch(number).status is Status.QUEUED
    change(world, number, not_before=None)
    world.run_jobs()
    assert world.batch(number).status is Status.COMPLETED


def test_what_waits_runs_by_priority_then_age(world: BatchWorld) -> None:
    waiting = [patching(world, made(world, 1), review=True, priority=priority) for priority in (0, 5, 5, 900)]
    for number in waiting:
        world.decide(number, Decision.APPROVE)
        world.clock.advance(1)
    change(world, waiting[0], priority=1_000)
    change(world, waiting[3], priority=1)
    assert world.task(waiting[0]).priority == 1_000
    begun: list[int] = []

    def watch(name: str) -> None:
        if name == "claim":
            begun.extend(each for each in waiting if each not in begun and world.batch(each).processed)

    asyncio.run(one_at_a_time(world, watch))
    watch("claim")
    assert begun == waiting


async def one_at_a_time(world: BatchWorld, watch: Watch) -> None:
    await Worker(Immediate(world.app, watch), Jobs(at_once=1)).run_once()


# The rate


@pytest.mark.parametrize(("rate", "size"), [("5", 30), ("100", 300)])
def test_a_rate_holds_in_any_time_and_over_ten_seconds(world: BatchWorld, rate: str, size: int) -> None:
    number = patching(world, made(world, size), rate=rate)
    run_as_time_passes(world, number)
    moments = outcome_moments(world, number)
    per_second = float(rate)
    for index, moment in enumerate(moments):
        for step in (1, 5, 20, size - 1):
            if index + step < size:
                seconds = (moments[index + step] - moment) / TICKS_PER_SECOND
                assert step + 1 <= per_second * seconds + 1 + per_second / 10 + 1e-6
    seconds = (moments[-1] - moments[0]) / TICKS_PER_SECOND
    assert size <= per_second * seconds * 1.05 + 1 + per_second / 10
    assert size >= per_second * seconds * 0.95


def outcome_moments(world: BatchWorld, number: int) -> list[int]:
    table = tables.batch_outcome.c
    statement = sa.select(table.at).where(table.tenant == world.tenant, table.batch == number).order_by(table.index)
    with world.app.store.engine.raw.connect() as connection:
        return [int(row[0]) for row in connection.execute(statement)]


def run_as_time_passes(world: BatchWorld, number: int) -> None:
    """Run its job whenever it is due, until the batch is over."""
    world.run_jobs()
    while not world.batch(number).has_ended:
        [job] = jobs_of(world, number)
        assert job.run_at > world.clock.now()
        world.clock.at = job.run_at
        world.run_jobs()


def test_a_slow_batch_gives_its_worker_back(world: BatchWorld) -> None:
    number = patching(world, made(world, 5), rate="0.1")
    world.run_jobs()
    batch, [job] = world.batch(number), jobs_of(world, number)
    assert (batch.status, batch.processed, job.state) == (Status.RUNNING, 1, JobState.SCHEDULED)
    assert (job.run_at - world.clock.now()) / TICKS_PER_SECOND == pytest.approx(9.9, abs=0.2)
    change(world, number, rate=None)
    world.run_jobs()
    assert world.batch(number).status is Status.COMPLETED


# Reviews that are over


def look_for_reviews(world: BatchWorld) -> int:
    return asyncio.run(reviews.end_what_is_over(Immediate(world.app)))


def test_what_nobody_decides_expires(world: BatchWorld) -> None:
    over_at = later(world.clock.now(), seconds=3_600)
    number = patching(world, made(world, 2), review=True, review_expires_at=over_at)
    world.clock.at = Moment(over_at - 1)
    look_for_reviews(world)
    assert world.batch(number).status is Status.IN_REVIEW
    world.clock.at = over_at
    with pytest.raises(Conflict, match="not in review"):
        world.decide(number, Decision.APPROVE)  # nobody looked yet
    assert look_for_reviews(world) == 1
    batch = world.batch(number)
    assert (batch.status, batch.processed, batch.skipped) == (Status.EXPIRED, 0, 0)
    assert batch.ended_because is not None
    assert batch.ended_because.code is EndCode.REVIEW_EXPIRED
    assert world.task(number).state is State.EXPIRED
    assert look_for_reviews(world) == 0


def test_a_review_that_is_over_is_shown_so_together_with_its_task(world: BatchWorld) -> None:
    over_at = later(world.clock.now(), seconds=3_600)
    number = patching(world, made(world, 2), review=True, review_expires_at=over_at)

    def seen() -> tuple[Status, State]:
        return shown(world, number).status, world.task(number).state

    world.clock.at = over_at
    assert seen() == (Status.IN_REVIEW, State.READY)  # nobody looked yet
    look_for_reviews(world)
    assert seen() == (Status.EXPIRED, State.EXPIRED)


def test_a_review_is_shown_as_over_two_seconds_later_whoever_looks(world: BatchWorld) -> None:
    over_at = later(world.clock.now(), seconds=3_600)
    number = patching(world, made(world, 2), review=True, review_expires_at=over_at)
    world.clock.at = later(over_at, seconds=2)
    assert shown(world, number).status is Status.EXPIRED
    assert world.core(lambda uow: batches.view(uow, uow.batches.get(number))).batch.status is Status.EXPIRED


def shown(world: BatchWorld, number: int) -> Batch:
    found: Batch = world.core(lambda uow: documents.shown(uow, uow.batches.get(number)).batch)
    return found


def test_a_review_is_over_after_thirty_days_unless_it_is_prolonged(world: BatchWorld) -> None:
    begun_at = world.clock.now()
    number, other = (patching(world, made(world, 1), review=True) for _ in range(2))
    assert world.batch(number).review_expires_at == later(begun_at, seconds=30 * DAY)
    change(world, other, review_expires_at=later(begun_at, seconds=60 * DAY))
    world.clock.advance(31 * DAY)
    look_for_reviews(world)
    assert [world.batch(each).status for each in (number, other)] == [Status.EXPIRED, Status.IN_REVIEW]
    change(world, other, review_expires_at=None)  # the default, which is over
    look_for_reviews(world)
    assert world.batch(other).status is Status.EXPIRED


def test_a_canary_without_a_word_stops_after_thirty_days(world: BatchWorld) -> None:
    number = patching(world, made(world, 5), canary=2)
    world.run_jobs()
    world.clock.advance(30 * DAY - 60)
    look_for_reviews(world)
    assert world.batch(number).status is Status.CANARY_REVIEW
    world.clock.advance(60)
    look_for_reviews(world)
    batch = world.batch(number)
    assert (batch.status, batch.processed, batch.skipped) == (Status.STOPPED, 2, 3)


# What is recorded


def test_decisions_and_options_are_in_the_history_of_the_task(world: BatchWorld) -> None:
    number = patching(world, made(world, 2), review=True)
    change(world, number, max_failures="1", purpose="Spring")
    world.decide(number, Decision.APPROVE, structs.replace(world.anna, is_reviewer=True), "as agreed")
    world.run_jobs()
    said = facts(world, number)
    assert [each["status"] for each in said] == [
        "pending_review",
        "pending_review",
        "approved",
        "running",
        "completed",
    ]
    assert said[1]["options"] == {"purpose": [None, "Spring"], "max_failures": [None, "1"]}
    decided = {"decision": "approve", "decided_revision": 3, "reason": "as agreed", "by": world.anna.user}
    assert said[2] == {"status": "approved", "revision": 4} | decided
    rows: list[Any] = world.core(lambda uow: uow.history.page("task", number))
    row = next(row for row in rows if "as agreed" in row.changes)
    assert (row.principal, row.dialect) == ("anna", "carrierx_batch")
    assert world.task(number).description == "Spring"


def test_changes_under_review_void_approvals_that_were_about_something_else(world: BatchWorld) -> None:
    number = patching(world, made(world, 2), review=True, policy={"approvals": 2})
    reviewer = structs.replace(world.anna, is_reviewer=True)
    once = world.decide(number, Decision.APPROVE, reviewer)
    assert once.status is Status.IN_REVIEW
    changed = change(world, number, canary=1)
    assert [each.counted for each in changed.decisions] == [False]
    assert world.decide(number, Decision.APPROVE, reviewer).status is Status.IN_REVIEW


def test_reviewers_control_a_batch_and_do_not_rename_it(world: BatchWorld) -> None:
    number = patching(world, made(world, 2), review=True)
    rita, bert = structs.replace(world.add("rita"), is_reviewer=True), world.add("bert")
    for named in (Changes(title="Move"), Changes(purpose=None, title=None)):
        with pytest.raises(Forbidden):
            world.control(number, partial(changing, named), rita)
    assert world.control(number, partial(changing, Changes(canary=1)), rita).canary == 1
    with pytest.raises(NotFound):  # nor does everybody see it
        world.control(number, partial(changing, Changes(canary=2)), bert)


def changing(changes: Changes, uow: UnitOfWork, batch: Batch) -> Batch:
    return control.change(uow, batch, changes)


def test_failures_are_grouped_as_slices_go(world: BatchWorld) -> None:
    numbers = made(world, 50)
    entries = [NOBODY + index if index % 10 == 3 else number for index, number in enumerate(numbers)]
    ended = numbers[44]
    world.core(lambda uow: tasks.save(uow, uow.tasks.get(ended), _ended(uow.tasks.get(ended), uow)), world.anna)
    batch = world.done(Method.PATCH, "task", field="id", entries=entries, data={"state": "completed"})
    detail = world.core(lambda uow: uow.batch_details.get(batch.uid))
    groups = {(group.code, group.field): (group.count, group.examples) for group in detail.failures}
    assert groups[("not_found", "id")] == (5, (3, 13, 23))
    assert sum(group.count for group in detail.failures) == batch.failure == 6


def _ended(task: Task, uow: UnitOfWork) -> Task:
    return task.terminate(at=uow.now, code=None, text=None)


def test_previews_and_images_go_thirty_days_after_the_end(world: BatchWorld) -> None:
    number = patching(world, made(world, 3), review=True)
    world.core(lambda uow: uow.previews.forget(number, limit=100))
    world.core(lambda uow: uow.previews.record(number, [Preview(index, Effects.NO_OP) for index in range(3)]))
    world.decide(number, Decision.REFUSE, world.anna)
    world.clock.advance(30 * DAY - 1)
    world.run_jobs()
    assert len(world.core(lambda uow: uow.previews.page(number, limit=10))) == 3
    world.clock.advance(1)
    world.run_jobs()
    assert world.core(lambda uow: uow.previews.page(number, limit=10)) == []
    assert world.batch(number).status is Status.CANCELLED
