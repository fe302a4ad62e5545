"""The moments of one entity never fall, whatever the clock of the lane or node that writes."""

from typing import Any

from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys
from dragoman.domain.bulk import Batch, Method
from dragoman.domain.clock import Moment, later
from dragoman.domain.task import Task, Verb
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


def make(world: World) -> Task:
    task: Task = world.write(lambda uow: tasks.add(uow, title="Call"), Keys(numbers={"task"}))
    return task


def rename(world: World, number: int, title: str, keys: Any = None) -> Task:
    def run(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        return tasks.save(uow, task, replace(task, title=title))

    task: Task = world.write(run, keys or Keys(tasks={number}))
    return task


def moments(world: World, number: int) -> list[int]:
    rows = world.sql('select "at" from history where entity = :e and number = :n order by revision', e="task", n=number)
    return [row[0] for row in rows]


def test_a_change_by_a_slower_clock_is_not_before_the_last_one(world: World) -> None:
    number = make(world).number
    made_at = world.clock.now()
    world.clock.advance(-1.5)
    first = rename(world, number, "one")
    second = rename(world, number, "two", EXCLUSIVE)
    assert (first.modified_at, second.modified_at) == (made_at, made_at)
    assert moments(world, number) == [made_at, made_at, made_at]


def test_two_changes_of_one_group_keep_the_order(world: World) -> None:
    number = make(world).number
    made_at = world.clock.now()
    world.clock.advance(-1.5)

    def title(text: str) -> Any:
        def run(uow: UnitOfWork) -> Task:
            task = uow.tasks.get(number)
            return tasks.save(uow, task, replace(task, title=text))

        return world.work(run, Keys(tasks={number}))

    world.group(title("one"), title("two"))
    assert moments(world, number) == [made_at, made_at, made_at]


def test_the_moments_of_a_verb_are_those_of_its_revision(world: World) -> None:
    number = make(world).number
    made_at = world.clock.now()
    world.clock.advance(-1.5)

    def finish(uow: UnitOfWork) -> Task:
        return tasks.perform(uow, uow.tasks.get(number), Verb.FINISH, user="anna")

    ended: Task = world.write(finish, EXCLUSIVE)
    assert (ended.completed_at, ended.state_changed_at, ended.modified_at) == (made_at, made_at, made_at)


def test_a_deletion_by_a_slower_clock_is_not_before_the_last_change(world: World) -> None:
    number = make(world).number
    made_at = world.clock.now()
    world.clock.advance(-1.5)
    world.write(lambda uow: tasks.remove(uow, uow.tasks.get(number)), EXCLUSIVE)
    assert moments(world, number) == [made_at, made_at]


def test_a_date_that_an_import_sets_does_not_hold_the_clock(world: World) -> None:
    number = make(world).number
    made_at = world.clock.now()
    ahead = later(made_at, seconds=86_400 * 365)
    world.write(lambda uow: uow.tasks.save(replace(uow.tasks.get(number), modified_at=ahead)), Keys(tasks={number}))
    world.clock.advance(2)
    renamed = rename(world, number, "one")
    assert renamed.modified_at == world.clock.now()
    assert moments(world, number) == [made_at, world.clock.now()]


def test_a_batch_is_not_modified_before_it_was(world: World) -> None:
    order = batches.NewBatch(Method.PATCH, "task", "id", "[1]", '{"priority": 1}', True, 1)
    number = world.write(lambda uow: batches.create(uow, order).batch.number, Keys(numbers={"task"}))
    made_at = world.clock.now()
    world.clock.advance(-1.5)

    def prepare(uow: UnitOfWork) -> Batch:
        return uow.batches.save(uow.batches.get(number).prepare(at=uow.now))

    prepared: Batch = world.write(prepare, EXCLUSIVE)
    assert prepared.modified_at == made_at


def test_the_moment_of_a_group_is_read_when_its_rows_are_locked(world: World) -> None:
    number = make(world).number
    clock = world.clock

    def slow_load(moment: Moment) -> None:
        clock.at = moment

    keys = Keys(tasks={number})
    original = keys.wanted.items

    class Wanted(dict[Any, Any]):
        def items(self) -> Any:
            slow_load(later(clock.now(), seconds=1))
            return original()

    keys.wanted = Wanted(keys.wanted)
    seen: Moment = world.write(lambda uow: uow.now, keys)
    assert seen == clock.now()
