"""Tasks as the addresses of dialects name them: one that is asked for, and samples of what a user sees."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.access import Permission
from dragoman.domain.case import Case
from dragoman.domain.limits import PAGE_BYTES
from dragoman.domain.task import Kind, Task
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

MOST_LOOKED_AT = 20
"""Tasks among which one is looked for that the user may edit."""


class Subject(msgspec.Struct, frozen=True):
    """A task as addresses name it, with the case that holds it. None: it isn't in one that the user may see.

    `may_edit` is known of samples.
    """

    task: Task
    case: Case | None = None
    may_edit: bool = False


class Samples(msgspec.Struct, frozen=True):
    """What there is to be shown: a task, and a batch's task. None where the user sees none."""

    task: Subject | None = None
    batch: Subject | None = None


class FindSubject(msgspec.Struct, frozen=True):
    """Find one task by number or uid."""

    task: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find_subject(uow: UnitOfWork, command: FindSubject) -> Subject:
    """The task. NotFound for one that is missing, or that the principal may not see."""
    number = command.task if isinstance(command.task, int) else uow.tasks.get(command.task).number
    found = uow.tasks.judged([number], TaskFilter(visible_to=uow.principal), TaskFilter())
    if not found:
        raise uow.tasks.missing(command.task)
    [(task, _)] = found
    return Subject(task, _case_of(uow, task))


class FindSamples(msgspec.Struct, frozen=True):
    """Find the newest tasks that the principal sees."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find_samples(uow: UnitOfWork, command: FindSamples) -> Samples:
    """An open task, that the principal may edit if there is one among the newest, and a batch's."""
    found = _newest(uow, Kind.WORK, MOST_LOOKED_AT)
    editable = next((one for one in found if one.may_edit), None)
    batches = _newest(uow, Kind.BATCH, 1)
    return Samples(editable or next(iter(found), None), next(iter(batches), None))


def _newest(uow: UnitOfWork, kind: Kind, limit: int) -> list[Subject]:
    is_open = True if kind is Kind.WORK else None
    wanted = TaskFilter(kind=str(kind), is_open=is_open, suspended=False, visible_to=uow.principal)
    order = (Sort("number", descending=True),)
    found, _ = uow.tasks.plain_page(wanted, order, limit=limit, offset=0, max_bytes=PAGE_BYTES)
    tasks.load_linked(uow, found)
    inbox = uow.home.inbox_case
    if any(task.case == inbox for task in found) and inbox is not None:
        uow.cases.load([inbox])
    return [_subject(uow, task) for task in found]


def _subject(uow: UnitOfWork, task: Task) -> Subject:
    return Subject(task, _case_of(uow, task), Permission.EDIT in tasks.allowed(uow, task))


def _case_of(uow: UnitOfWork, task: Task) -> Case | None:
    return None if task.case is None else uow.cases.find(task.case)
