"""Lists by key and version: what is known in its version is not read again, and what is shown is what is stored."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.binary_property import BinaryHead
from dragoman.domain.clock import Moment
from dragoman.domain.escalation import Escalation
from dragoman.domain.extension import Extension
from dragoman.domain.message import MessageHead
from dragoman.domain.task import Kind, State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories import task_pages
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.tasks import Tasks
from dragoman.store.unit.known_tasks import BYTES_A_TASK, Known, KnownTasks, Version
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

BOTH = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


def make(uow: UnitOfWork) -> None:
    for number in range(4):
        tasks.add(uow, title=f"Task {number}", work_items=(WorkItem(Role.READER, "*"),))


def listed(uow: UnitOfWork) -> list[Task]:
    return uow.tasks.page(TaskFilter(), (), limit=11)


def pieces(uow: UnitOfWork) -> list[Any]:
    return uow.tasks.pieces(listed(uow))


def change(uow: UnitOfWork) -> None:
    uow.tasks.save(replace(uow.tasks.get(2), title="Changed"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The numbers of tasks whose rows lists read, one entry a statement."""
    asked: list[list[int]] = []
    original = Tasks._read

    def noted(repository: Tasks, numbers: list[int]) -> dict[int, Known]:
        asked.append(list(numbers))
        return original(repository, numbers)

    monkeypatch.setattr(Tasks, "_read", noted)
    return asked


@BOTH
def test_only_what_changed_is_read_again(world: World, read: list[list[int]]) -> None:
    world.write(make, EXCLUSIVE)
    first = world.read(listed)
    assert world.read(listed) == first
    assert read == [[1, 2, 3, 4]]

    world.write(change, EXCLUSIVE)

    assert [task.title for task in world.read(listed)] == ["Task 0", "Changed", "Task 2", "Task 3"]
    assert read == [[1, 2, 3, 4], [2]]


@BOTH
def test_of_two_databases_with_the_same_numbers_and_versions_each_shows_its_own(
    world: World, read: list[list[int]]
) -> None:
    world.write(make, EXCLUSIVE)
    known = world.read(listed)
    other = replace(known[0], title="Of the other", head_hash="of the other")
    world.app.store.known_tasks.keep(world.tenant, [Known(other, ())])

    assert world.read(listed) == known
    assert read[1:] == [[1]]


@BOTH
def test_extensions_are_read_each_time(world: World) -> None:
    """A sweep marks their values without a write to the row of their task."""

    def extend(uow: UnitOfWork) -> None:
        uow.tasks.save(replace(uow.tasks.get(1), extensions={"box": Extension("Box", "1")}))

    def mark(uow: UnitOfWork) -> None:
        uow.schemas.mark("task", "box", Moment(1))  # type: ignore[arg-type]

    world.write(make, EXCLUSIVE)
    world.write(extend, EXCLUSIVE)
    assert world.read(listed)[0].extensions == {"box": Extension("Box", "1")}
    assert world.read(pieces)[0] is None
    world.write(mark, EXCLUSIVE)
    assert world.read(listed)[0].extensions == {}


@BOTH
def test_no_piece_is_kept_of_what_a_due_timer_did(world: World) -> None:
    def expire(uow: UnitOfWork) -> None:
        uow.tasks.save(replace(uow.tasks.get(1), expires_at=Moment(world.clock.at + 10)))

    world.write(make, EXCLUSIVE)
    world.write(expire, EXCLUSIVE)
    assert None not in world.read(pieces)
    world.clock.advance(1)

    assert [kept is None for kept in world.read(pieces)] == [True, False, False, False]


def known(number: int, text: str = "") -> Known:
    return Known(Task(1, number, str(number), title=text), (text,))


def versions(*numbers: int) -> list[Version]:
    return [Version(number, 1, "") for number in numbers]


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    tasks = KnownTasks(most := 100 * BYTES_A_TASK)
    tasks.keep(1, [known(number) for number in range(1, 101)])
    tasks.of(1, versions(1))
    tasks.keep(1, [known(number) for number in (101, 102)])

    assert tasks.of(1, versions(1, 2, 3, 4, 102)).keys() == {1, 4, 102}
    assert tasks.bytes == most
    assert len(tasks) == 100


def test_a_task_kept_again_counts_once_and_a_very_large_one_never() -> None:
    tasks = KnownTasks(100 * BYTES_A_TASK)
    tasks.keep(1, [known(1), known(1, "x"), known(2, "x" * 100_000)])

    assert tasks.of(1, versions(1, 2)).keys() == {1}
    assert tasks.bytes == known(1, "x").bytes


def test_a_known_task_of_another_tenant_is_another_one() -> None:
    tasks = KnownTasks()
    tasks.keep(1, [known(1)])

    assert tasks.of(2, versions(1)) == {}


@pytest.mark.parametrize(
    ("limit", "offset", "cut"),
    [
        (51, 0, (51, False)),
        (50, 0, (51, True)),
        (51, 7, (101, True)),
        (1, 20_000, (32_768, True)),
        (1, 2**63 - 1, (2**62, True)),
    ],
)
def test_pages_have_few_lengths(limit: int, offset: int, cut: tuple[int, bool]) -> None:
    assert task_pages.cut_of(limit, offset) == cut


OTHERS: dict[str, Any] = {
    "kind": Kind.BATCH,
    "state": State.CLAIMED,
    "timing": {"duration": "P1D"},
    "messages": {"input": MessageHead("text/plain", "00", "a.txt")},
    "binaries": {"photo": BinaryHead("image/png", "a", "00")},
    "escalations": (Escalation("Late"),),
    "escalate_at": Moment(NOON + 10**9),
    "properties": {"k": "v"},
    "extras": {"test": {"k": 1}},
    "work_items": (WorkItem(Role.EDITOR, "somebody"),),
}
"""Values of fields that aren't texts, numbers or flags."""
OF_THE_STORE = {"tenant", "number", "uid", "removed_at", "extensions", "extension_count", "work_item_count"}
OF_EACH_CHANGE = {"revision", "row_version", "head_hash", "modified_at"}


@BOTH
def test_each_field_of_a_task_is_covered_by_its_version(world: World, read: list[list[int]]) -> None:
    """Whatever one changes, a list that knew the task before shows it."""
    world.write(make, EXCLUSIVE)
    for field, type_ in Task.__annotations__.items():
        if field in OF_THE_STORE | OF_EACH_CHANGE:
            continue
        known = OTHERS.get(field)
        other = (
            known
            if known is not None
            else True
            if type_ is bool
            else 7
            if "int" in str(type_) or "Moment" in str(type_)
            else "7"
        )
        before = world.read(listed)
        reads = len(read)

        def change_one(uow: UnitOfWork, field: str = field, other: Any = other) -> None:
            uow.tasks.save(replace(uow.tasks.get(1), **{field: other}))

        world.write(change_one, EXCLUSIVE)

        after = world.read(listed)
        assert getattr(after[0], field) == other != getattr(before[0], field), field
        assert read[reads:] == [[1]], field
