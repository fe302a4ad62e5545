"""Deleting what holds many: at once up to a thousand rows, else marked, hidden, and swept."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.errors import Conflict, NotFound, Unavailable
from dragoman.domain.extension import Attribute, Declaration, Extension, Owner
from dragoman.domain.task import Kind
from dragoman.usecases import extension_schemas as schemas
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import purge as removal
from dragoman.usecases.background import timers
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

PARTS = Declaration(False, (Attribute("sku", "string"),))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two rows are many here."""
    monkeypatch.setattr(removal, "DIRECT", 2)


def look(world: World, text: str, **values: Any) -> list[Any]:
    """Rows as they lie there; the injected failures meet this, too."""
    for _ in range(50):
        try:
            return world.sql(text, **values)
        except sa.exc.OperationalError:
            continue
    raise AssertionError("the database stayed busy")


def make_case(world: World, count: int, **fields: Any) -> Case:
    """A service with so many stages and tasks, each with an extension."""

    def run(uow: UnitOfWork) -> Case:
        case = cases.add(uow, CaseKind.SERVICE, title="Repair", **fields)
        for index in range(count):
            stages.add(uow, case, title=f"Stage {index}")
            value = {"parts": Extension("Parts", f'{{"sku":"{index}"}}')}
            tasks.add(uow, title=f"Task {index}", case=case.number, category=1, extensions=value)
        return case

    made: Case = patiently(world, run)
    return made


def patiently(world: World, run: Callable[[UnitOfWork], Any], keys: Exclusive = EXCLUSIVE) -> Any:
    """Do it alone, and again as often as a client would that is told that the database was busy."""
    for _ in range(200):
        try:
            return world.write(run, keys)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def sweep(world: World, limit: int = 2) -> list[int]:
    """Sweep until nothing is left; what each slice removed."""
    removed = []
    while world.read(lambda uow: removal.waits(uow, removal.Waits())):
        removed.append(patiently(world, lambda uow: removal.sweep(uow, removal.Sweep(limit))))
        assert removed[-1] > 0
    return removed


def names_seen(world: World, case: int) -> list[str | None]:
    def run(uow: UnitOfWork) -> list[str | None]:
        return [task.title for task in uow.tasks.of_case(case)] + [stage.title for stage in uow.stages.of_case(case)]

    seen: list[str | None] = world.read(run)
    return seen


def remove_case(world: World, case: Case) -> None:
    patiently(world, lambda uow: removal.remove_case(uow, uow.cases.get(case.number), direct=removal.DIRECT))


def category_count(world: World) -> int:
    count: int = world.read(lambda uow: uow.categories.get(1).task_count)
    return count


def values(world: World) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in look(world, "SELECT owner, value FROM extension ORDER BY owner")]


def histories(world: World, entity: str) -> list[tuple[int, dict[str, Any]]]:
    rows = look(
        world, "SELECT number, changes FROM history WHERE entity = :entity ORDER BY number, revision", entity=entity
    )
    return [(row[0], json.loads(row[1])) for row in rows]


def deleted(world: World, entity: str) -> list[int]:
    return [number for number, changes in histories(world, entity) if "deleted" in changes]


# A case with what it holds


def test_a_case_goes_with_its_tasks_and_stages(world: World) -> None:
    case, other = make_case(world, 2), make_case(world, 1)
    remove_case(world, case)
    assert names_seen(world, case.number) == []
    assert names_seen(world, other.number) == ["Task 0", "Stage 0"]
    assert deleted(world, "task") == [1, 2]
    assert deleted(world, "stage") == [1, 2]
    assert deleted(world, "case") == [case.number]
    assert category_count(world) == 1
    assert len(values(world)) == 1
    assert not sweep(world)


def test_many_tasks_are_hidden_at_once_and_swept_in_slices(world: World, few: None) -> None:
    case, other = make_case(world, 5), make_case(world, 1)
    remove_case(world, case)
    assert names_seen(world, case.number) == []
    assert names_seen(world, other.number) == ["Task 0", "Stage 0"]
    with pytest.raises(NotFound):
        world.read(lambda uow: uow.tasks.get(1))
    assert sweep(world) == [2, 2, 1, 2, 2, 1]
    assert deleted(world, "task") == [1, 2, 3, 4, 5]
    assert deleted(world, "stage") == [1, 2, 3, 4, 5]
    assert category_count(world) == 1
    assert len(values(world)) == 1
    assert look(world, "SELECT count(*) FROM tombstone")[0][0] == 11


def test_the_inbox_stays(world: World) -> None:
    with pytest.raises(Conflict):
        patiently(world, lambda uow: removal.remove_case(uow, uow.cases.get(uow.home.inbox_case)))


def test_a_batch_in_a_case_keeps_all_of_it(world: World, few: None) -> None:
    case = make_case(world, 3)
    patiently(world, lambda uow: tasks.add(uow, title="Batch", case=case.number, kind=Kind.BATCH))
    with pytest.raises(Conflict):
        remove_case(world, case)
    assert len(names_seen(world, case.number)) == 7


def test_a_part_and_its_whole_go_together(world: World) -> None:
    case = make_case(world, 1)
    patiently(world, lambda uow: tasks.add(uow, title="Part", case=case.number, parent=1))
    remove_case(world, case)
    assert deleted(world, "task") == [1, 2]
    assert ["terminated" in str(changes) for _, changes in histories(world, "task")] == [False] * 4


def test_a_case_whose_time_is_over_is_gone_and_swept(world: World) -> None:
    case = make_case(world, 3, expires_at=world.clock.now() + 10_000_000)
    assert not world.read(lambda uow: uow.timers.ending(uow.now, 2))
    world.clock.advance(1)
    with pytest.raises(NotFound):
        world.read(lambda uow: cases.get(uow, case.number))
    assert world.read(lambda uow: uow.timers.ending(uow.now, 2)) == [case.number]
    fire = timers.Fire("end", (case.number,), rows=2)
    patiently(world, lambda uow: timers.fire(uow, fire), fire.keys())
    assert names_seen(world, case.number) == []
    assert sweep(world) == [2, 1, 2, 1]
    assert deleted(world, "case") == [case.number]
    assert deleted(world, "task") == [1, 2, 3]


def test_a_contacts_tasks_can_be_removed_by_themselves(world: World) -> None:
    case = make_case(world, 1)
    patiently(world, lambda uow: tasks.add(uow, title="Call", contact=77, case=case.number))
    patiently(world, lambda uow: removal.remove_tasks(uow, contact=77))
    assert names_seen(world, case.number) == ["Task 0", "Stage 0"]


# The values of an extension


def create(world: World) -> None:
    command = schemas.Create(Owner.TASK, "Parts", PARTS)
    world.write(lambda uow: schemas.create(uow, command), command.keys())


def delete(world: World) -> None:
    patiently(world, lambda uow: schemas.delete(uow, schemas.Delete(Owner.TASK, "PARTS")))


def put(world: World, number: int, name: str, text: str) -> None:
    def run(uow: UnitOfWork) -> None:
        task = uow.tasks.get(number)
        tasks.save(uow, task, extensions.set_extension(uow, task, name, text))

    world.write(run, extensions.announce(Keys(tasks={number}), Owner.TASK, [name]))


def parts_of(world: World, number: int) -> str | None:
    def run(uow: UnitOfWork) -> str | None:
        found = uow.tasks.get(number).extensions.get("parts")
        return None if found is None else found.value

    value: str | None = world.read(run)
    return value


@pytest.mark.parametrize("direct", [2, 1000])
def test_a_deleted_schema_takes_every_value_with_it(world: World, monkeypatch: pytest.MonkeyPatch, direct: int) -> None:
    monkeypatch.setattr(removal, "DIRECT", direct)
    make_case(world, 5)
    create(world)
    delete(world)
    assert [parts_of(world, number) for number in range(1, 6)] == [None] * 5
    sweep(world)
    assert values(world) == []
    gone = [(number, changes) for number, changes in histories(world, "task") if "extensions.Parts" in changes][5:]
    assert sorted(number for number, _ in histories(world, "task")) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert all(changes["extensions.Parts"][1] is None for _, changes in gone if len(changes) == 1)
    with pytest.raises(NotFound):
        delete(world)


def test_a_value_written_behind_the_mark_stays(world: World, few: None) -> None:
    make_case(world, 4)
    create(world)
    delete(world)
    put(world, 2, "Parts", '"new"')
    sweep(world)
    assert [parts_of(world, number) for number in range(1, 5)] == [None, '"new"', None, None]
    assert values(world) == [(2, '"new"')]


def test_a_task_written_behind_the_mark_loses_its_value_too(world: World, few: None) -> None:
    make_case(world, 3)
    create(world)
    delete(world)
    world.write(lambda uow: tasks.save(uow, uow.tasks.get(1), replace(uow.tasks.get(1), priority=1)), Keys(tasks={1}))
    sweep(world)
    assert values(world) == []
    assert "extensions.Parts" in histories(world, "task")[2][1]


def test_values_of_a_task_that_went_meanwhile_are_dropped(world: World, few: None) -> None:
    make_case(world, 3)
    create(world)
    delete(world)
    patiently(world, lambda uow: tasks.remove(uow, uow.tasks.get(1)))
    sweep(world)
    assert values(world) == []


def test_a_schema_made_again_binds_only_what_is_written_from_then_on(world: World) -> None:
    make_case(world, 1)
    put(world, 1, "parts", '"free"')
    create(world)
    assert parts_of(world, 1) == '"free"'


def test_writers_see_a_schema_that_a_group_before_them_made(world: World) -> None:
    make_case(world, 1)

    def put_one(uow: UnitOfWork) -> Any:
        task = uow.tasks.get(1)
        return tasks.save(uow, task, extensions.set_extension(uow, task, "PARTS", '{"SKU":"a"}')).extensions["parts"]

    command = schemas.Create(Owner.TASK, "Parts", PARTS)
    made = world.work(lambda uow: schemas.create(uow, command), command.keys())
    keys: Callable[[], Keys] = lambda: extensions.announce(Keys(tasks={1}), Owner.TASK, ["PARTS"])  # noqa: E731
    written = world.work(put_one, keys())
    world.group(made, written)
    assert written.unwrap() == Extension("Parts", '{"sku":"a"}')


def test_the_second_of_two_schemas_of_one_name_is_told_so(world: World) -> None:
    works = []
    for name in ("Parts", "parts"):
        command = schemas.Create(Owner.TASK, name, PARTS)
        works.append(world.work(lambda uow, command=command: schemas.create(uow, command), command.keys()))  # type: ignore[misc]
    world.group(*works)
    assert works[0].unwrap().name == "Parts"
    with pytest.raises(Conflict) as caught:
        works[1].unwrap()
    assert caught.value.code == "schema_exists"
    assert caught.value.parameters["name"] == "Parts"


def test_locks_of_a_schema_are_shared_by_writers() -> None:
    keys = extensions.announce(Keys(), Owner.CASE, ["Parts", "PARTS"])
    assert keys.wanted == {("extension_schema", ("case", "parts")): Lock.SHARED}
