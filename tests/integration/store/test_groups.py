"""What a group promises to each command in it."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys, Lock
from dragoman.domain.access import Permission, Principal
from dragoman.domain.errors import Conflict, Expected, NotFound
from dragoman.domain.task import Task, Verb
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

NEW = Keys(numbers={"task"})


def make(world: World, **fields: Any) -> Task:
    def create(uow: UnitOfWork) -> Task:
        return tasks.add(uow, title="Call the printer", **fields)

    task: Task = world.write(create, Keys(numbers={"task"}))
    return task


def user(world: World, name: str) -> Principal:
    return Principal(tenant=world.tenant, user=name, login=name)


def claim_of(number: int) -> Any:
    def claim(uow: UnitOfWork) -> Task:
        task = tasks.get(uow, number, Permission.WORK)
        return tasks.perform(uow, task, Verb.CLAIM, user=uow.principal.user)

    return claim


def rename(number: int, title: str) -> Any:
    def update(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        return tasks.save(uow, task, replace(task, title=title))

    return update


def test_of_two_claims_in_one_group_one_wins(world: World) -> None:
    number = make(world).number
    first = world.work(claim_of(number), Keys(tasks={number}), user(world, "anna"))
    second = world.work(claim_of(number), Keys(tasks={number}), user(world, "bert"))

    world.group(first, second)

    assert first.unwrap().assignee == "anna"
    with pytest.raises(Conflict):
        second.unwrap()
    assert world.read(lambda uow: uow.tasks.get(number)).assignee == "anna"


def test_each_command_sees_what_those_before_it_did(world: World) -> None:
    number = make(world).number

    def count(uow: UnitOfWork) -> int:
        task = uow.tasks.get(number)
        return tasks.save(uow, task, replace(task, priority=(task.priority or 0) + 1)).priority or 0

    works = [world.work(count, Keys(tasks={number})) for _ in range(5)]
    world.group(*works)

    assert [work.unwrap() for work in works] == [1, 2, 3, 4, 5]
    task = world.read(lambda uow: uow.tasks.get(number))
    assert (task.priority, task.revision) == (5, 6)


def test_a_refused_command_changes_nothing_and_its_neighbours_stand(world: World) -> None:
    one, two = make(world).number, make(world).number

    def half(uow: UnitOfWork) -> None:
        task = uow.tasks.get(one)
        tasks.save(uow, task, replace(task, title="half done"))
        raise Conflict("changed_my_mind", "No.")

    refused = world.work(half, Keys(tasks={one}))
    stands = world.work(rename(two, "done"), Keys(tasks={two}))
    world.group(refused, stands)

    assert isinstance(refused.error, Conflict)
    assert world.read(lambda uow: uow.tasks.get(one)).title == "Call the printer"
    assert world.read(lambda uow: uow.tasks.get(two)).title == "done"


def test_a_command_with_a_bug_fails_alone(world: World) -> None:
    number = make(world).number

    def broken(uow: UnitOfWork) -> None:
        uow.tasks.get(number)
        raise ZeroDivisionError

    bug = world.work(broken, Keys(tasks={number}))
    stands = world.work(rename(number, "done"), Keys(tasks={number}))
    world.group(bug, stands)

    assert isinstance(bug.error, ZeroDivisionError)
    assert stands.unwrap().title == "done"


def test_a_command_that_the_database_refuses_fails_alone(world: World) -> None:
    one, two = make(world).number, make(world).number

    def poison(uow: UnitOfWork) -> None:
        task = uow.tasks.get(one)
        tasks.save(uow, task, replace(task, priority=2**80))

    poisoned = world.work(poison, Keys(tasks={one}))
    stands = world.work(rename(two, "done"), Keys(tasks={two}))
    world.group(poisoned, stands)

    assert poisoned.error is not None
    assert stands.unwrap().title == "done"
    assert world.read(lambda uow: uow.tasks.get(one)).priority is None
    assert world.read(lambda uow: uow.tasks.get(two)).title == "done"


def test_a_number_is_not_lost_by_a_create_that_fails(world: World) -> None:
    first = make(world).number

    def fail(uow: UnitOfWork) -> None:
        tasks.add(uow, title="never")
        raise NotFound("no_such_thing", "No.")

    def create(uow: UnitOfWork) -> Task:
        return tasks.add(uow, title="next")

    refused = world.work(fail, Keys(numbers={"task"}))
    made = world.work(create, Keys(numbers={"task"}))
    world.group(refused, made)

    assert made.unwrap().number == first + 1
    assert make(world).number == first + 2


def test_parts_of_a_command_fail_by_themselves(world: World) -> None:
    one, two = make(world).number, make(world).number

    def bulk(uow: UnitOfWork) -> list[str]:
        outcomes = []
        for number, title in ((one, "first"), (two, "second"), (999, "none")):
            try:
                with uow.attempt() as part:
                    task = part.tasks.get(number)
                    tasks.save(part, task, replace(task, title=title))
                    if number == two:
                        raise Conflict("no", "No.")
                outcomes.append("ok")
            except Expected as refused:
                outcomes.append(refused.code)
        return outcomes

    assert world.write(bulk, Keys(tasks={one, two, 999})) == ["ok", "no", "task_not_found"]
    assert world.read(lambda uow: uow.tasks.get(one)).title == "first"
    assert world.read(lambda uow: uow.tasks.get(two)).title == "Call the printer"


def test_a_row_that_was_not_announced_is_still_right(world: World) -> None:
    number = make(world).number

    assert world.write(rename(number, "found anyway"), Keys()).title == "found anyway"


def test_a_row_read_unlocked_and_then_saved_is_locked_first(world: World) -> None:
    number = make(world).number
    keys = Keys().also("task", [number], Lock.NONE)

    assert world.write(rename(number, "locked after all"), keys).title == "locked after all"


def test_a_command_finds_out_that_it_needs_a_set(world: World) -> None:
    parent = make(world)

    def child(uow: UnitOfWork) -> Task:
        return tasks.add(uow, title="child", parent=parent.number)

    def end(uow: UnitOfWork) -> Task:
        return tasks.perform(uow, uow.tasks.get(parent.number), Verb.FINISH)

    numbers = [world.write(child, Keys(tasks={parent.number}, numbers={"task"})).number for _ in range(2)]
    other = make(world).number
    ended = world.work(end, Keys(tasks={parent.number}))
    world.group(ended, world.work(rename(other, "beside it"), Keys(tasks={other})))

    assert ended.unwrap().open_children == 0
    children = world.read(lambda uow: [uow.tasks.get(number) for number in numbers])
    assert [str(child.state) for child in children] == ["terminated"] * 2
    assert world.read(lambda uow: uow.tasks.get(other)).title == "beside it"


def test_alone_a_refusal_takes_back_what_was_written_through(world: World) -> None:
    number = make(world).number

    def change_then_fail(uow: UnitOfWork) -> None:
        task = uow.tasks.get(number)
        tasks.save(uow, task, replace(task, title="written through"))
        assert [t.title for t in uow.tasks.of_case(uow.home.inbox_case)] == ["written through"]
        raise Conflict("no", "No.")

    with pytest.raises(Conflict):
        world.write(change_then_fail, EXCLUSIVE)
    assert world.read(lambda uow: uow.tasks.get(number)).title == "Call the printer"


def test_a_user_saved_before_a_condition_is_looked_at_is_shown_at_once(world: World) -> None:
    """A user who was written ahead of the commit was shown as before for a second."""
    uid = str(world.add("anna").user)

    def call_her_another(uow: UnitOfWork) -> None:
        uow.users.save(replace(uow.users.get(uid), display_name="Another"))
        uow.groups.all()

    assert world.core(lambda uow: uow.users.get(uid)).display_name == "anna"
    world.core(call_her_another)
    assert world.core(lambda uow: uow.users.get(uid)).display_name == "Another"


def test_one_command_leaves_one_revision_however_often_it_saves(world: World) -> None:
    number = make(world).number

    def thrice(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        for title in ("a", "b", "c"):
            task = tasks.save(uow, task, replace(task, title=title))
        return task

    assert world.write(thrice, Keys(tasks={number})).revision == 2
    rows = world.read(lambda uow: uow.history.page("task", number))
    assert [row.revision for row in rows] == [1, 2]
    assert rows[1].changes == '{"title":["Call the printer","c"]}'


def test_what_nobody_sees_leaves_no_revision(world: World) -> None:
    number = make(world).number

    def count(uow: UnitOfWork) -> Task:
        return uow.tasks.save(replace(uow.tasks.get(number), open_children=3))

    assert world.write(count, Keys(tasks={number})).revision == 1
    assert len(world.read(lambda uow: uow.history.page("task", number))) == 1
    assert world.sql("SELECT row_version FROM task WHERE number = :n", n=number)[0][0] == 2


def test_a_deleted_task_leaves_a_tombstone_with_its_history(world: World) -> None:
    task = make(world)

    def delete(uow: UnitOfWork) -> None:
        tasks.remove(uow, uow.tasks.get(task.number))

    world.write(delete, Keys(tasks={task.number}))

    with pytest.raises(NotFound):
        world.read(lambda uow: uow.tasks.get(task.number))
    stone = world.sql("SELECT uid, revision, head_hash FROM tombstone")[0]
    rows = world.read(lambda uow: uow.history.page("task", task.number))
    assert tuple(stone) == (task.uid, 2, rows[-1].hash)
    assert make(world).number == task.number + 1


def test_works_that_need_only_rows_of_a_group_join_it(world: World) -> None:
    first, second = make(world).number, make(world).number
    queued = [
        world.work(rename(first, "joined"), Keys(tasks={first})),
        world.work(rename(second, "left"), Keys(tasks={second})),
        world.work(claim_of(first), Keys(tasks={first}, owners={"case": Lock.CHANGE})),
    ]
    joined: list[Any] = []

    def join(tenant: int, size: int, fits: Any) -> list[Any]:
        found = [work for work in queued if work not in joined and fits(work)]
        joined.extend(found)
        return found

    transactions = world.app.store._transactions(writes=True, lane=True, join=join)
    works = [world.work(rename(first, "first"), Keys(tasks={first}))]
    transactions.run(works)
    transactions.close()

    assert joined == queued[:1]
    assert works[1:] == joined
    assert [work.unwrap().title for work in works] == ["first", "joined"]
    assert world.read(lambda uow: uow.tasks.get(first)).revision == works[1].unwrap().revision


def test_a_work_that_joined_a_group_is_run_when_that_group_fails(world: World) -> None:
    number = make(world).number
    queued = [world.work(rename(number, "joined"), Keys(tasks={number}))]

    def join(tenant: int, size: int, fits: Any) -> list[Any]:
        found, queued[:] = [*queued], []
        return found

    def unstorable(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        return uow.tasks.save(replace(task, title="\ud800"))

    transactions = world.app.store._transactions(writes=True, lane=True, join=join)
    works = [world.work(unstorable, Keys(tasks={number}))]
    transactions.run(works)
    transactions.close()

    assert works[0].error is not None
    assert works[1].unwrap().title == "joined"
    assert world.read(lambda uow: uow.tasks.get(number)).title == "joined"
