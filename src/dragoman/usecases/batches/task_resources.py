"""The resource type `task` of batches: tasks of all dialects, found in sets, changed one by one."""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import Permission
from dragoman.domain.clock import Moment
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.domain.task import State, Task
from dragoman.usecases.batches.resource_types import NOTHING, Found
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import references
from dragoman.usecases.tasks.edits import Change, Create
from dragoman.usecases.uow import UnitOfWork

Ending = Literal["completed", "terminated", "ready"]
"""The states that a patch may set, each by a verb: finish, terminate, and reopen (or start)."""

Property = Literal["assignee", "case", "category", "contact", "parent"]
KEYS = ("id", *get_args(Property))
"""The fields by which a batch may select tasks: id, number, and indexed fields."""


def find(uow: UnitOfWork, key: str, values: Sequence[str]) -> list[Found]:
    """The match of each value, limited to tasks and linked entities that the principal may see. Loads tasks for change,
    with the rows that access decisions need."""
    if key == "id":
        return _by_id(uow, values)
    values = [uuid_of(value) or value for value in values] if key == "assignee" else values
    texts = [value for value in set(values) if key == "assignee" or _is_number(value)]
    texts = _seen(uow, key, texts)
    counted = uow.tasks.counted_by(key, texts, uow.principal) if texts else {}
    single = sorted(number for count, number in counted.values() if count == 1)
    uow.tasks.load(single, Lock.CHANGE)
    _load_surroundings(uow, [uow.tasks.get(number) for number in single])
    found = {value: Found(count, number if count == 1 else None) for value, (count, number) in counted.items()}
    return [found.get(value, NOTHING) for value in values]


def _by_id(uow: UnitOfWork, values: Sequence[str]) -> list[Found]:
    refs = [int(value) if _is_number(value) else uuid_of(value) for value in values]
    uow.tasks.load(list({ref for ref in refs if ref is not None}), Lock.CHANGE)
    there = [None if ref is None else uow.tasks.find(ref, Lock.CHANGE) for ref in refs]
    _load_surroundings(uow, [task for task in there if task is not None])
    return [
        Found(1, task.number) if task is not None and Permission.SEE in tasks.allowed(uow, task) else NOTHING
        for task in there
    ]


def _seen(uow: UnitOfWork, key: str, texts: list[str]) -> list[str]:
    """The values without those of entities that the principal may not see."""
    if uow.principal.is_admin or key not in ("case", "contact", "parent") or not texts:
        return texts
    numbers = [int(text) for text in texts]
    hidden = references.hidden(uow, key, numbers)
    return [text for text, number in zip(texts, numbers, strict=True) if number not in hidden]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 19 and int(text) <= LARGEST_NUMBER


def _load_surroundings(uow: UnitOfWork, there: Sequence[Task]) -> None:
    tasks.load_linked(uow, there)
    if parents := {task.parent for task in there if task.parent is not None}:
        uow.tasks.load(sorted(parents), Lock.CHANGE)


def changing(uow: UnitOfWork, change: Change, state: Ending | None) -> Callable[[UnitOfWork, int], None]:
    """Returns a function that applies the change to a task (`change.task` is ignored). A login is looked up once."""
    if isinstance(change.assignee, str):
        change = replace(change, assignee=persons.require(uow, change.assignee).uid)
    needed = (Permission.EDIT,) if state is None else (Permission.EDIT, Permission.FINISH)

    def apply(part: UnitOfWork, number: int) -> None:
        task = tasks.get(part, number, *needed)
        task.must_not_be_batch()
        after = task_edits.changed(part, task, change)
        if state is not None:
            after = _reach(after, state, part.now)
        tasks.save_with_parts(part, task, after)

    return apply


def _reach(task: Task, state: Ending, at: Moment) -> Task:
    if state == "completed":
        return task.finish(at=at)
    if state == "terminated":
        return task.terminate(at=at)
    return task.start(at=at) if task.state is State.INACTIVE else task.reopen(at=at)


def known_assignee(uow: UnitOfWork, command: Create) -> Create:
    """The command with the assignee's login replaced by the id."""
    if command.assignee is None or persons.is_uid(command.assignee):
        return command
    return replace(command, assignee=persons.assignable(uow, command.assignee))


def remove(uow: UnitOfWork, number: int) -> None:
    """Delete a task, with the same checks as any client's request."""
    task_edits.remove(uow, task_edits.Remove(number))
