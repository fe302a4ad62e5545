"""Tasks by reference, without a check of rights: for related tasks in a representation, and for dialects with their own
error for missing rights. Everything else uses `lifecycle.get`."""

from collections.abc import Iterable, Sequence

from dragoman.command import Key, Lock
from dragoman.domain.clock import Moment
from dragoman.domain.task import Task
from dragoman.usecases.uow import UnitOfWork


def find(uow: UnitOfWork, ref: Key, lock: Lock = Lock.NONE) -> Task | None:
    """The task by number or uid."""
    return uow.tasks.find(ref, lock)


def present(uow: UnitOfWork, task: Task) -> Task:
    """The stored task, for one that a command has changed in memory."""
    return uow.tasks.get(task.number)


def parent_of(uow: UnitOfWork, task: Task) -> Task | None:
    """The parent task, unless it was deleted."""
    return None if task.parent is None else uow.tasks.find(task.parent)


def top_uids(uow: UnitOfWork, tasks: Sequence[Task]) -> dict[int, str]:
    """The uid of the topmost task above each of these tasks, or its own. For exclusive commands and readers if parts
    are among them."""
    found = {task.number: task.uid for task in tasks}
    parts = [task.number for task in tasks if task.parent is not None]
    return found | uow.tasks.top_uids(parts) if parts else found


def tops_of(uow: UnitOfWork, numbers: Sequence[int]) -> dict[int, str]:
    """The uid of the topmost task above each of these. For exclusive commands and readers."""
    return uow.tasks.top_uids(numbers) if numbers else {}


def load(uow: UnitOfWork, refs: Iterable[Key], lock: Lock = Lock.NONE) -> list[Task]:
    """Load the tasks that exist, with one statement."""
    wanted = list(refs)
    uow.tasks.load(wanted, lock)
    return [task for ref in wanted if (task := uow.tasks.find(ref)) is not None]


def load_parents(uow: UnitOfWork, tasks: Sequence[Task]) -> None:
    """Load the parents of tasks, with one statement."""
    parents = {task.parent for task in tasks if task.parent is not None} - {task.number for task in tasks}
    if parents:
        uow.tasks.load(sorted(parents))


def parts_of(uow: UnitOfWork, task: Task) -> list[Task]:
    """The parts of a task, by number. The command is exclusive or reads."""
    return uow.tasks.children(task.number)


def nearest(uow: UnitOfWork, contacts: Sequence[int]) -> list[Task]:
    """For each of the contacts its open task with the earliest due time, of those that the principal may see. The
    command must be exclusive."""
    return uow.tasks.nearest(contacts, uow.principal) if contacts else []


def late_contacts(uow: UnitOfWork, contacts: Sequence[int], at: Moment) -> set[int]:
    """The contacts that have an overdue task."""
    return uow.tasks.late_contacts(contacts, at)
