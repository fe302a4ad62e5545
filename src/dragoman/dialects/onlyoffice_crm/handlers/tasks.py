"""One task: create, read, replace, delete, close, reopen, and the two moments that imports set (page, 6.1 and 9).

What needs no store is refused while parsing, in the order of the page's table; the rest follows in `run`, in that
order: category, title, deadline, the right to edit.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.dialects._kit import Request
from dragoman.dialects.onlyoffice_crm.dates import Date, zone_of
from dragoman.dialects.onlyoffice_crm.failures import bad_argument, not_found
from dragoman.dialects.onlyoffice_crm.options import NAME, Options
from dragoman.dialects.onlyoffice_crm.parameters import Parameters, gather
from dragoman.dialects.onlyoffice_crm.seen import POINTED_TO, Gathering, SeenTask, shown_keys
from dragoman.dialects.onlyoffice_crm.wire.people import LOST_USER
from dragoman.dialects.onlyoffice_crm.wire.tasks import shown_due, shown_title
from dragoman.domain.access import Permission, may, require
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.task import Task, Verb
from dragoman.usecases import crm_cases, tasks
from dragoman.usecases.keys import Keys, Lock
from dragoman.usecases.uow import UnitOfWork

LONGEST_TITLE = 255
ENTITY_TYPES = {"opportunity": CaseKind.OPPORTUNITY, "case": CaseKind.CASE}


class Content(msgspec.Struct, frozen=True):
    """A task as a client sends it, whole: what isn't there is nothing."""

    title: str | None
    description: str | None
    deadline: Date | None
    responsible: str | None
    category: int
    contact: int
    entity_type: str
    entity: int
    alert: int

    @property
    def link(self) -> crm_cases.Link | None:
        """The case or opportunity that it shall belong to."""
        return (ENTITY_TYPES[self.entity_type], self.entity) if self.entity_type and self.entity > 0 else None

    def name(self, keys: Keys) -> Keys:
        """The keys with what a task of this content will point to."""
        keys.also("category", [self.category], Lock.NONE)
        if self.contact > 0:
            keys.also("contact", [self.contact], Lock.NONE)
        if self.link is not None:
            keys.also("case", [self.link[1]], Lock.SHARED)
        return keys


def read_content(parameters: Parameters) -> Content:
    """The parameters of 9.1, converted in the vendor's order, then the checks that need no store."""
    title, description = parameters.text("title"), parameters.text("description")
    deadline, responsible = parameters.date("deadline"), parameters.guid("responsibleId")
    category, contact = parameters.integer("categoryId"), parameters.integer("contactId")
    entity_type, entity = (parameters.text("entityType") or "").lower(), parameters.integer("entityId")
    parameters.boolean("isNotify")  # must be readable; there is nobody yet who carries the message
    alert = parameters.integer("alertValue")
    if entity_type and entity_type not in ENTITY_TYPES:
        raise bad_argument("entityType", "neither opportunity nor case")
    if category <= 0:
        raise bad_argument("categoryId", "required")
    if responsible == LOST_USER:
        responsible = None
    return Content(title, description, deadline, responsible, category, contact, entity_type, entity, alert)


class Create(msgspec.Struct, frozen=True):
    """A new task."""

    content: Content
    options: Options

    def keys(self) -> Keys:
        keys = Keys(categories={self.content.category}, numbers={"task"})
        if self.content.contact > 0:
            keys.also("contact", [self.content.contact], Lock.CHANGE)
        return self.content.name(keys)


def parse_create(options: Options, request: Request) -> Create:
    """POST crm/task."""
    return Create(read_content(gather(request)), options)


def create(uow: UnitOfWork, command: Create) -> SeenTask:
    """Make the task, open, by the principal, now."""
    due = check(uow, command.content, None)
    return add(uow, command.content, due, command.options)


def check(uow: UnitOfWork, content: Content, present: Task | None) -> Moment:
    """The deadline. Raises for the first of category, title and deadline that can't be."""
    if uow.categories.find(content.category) is None:
        raise not_found("Category is not found")
    if not content.title:
        raise bad_argument("title", "required")
    kept = present is not None and content.title == shown_title(present)
    if len(content.title) > LONGEST_TITLE and not kept:
        raise bad_argument("title", f"longer than {LONGEST_TITLE} characters")
    if content.deadline is None:
        raise bad_argument("deadline", "required")
    return content.deadline.at(zone_of(uow.home.zone))


def add(uow: UnitOfWork, content: Content, due: Moment, options: Options) -> SeenTask:
    """Make a task of a content that was checked."""
    task = tasks.add(
        uow,
        title=content.title,
        description=content.description,
        category=content.category,
        assignee=content.responsible,
        contact=content.contact if content.contact > 0 else None,
        remind_before_minutes=content.alert or None,
        extras=_with_bare_entity({}, content),
        **_due_fields(uow, content, due),
        **crm_cases.linked(uow, None, content.link),
    )
    return Gathering(uow, options.default_category).task(task, is_fresh=True)


class Put(msgspec.Struct, frozen=True):
    """A task's replacement by what is sent, and by nothing for what isn't."""

    number: int
    content: Content
    options: Options

    def keys(self) -> Keys:
        # A category or contact that changes is asked for again with the lock that counting needs.
        keys = Keys(tasks={self.number}, owners=POINTED_TO)
        return shown_keys(self.content.name(keys), self.options.default_category)


def parse_put(options: Options, request: Request) -> Put:
    """PUT crm/task/{taskid}."""
    parameters = gather(request)
    return Put(parameters.integer("taskid"), read_content(parameters), options)


def put(uow: UnitOfWork, command: Put) -> SeenTask:
    """Replace what this dialect shows of the task. An unknown one is made, under a new id (page, 9.3)."""
    present = uow.tasks.find(command.number, Lock.CHANGE)
    due = check(uow, command.content, present)
    if present is None:
        if command.options.put_unknown != "create":
            raise not_found()
        return add(uow, command.content, due, command.options)
    require(uow.principal, Permission.EDIT, present, tasks.contact_of(uow, present))
    gathering = Gathering(uow, command.options.default_category)
    task = tasks.save(uow, present, _replaced(uow, present, command.content, due, gathering))
    return gathering.task(replace(task, description=command.content.description), is_fresh=True)


def _replaced(uow: UnitOfWork, task: Task, content: Content, due: Moment, gathering: Gathering) -> Task:
    """The task with what is sent. A value that equals what is shown for it changes nothing (DESIGN 3, rule 1): a title
    that is the id of a task without one, a category that was chosen by an operator, a contact that isn't there."""
    changes: dict[str, Any] = crm_cases.linked(uow, task, content.link)
    if content.title != shown_title(task):
        changes["title"] = content.title
    if (content.description or "") != (task.description or ""):
        changes["description"] = content.description
    if due != shown_due(task):
        changes |= _due_fields(uow, content, due)
    category = gathering.category(task)
    if category is None or content.category != category.number:
        changes["category"] = content.category
    contact = tasks.contact_of(uow, task)
    if max(content.contact, 0) != (0 if contact is None else contact.number):
        changes["contact"] = content.contact if content.contact > 0 else None
    if content.alert != (task.remind_before_minutes or 0):
        changes["remind_before_minutes"] = content.alert or None
    extras = _with_bare_entity(task.extras, content)
    if extras != task.extras:
        changes["extras"] = extras
    changed = {name: value for name, value in changes.items() if value != getattr(task, name)}
    after = replace(task, **changed) if changed else task
    is_shown = task.assignee is not None and uow.users.find(task.assignee) is not None
    if content.responsible is None and not is_shown:
        return after
    return after.assign(content.responsible, at=uow.now)


def _due_fields(uow: UnitOfWork, content: Content, due: Moment) -> dict[str, Any]:
    local = None if content.deadline is None else content.deadline.local
    return {"due_at": due, "due_local": local, "due_zone": None if local is None else uow.home.zone}


def _with_bare_entity(extras: dict[str, dict[str, Any]], content: Content) -> dict[str, dict[str, Any]]:
    """An entity's id without its type is stored, and never shown (page, 9.1)."""
    facts = {name: fact for name, fact in extras.get(NAME, {}).items() if name != "entity_id"}
    if content.entity and not content.entity_type:
        facts["entity_id"] = content.entity
    others = {name: known for name, known in extras.items() if name != NAME}
    return others | {NAME: facts} if facts else others


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


def get(uow: UnitOfWork, command: One) -> SeenTask:
    """The task. Forbidden for who may not see it."""
    return Gathering(uow, command.options.default_category).task(_found(uow, command.number, Permission.SEE))


def close(uow: UnitOfWork, command: One) -> SeenTask:
    """End it as done, whatever state it is in. One that has ended stays as it is."""
    return _perform(uow, command, Verb.FINISH)


def reopen(uow: UnitOfWork, command: One) -> SeenTask:
    """Take it up again. An open one stays as it is."""
    return _perform(uow, command, Verb.REOPEN)


def _perform(uow: UnitOfWork, command: One, verb: Verb) -> SeenTask:
    task = uow.tasks.find(command.number, Lock.CHANGE)
    if task is None:
        raise bad_argument("taskid", "unknown")  # 400, not 404 (page, 6.1)
    require(uow.principal, tasks.NEEDED[verb], task, tasks.contact_of(uow, task))
    if task.is_open == (verb is Verb.FINISH):
        task = tasks.perform(uow, task, verb)
    return Gathering(uow, command.options.default_category).task(task)


class Delete(msgspec.Struct, frozen=True):
    """A task that shall go."""

    number: int
    options: Options

    def keys(self) -> Keys:
        keys = Keys(tasks={self.number}, owners=POINTED_TO | tasks.COUNTED_OWNERS)
        return shown_keys(keys, self.options.default_category)


def parse_delete(options: Options, request: Request) -> Delete:
    """DELETE crm/task/{taskid}."""
    return Delete(parse_one(options, Lock.CHANGE, request).number, options)


def delete(uow: UnitOfWork, command: Delete) -> SeenTask:
    """Delete it for good; the answer is the task as it was."""
    task = _found(uow, command.number, Permission.EDIT)
    seen = Gathering(uow, command.options.default_category).task(task)
    tasks.remove(uow, task)
    return seen


class SetMoment(msgspec.Struct, frozen=True):
    """When a task was created or last changed, as an import knows it."""

    number: int
    field: str
    date: Date | None
    parameter: str

    def keys(self) -> Keys:
        return Keys(tasks={self.number}, owners=tasks.SEEN_OWNERS)


def parse_creation_date(request: Request) -> SetMoment:
    """PUT crm/task/{taskid}/creationdate."""
    return _parse_moment(request, "created_at", "creationDate")


def parse_modification_date(request: Request) -> SetMoment:
    """PUT crm/task/{taskid}/lastmodifeddate, spelt as the vendor does."""
    return _parse_moment(request, "modified_at", "lastModifedDate")


def _parse_moment(request: Request, field: str, parameter: str) -> SetMoment:
    parameters = gather(request)
    return SetMoment(parameters.integer("taskid"), field, parameters.date(parameter), parameter)


def set_moment(uow: UnitOfWork, command: SetMoment) -> None:
    """Set it. Who may not even see the task is told that there is none (page, 6.1)."""
    task = uow.tasks.find(command.number, Lock.CHANGE)
    contact = None if task is None else tasks.contact_of(uow, task)
    if task is None or not may(uow.principal, Permission.SEE, task, contact):
        raise not_found()
    require(uow.principal, Permission.EDIT, task, contact)
    if command.date is None:
        raise bad_argument(command.parameter, "required")
    uow.tasks.save(replace(task, **{command.field: command.date.at(zone_of(uow.home.zone))}))


def _found(uow: UnitOfWork, number: int, permission: Permission) -> Task:
    return tasks.get(uow, number, permission)
