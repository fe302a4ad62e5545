"""A task with all that its representation shows, loaded within the unit of work."""

from collections.abc import Sequence

import msgspec

from dragoman.command import Lock
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.domain.case import CaseKind
from dragoman.domain.people import name_in
from dragoman.domain.task import Task
from dragoman.domain.template import Template
from dragoman.usecases import categories as all_categories
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.identity import lookup as people_lookup
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.tasks import templates as task_templates
from dragoman.usecases.tasks.lifecycle import SEEN_OWNERS
from dragoman.usecases.uow import UnitOfWork

OWNERS = SEEN_OWNERS | {"template": Lock.NONE, "category": Lock.NONE}
"""What must be loaded beside a task that is to be shown."""


class TaskView(msgspec.Struct, frozen=True):
    """The task; people by name, other tasks and what holds it by the ids of this vendor."""

    task: Task
    template: Template | None = None
    owner: str | None = None
    originator: str | None = None
    starter: str | None = None
    type: str | None = None
    parent_context: str | None = None
    top: str | None = None


def gather(uow: UnitOfWork, task: Task, top: str | None = None) -> TaskView:
    """All of it. Only a subtask asks for rows that the keys of its command don't name. `top` is the uid of the top of
    its hierarchy, where that is known."""
    template = None if task.template is None else task_templates.find(uow, task.template)
    return TaskView(
        task,
        template,
        owner=name_of(uow, task.assignee),
        originator=name_of(uow, task.creator),
        starter=name_of(uow, task.starter),
        type=type_of(uow, task),
        parent_context=parent_context(uow, task),
        top=ids.task_id(top or task_lookup.top_uids(uow, [task])[task.number]),
    )


def gather_all(uow: UnitOfWork, tasks: Sequence[Task]) -> list[TaskView]:
    """The tasks of a list, with what they point to loaded a statement a table. For readers and exclusive commands."""
    task_lists.load_shown(uow, tasks)
    task_lookup.load_parents(uow, tasks)
    tops = task_lookup.top_uids(uow, tasks)
    return [gather(uow, task, tops[task.number]) for task in tasks]


def name_of(uow: UnitOfWork, user: str | None) -> str | None:
    """What clients call a user: the first alias, else the login; the id itself of one that we don't know."""
    known = None if user is None else people_lookup.find(uow, user)
    return user if known is None else name_in(known, NAME) or known.login


def type_of(uow: UnitOfWork, task: Task) -> str | None:
    """The type; of a task that has none, the title of its category (DESIGN 3)."""
    if task.type is not None or task.category is None:
        return task.type
    category = all_categories.find(uow, task.category)
    return None if category is None else category.title


def parent_context(uow: UnitOfWork, task: Task) -> str | None:
    """`parentContextID`: of a subtask its parent, else what a client sent, else the case that holds the task."""
    parent = task_lookup.parent_of(uow, task)
    if parent is not None:
        return ids.task_id(parent.uid)
    sent = fact(task, "parentContextID")
    if sent is not None:
        return str(sent)
    if task.case is None or task.case == uow.home.inbox_case:
        return None
    case = case_lookup.find(uow, task.case)
    return None if case is None or case.kind is CaseKind.INBOX else ids.render(ids.CONTAINER, case.uid)
