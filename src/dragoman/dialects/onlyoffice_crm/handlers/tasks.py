"""One task: create, read, replace, delete, close, reopen (page, 6.1 and 9).

What needs no store is refused while parsing, in the order of the page's table; the rest follows in `run`, in that
order: category, title, deadline, the right to edit.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.kit import Request
from dragoman.dialects.kit.changes import changed
from dragoman.dialects.onlyoffice_crm.handlers.references import References
from dragoman.dialects.onlyoffice_crm.handlers.task_content import (
    Content,
    check,
    due_fields,
    read_content,
    require_category,
)
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.views import POINTED_TO, Gathering, TaskView, shown_keys
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.tasks import shown_due, shown_title
from dragoman.domain.access import Permission
from dragoman.domain.clock import Moment
from dragoman.domain.task import Task, Verb
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork


class Create(msgspec.Struct, frozen=True):
    content: Content
    options: Options

    def keys(self) -> Keys:
        return self.content.name(Keys(numbers={"task"}), Lock.CHANGE)


def parse_create(options: Options, request: Request) -> Create:
    """POST crm/task."""
    return Create(require_category(read_content(gather(request))), options)


def create(uow: UnitOfWork, command: Create) -> TaskView:
    """Make the task, open, by the principal, now."""
    due = check(uow, command.content, None)
    return add(uow, command.content, due, command.options)


def add(uow: UnitOfWork, content: Content, due: Moment, options: Options) -> TaskView:
    """Make a task of a content that was checked."""
    references = References(uow, None)
    references.responsible(content.responsible)
    references.contact(content.contact, 0)
    references.entity(content.link, content.bare_entity)
    task = tasks.add(
        uow,
        title=content.title,
        description=content.description,
        category=content.category,
        remind_before_minutes=content.alert or None,
        **due_fields(uow, content, due),
        **references.new(),
    )
    references.note(task)
    return Gathering(uow, options.default_category).task(task, is_fresh=True)


class Put(msgspec.Struct, frozen=True):
    """Replaces a task: fields that are not sent are cleared (page, 9.3)."""

    number: int
    content: Content
    options: Options

    def keys(self) -> Keys:
        # Whether category and contact change is known too late; loading them then would run the group again each time.
        keys = Keys(tasks={self.number}, owners=POINTED_TO | tasks.COUNTED_OWNERS)
        return shown_keys(self.content.name(keys, Lock.CHANGE, self.number), self.options.default_category)


def parse_put(options: Options, request: Request) -> Put:
    """PUT crm/task/{taskid}."""
    parameters = gather(request)
    return Put(parameters.integer("taskid"), require_category(read_content(parameters)), options)


def put(uow: UnitOfWork, command: Put) -> TaskView:
    """Replace what this dialect shows of the task. An unknown one is made, under a new id (page, 9.3)."""
    present = task_lookup.find(uow, command.number, Lock.CHANGE)
    due = check(uow, command.content, present)
    if present is None:
        if command.options.put_unknown != "create":
            raise not_found()
        return add(uow, command.content, due, command.options)
    tasks.require(uow, present, Permission.EDIT)
    gathering = Gathering(uow, command.options.default_category)
    after = _replaced(uow, present, command.content, due, gathering)
    if after.assignee != present.assignee:
        tasks.require(uow, present, Permission.ASSIGN)
    task = tasks.save(uow, present, after)
    return gathering.task(replace(task, description=command.content.description), is_fresh=True)


def _replaced(uow: UnitOfWork, task: Task, content: Content, due: Moment, gathering: Gathering) -> Task:
    """The task with what is sent. A value that equals what is shown for it changes nothing (DESIGN 3, rule 1): a title
    that is the id of a task without one, a category that was chosen by an operator."""
    contact = tasks.contact_of(uow, task)
    references = References(uow, task)
    references.entity(content.link, content.bare_entity)
    references.contact(content.contact, 0 if contact is None else contact.number)
    references.responsible(content.responsible)
    category = gathering.category(task)
    shown = {
        "title": shown_title(task),
        "description": task.description or "",
        "due_at": shown_due(task),
        "category": None if category is None else category.number,
        "remind_before_minutes": task.remind_before_minutes or 0,
    }
    sent = {
        "title": content.title,
        "description": content.description or "",
        "due_at": due,
        "category": content.category,
        "remind_before_minutes": content.alert,
    }
    new = changed(sent, shown)
    if "due_at" in new:
        new |= due_fields(uow, content, due)
    if "description" in new:
        new["description"] = content.description
    if "remind_before_minutes" in new:
        new["remind_before_minutes"] = content.alert or None
    references.note(task)
    return references.apply(replace(task, **new) if new else task)


class One(msgspec.Struct, frozen=True):
    """One task that shall be read, or closed, or reopened."""

    number: int
    options: Options
    lock: Lock

    def keys(self) -> Keys:
        keys = Keys(owners=POINTED_TO).also("task", [self.number], self.lock)
        return shown_keys(keys, self.options.default_category)


def parse_one(options: Options, lock: Lock, request: Request) -> One:
    """A path with a task's id and nothing else. Invalid when it is 0."""
    number = gather(request).integer("taskid")
    if number == 0:
        raise bad_argument("taskid", "required")
    return One(number, options, lock)


def get(uow: UnitOfWork, command: One) -> TaskView:
    """The task. Forbidden for who may not see it."""
    return Gathering(uow, command.options.default_category).task(_found(uow, command.number, Permission.SEE))


def close(uow: UnitOfWork, command: One) -> TaskView:
    """End it as done, whatever state it is in. One that has ended stays as it is."""
    return _perform(uow, command, Verb.FINISH)


def reopen(uow: UnitOfWork, command: One) -> TaskView:
    """Take it up again. An open one stays as it is."""
    return _perform(uow, command, Verb.REOPEN)


def _perform(uow: UnitOfWork, command: One, verb: Verb) -> TaskView:
    task = task_lookup.find(uow, command.number, Lock.CHANGE)
    if task is None:
        raise bad_argument("taskid", "unknown")  # 400, not 404 (page, 6.1)
    tasks.require(uow, task, tasks.NEEDED[verb])
    if task.is_open == (verb is Verb.FINISH):
        task = tasks.perform(uow, task, verb)
    return Gathering(uow, command.options.default_category).task(task)


class Delete(msgspec.Struct, frozen=True):
    """A task that shall go."""

    number: int
    options: Options

    def keys(self) -> Keys:
        keys = Keys(tasks={self.number}, owners=POINTED_TO | tasks.REMOVED_OWNERS)
        return shown_keys(keys, self.options.default_category)


def parse_delete(options: Options, request: Request) -> Delete:
    """DELETE crm/task/{taskid}."""
    return Delete(parse_one(options, Lock.CHANGE, request).number, options)


def delete(uow: UnitOfWork, command: Delete) -> TaskView:
    """Delete it for good; the answer is the task as it was."""
    task = _found(uow, command.number, Permission.DELETE)
    seen = Gathering(uow, command.options.default_category).task(task)
    tasks.remove(uow, task)
    return seen


def _found(uow: UnitOfWork, number: int, permission: Permission) -> Task:
    """NotFound when there is none; Forbidden also for one that the principal may not see (page, 6.1)."""
    return tasks.get_or_forbid(uow, number, permission)
