"""The resource type `task` of batches: tasks of all dialects, found in sets, changed one by one."""

from collections.abc import Collection, Sequence
from typing import Literal, get_args

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.access import Permission, sees_all
from dragoman.domain.clock import Moment
from dragoman.domain.limits import uuid_of
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.batches.types import assignees, keys
from dragoman.usecases.batches.types.resource_types import NOTHING, Found, Patch, Undoing
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import references, restoring
from dragoman.usecases.tasks.edits import Change
from dragoman.usecases.uow import UnitOfWork

Ending = Literal["completed", "terminated", "ready"]
"""The states that a patch may set, each by a verb: finish, terminate, and reopen (or start)."""

Property = Literal["assignee", "case", "category", "contact", "parent"]
KEYS = ("id", *get_args(Property))
"""The fields by which a batch may select tasks: id, number, and indexed fields."""

MOVED_BY = {"assignee": frozenset({"state"}), "case": frozenset({"stage"})}
"""Members that change the value of another key."""


def find(uow: UnitOfWork, key: str, values: Sequence[str]) -> list[Found]:
    """The match of each value, limited to tasks and linked entities that the principal may see. Loads tasks for change,
    with the rows that access decisions need."""
    if key == "id":
        return _by_id(uow, values)
    values = [uuid_of(value) or value for value in values] if key == "assignee" else values
    texts = [value for value in set(values) if key == "assignee" or keys.is_number(value)]
    texts = _seen(uow, key, texts)
    counted = uow.tasks.counted_by(key, texts, uow.principal) if texts else {}
    single = sorted(number for count, number in counted.values() if count == 1)
    uow.tasks.load(single, Lock.CHANGE)
    there = (uow.tasks.find(number) for number in single)
    _load_surroundings(uow, [task for task in there if task is not None])
    found = {value: Found(*keys.only(count, number)) for value, (count, number) in counted.items()}
    return [found.get(value, NOTHING) for value in values]


def sees(uow: UnitOfWork, there: Sequence[Task]) -> list[bool]:
    """Which of these tasks the principal may see."""
    if sees_all(uow.principal):
        return [True] * len(there)
    tasks.load_linked(uow, there)
    return [Permission.SEE in tasks.allowed(uow, task) for task in there]


def _by_id(uow: UnitOfWork, values: Sequence[str]) -> list[Found]:
    refs = [keys.ref(value) for value in values]
    uow.tasks.load(list({ref for ref in refs if ref is not None}), Lock.CHANGE)
    there = [None if ref is None else uow.tasks.find(ref, Lock.CHANGE) for ref in refs]
    _load_surroundings(uow, [task for task in there if task is not None])
    return [
        Found(1, task.number) if task is not None and Permission.SEE in tasks.allowed(uow, task) else NOTHING
        for task in there
    ]


def _seen(uow: UnitOfWork, key: str, texts: list[str]) -> list[str]:
    """The values without those of entities that the principal may not see."""
    if sees_all(uow.principal) or key not in ("case", "contact", "parent") or not texts:
        return texts
    numbers = [int(text) for text in texts]
    hidden = references.hidden(uow, key, numbers)
    return [text for text, number in zip(texts, numbers, strict=True) if number not in hidden]


def _load_surroundings(uow: UnitOfWork, there: Sequence[Task]) -> None:
    tasks.load_linked(uow, there)
    if parents := {task.parent for task in there if task.parent is not None}:
        uow.tasks.load(sorted(parents), Lock.CHANGE)


def changing(uow: UnitOfWork, change: Change, state: Ending | None) -> Patch:
    """Returns a function that applies the change to a task (`change.task` is ignored). A login is looked up once."""
    known = replace(change, assignee=assignees.known(uow, change.assignee))
    needed = _needed(known, state)

    def apply(part: UnitOfWork, number: int) -> None:
        task = tasks.get(part, number, *needed)
        if state == "ready":
            tasks.require(part, task, tasks.NEEDED[_verb(task, state)])
        task.must_not_be_batch()
        after = task_edits.changed(part, task, known)
        if state is not None:
            after = _reach(after, state, part.now)
        tasks.save_with_parts(part, task, after)

    return apply


def _needed(change: Change, state: Ending | None) -> tuple[Permission, ...]:
    """The permissions that a change and a state need, as the native operations for them do; those for `ready` depend on
    the task."""
    ends = () if state is None or state == "ready" else (Permission.FINISH,)
    if state is not None and not change.written():
        return ends
    return (Permission.ASSIGN if change.only_assigns else Permission.EDIT, *ends)


def _verb(task: Task, state: Ending) -> Verb:
    if state == "ready":
        return Verb.START if task.state is State.INACTIVE else Verb.REOPEN
    return Verb.FINISH if state == "completed" else Verb.TERMINATE


def _reach(task: Task, state: Ending, at: Moment) -> Task:
    match _verb(task, state):
        case Verb.FINISH:
            return task.finish(at=at)
        case Verb.TERMINATE:
            return task.terminate(at=at)
        case Verb.START:
            return task.start(at=at)
        case _:
            return task.reopen(at=at)


def removing(uow: UnitOfWork, numbers: Sequence[int]) -> Patch:
    """Deletes one of these tasks after the other. Which of them have parts is asked once for all of them."""
    if numbers:
        uow.tasks.ask_for_parts(numbers)
    return remove


def remove(uow: UnitOfWork, number: int) -> None:
    """Delete a task, with the same checks as any client's request."""
    task_edits.remove(uow, task_edits.Remove(number))


# Undo


def held(uow: UnitOfWork, numbers: Sequence[int], known: Collection[tuple[str, int, int]]) -> frozenset[int]:
    """Those of the tasks that have parts but the known ones."""
    if not numbers or uow.tasks.have_no_parts(numbers):
        return frozenset()
    below = uow.tasks.parts(numbers)
    uow.tasks.load(below)
    parts = {number: part for number in below if (part := uow.tasks.find(number)) is not None}
    found = set()
    for part in parts.values():
        if ("task", part.number, part.revision) not in known:
            above = part.parent
            while above is not None and above not in numbers:
                above = parts[above].parent if above in parts else None
            found.add(above)
    return frozenset(number for number in found if number is not None)


UNDOING = Undoing(restoring.PLAN, restoring.restore, restoring.adding, held, {"task": restoring.PARTS})
