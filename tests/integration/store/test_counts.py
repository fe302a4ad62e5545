"""Owners count what belongs to them, also when it named them before they were there."""

from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys
from dragoman.domain.contact import ContactKind
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


def test_a_contact_counts_tasks_that_named_it_before_it_was_made(world: World) -> None:
    def name_it(uow: UnitOfWork) -> int:
        return tasks.add(uow, title="dangling", contact=1).number

    def let_go(uow: UnitOfWork) -> None:
        task = uow.tasks.get(number)
        tasks.save(uow, task, replace(task, contact=None))

    number = world.write(name_it, Keys(contacts={1}, numbers={"task"}))
    made = world.write(lambda uow: contacts.add(uow, ContactKind.PERSON, first_name="Ida"), EXCLUSIVE)
    assert (made.number, made.task_count) == (1, 1)

    world.write(let_go, Keys(tasks={number}, contacts={1}))
    assert world.read(lambda uow: uow.contacts.get(1)).task_count == 0


def test_commands_that_named_too_little_are_announced_together(world: World) -> None:
    numbers = [world.write(lambda uow: tasks.add(uow, title="x").number, Keys(numbers={"task"})) for _ in range(12)]

    def rename(number: int) -> object:
        def update(uow: UnitOfWork) -> None:
            task = uow.tasks.get(number)
            tasks.save(uow, task, replace(task, title=f"renamed {number}"))

        return update

    works = [world.work(rename(number), Keys()) for number in numbers]  # type: ignore[arg-type]
    world.group(*works)

    assert [work.error for work in works] == [None] * 12
    assert all(not work.is_exclusive for work in works)  # more than the eight rounds that a group is given
