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
from tests.integration.store.conftest import Bench

NEW = Keys(numbers={"task"})


def make(bench: Bench, **fields: Any) -> Task:
    def create(uow: UnitOfWork) -> Task:
        return tasks.add(uow, title="Call the printer", **fields)

    task: Task = bench.write(create, Keys(numbers={"task"}))
    return task


def user(bench: Bench, name: str) -> Principal:
    return Principal(tenant=bench.tenant, user=name, login=name)


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


def test_of_two_claims_in_one_group_one_wins(bench: Bench) -> None:
    number = make(bench).number
    first = bench.work(claim_of(number), Keys(tasks={number}), user(bench, "anna"))
    second = bench.work(claim_of(number), Keys(tasks={number}), user(bench, "bert"))

    bench.group(first, second)

    assert first.unwrap().assignee == "anna"
    with pytest.raises(Conflict):
        second.unwrap()
    assert bench.read(lambda uow: uow.tasks.get(number)).assignee == "anna"


def test_each_command_sees_what_those_before_it_did(bench: Bench) -> None:
    number = make(bench).number

    def count(uow: UnitOfWork) -> int:
        task = uow.tasks.get(number)
        return tasks.save(uow, task, replace(task, priority=(task.priority or 0) + 1)).priority or 0

    works = [bench.work(count, Keys(tasks={number})) for _ in range(5)]
    bench.group(*works)

    assert [work.unwrap() for work in works] == [1, 2, 3, 4, 5]
    task = bench.read(lambda uow: uow.tasks.get(number))
    assert (task.priority, task.revision) == (5, 6)


def test_a_refused_command_changes_nothing_and_its_neighbours_stand(bench: Bench) -> None:
    one, two = make(bench).number, make(bench).number

    def half(uow: UnitOfWork) -> None:
        task = uow.tasks.get(one)
        tasks.save(uow, task, replace(task, title="half done"))
        raise Conflict("changed_my_mind", "No.")

    refused = bench.work(half, Keys(tasks={one}))
    stands = bench.work(rename(two, "done"), Keys(tasks={two}))
    bench.group(refused, stands)

    assert isinstance(refused.error, Conflict)
    assert bench.read(lambda uow: uow.tasks.get(one)).title == "Call the printer"
    assert bench.read(lambda uow: uow.tasks.get(two)).title == "done"


def test_a_command_with_a_bug_fails_alone(bench: Bench) -> None:
    number = make(bench).number

    def broken(uow: UnitOfWork) -> None:
        uow.tasks.get(number)
        raise ZeroDivisionError

    bug = bench.work(broken, Keys(tasks={number}))
    stands = bench.work(rename(number, "done"), Keys(tasks={number}))
    bench.group(bug, stands)

    assert isinstance(bug.error, ZeroDivisionError)
    assert stands.unwrap().title == "done"


def test_a_command_that_the_database_refuses_fails_alone(bench: Bench) -> None:
    one, two = make(bench).number, make(bench).number

    def poison(uow: UnitOfWork) -> None:
        task = uow.tasks.get(one)
        tasks.save(uow, task, replace(task, priority=2**80))

    poisoned = bench.work(poison, Keys(tasks={one}))
    stands = bench.work(rename(two, "done"), Keys(tasks={two}))
    bench.group(poisoned, stands)

    assert poisoned.error is not None
    assert stands.unwrap().title == "done"
    assert bench.read(lambda uow: uow.tasks.get(one)).priority is None
    assert bench.read(lambda uow: uow.tasks.get(two)).title == "done"


def test_a_number_is_not_lost_by_a_create_that_fails(bench: Bench) -> None:
    first = make(bench).number

    def fail(uow: UnitOfWork) -> None:
        tasks.add(uow, title="never")
        raise NotFound("no_such_thing", "No.")

    def create(uow: UnitOfWork) -> Task:
        return tasks.add(uow, title="next")

    refused = bench.work(fail, Keys(numbers={"task"}))
    made = bench.work(create, Keys(numbers={"task"}))
    bench.group(refused, made)

    assert made.unwrap().number == first + 1
    assert make(bench).number == first + 2


def test_parts_of_a_command_fail_by_themselves(bench: Bench) -> None:
    one, two = make(bench).number, make(bench).number

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

    assert bench.write(bulk, Keys(tasks={one, two, 999})) == ["ok", "no", "task_not_found"]
    assert bench.read(lambda uow: uow.tasks.get(one)).title == "first"
    assert bench.read(lambda uow: uow.tasks.get(two)).title == "Call the printer"


def test_a_row_that_was_not_announced_is_still_right(bench: Bench) -> None:
    number = make(bench).number

    assert bench.write(rename(number, "found anyway"), Keys()).title == "found anyway"


def test_a_row_read_unlocked_and_then_saved_is_locked_first(bench: Bench) -> None:
    number = make(bench).number
    keys = Keys().also("task", [number], Lock.NONE)

    assert bench.write(rename(number, "locked after all"), keys).title == "locked after all"


def test_a_command_finds_out_that_it_needs_a_set(bench: Bench) -> None:
    parent = make(bench)

    def child(uow: UnitOfWork) -> Task:
        return tasks.add(uow, title="child", parent=parent.number)

    def end(uow: UnitOfWork) -> Task:
        return tasks.perform(uow, uow.tasks.get(parent.number), Verb.FINISH)

    numbers = [bench.write(child, Keys(tasks={parent.number}, numbers={"task"})).number for _ in range(2)]
    other = make(bench).number
    ended = bench.work(end, Keys(tasks={parent.number}))
    bench.group(ended, bench.work(rename(other, "beside it"), Keys(tasks={other})))

    assert ended.unwrap().open_children == 0
    children = bench.read(lambda uow: [uow.tasks.get(number) for number in numbers])
    assert [str(child.state) for child in children] == ["terminated"] * 2
    assert bench.read(lambda uow: uow.tasks.get(other)).title == "beside it"


def test_alone_a_refusal_takes_back_what_was_written_through(bench: Bench) -> None:
    number = make(bench).number

    def change_then_fail(uow: UnitOfWork) -> None:
        task = uow.tasks.get(number)
        tasks.save(uow, task, replace(task, title="written through"))
        assert [t.title for t in uow.tasks.of_case(uow.home.inbox_case)] == ["written through"]
        raise Conflict("no", "No.")

    with pytest.raises(Conflict):
        bench.write(change_then_fail, EXCLUSIVE)
    assert bench.read(lambda uow: uow.tasks.get(number)).title == "Call the printer"


def test_one_command_leaves_one_revision_however_often_it_saves(bench: Bench) -> None:
    number = make(bench).number

    def thrice(uow: UnitOfWork) -> Task:
        task = uow.tasks.get(number)
        for title in ("a", "b", "c"):
            task = tasks.save(uow, task, replace(task, title=title))
        return task

    assert bench.write(thrice, Keys(tasks={number})).revision == 2
    rows = bench.read(lambda uow: uow.history.page("task", number))
    assert [row.revision for row in rows] == [1, 2]
    assert rows[1].changes == '{"title":["Call the printer","c"]}'


def test_what_nobody_sees_leaves_no_revision(bench: Bench) -> None:
    number = make(bench).number

    def count(uow: UnitOfWork) -> Task:
        return uow.tasks.save(replace(uow.tasks.get(number), open_children=3))

    assert bench.write(count, Keys(tasks={number})).revision == 1
    assert len(bench.read(lambda uow: uow.history.page("task", number))) == 1
    assert bench.sql("SELECT row_version FROM task WHERE number = :n", n=number)[0][0] == 2


def test_a_deleted_task_leaves_a_tombstone_with_its_history(bench: Bench) -> None:
    task = make(bench)

    def delete(uow: UnitOfWork) -> None:
        tasks.remove(uow, uow.tasks.get(task.number))

    bench.write(delete, Keys(tasks={task.number}))

    with pytest.raises(NotFound):
        bench.read(lambda uow: uow.tasks.get(task.number))
    stone = bench.sql("SELECT uid, revision, head_hash FROM tombstone")[0]
    rows = bench.read(lambda uow: uow.history.page("task", task.number))
    assert tuple(stone) == (task.uid, 2, rows[-1].hash)
    assert make(bench).number == task.number + 1
