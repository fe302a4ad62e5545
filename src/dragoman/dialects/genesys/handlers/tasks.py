"""Starting, ending and reading tasks (page, rows 8, 9, 13, 16)."""

from typing import Any

from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.genesys.handlers.lookups import find_service, find_task, with_number, with_service
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.views import beside, finishers
from dragoman.dialects.genesys.wire import events, queries, resources
from dragoman.dialects.genesys.wire.business import DISPOSITION, TASK, settled
from dragoman.dialects.genesys.wire.events import Event
from dragoman.dialects.genesys.wire.paths import ServiceId, parse_number, parse_service, refuse_literal, render_service
from dragoman.dialects.kit import Request
from dragoman.domain.access import Permission
from dragoman.domain.case import Case
from dragoman.domain.clock import later
from dragoman.domain.errors import Invalid
from dragoman.domain.extension import Owner
from dragoman.domain.task import Task, Verb
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.batches.review import words
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity import names
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import unclaimed_names
from dragoman.usecases.uow import UnitOfWork

NAME = resources.NAME
SEEN = {**tasks.SEEN_OWNERS, "category": Lock.NONE}


class Start(Command, frozen=True):
    """Begin a task in a service."""

    service: ServiceId
    event: Event | Invalid
    require_schema: bool

    def rows(self) -> Keys:
        keys = with_service(Keys(numbers={"task"}), self.service, Lock.SHARED)
        if isinstance(self.event, Invalid):
            return keys
        state = self.event.fields.get("state_id")
        if state is not None:
            keys.also("stage", [state], Lock.SHARED)
        if (resource := self.event.fields.get(resources.RESOURCE)) is not None:
            unclaimed_names.announce(keys, NAME, str(resource))
        return extensions.announce(keys, Owner.TASK, self.event.extensions)


class End(Command, frozen=True):
    """Complete a task, or overwrite how it was completed."""

    service: ServiceId
    task: str
    event: Event | Invalid
    require_schema: bool

    def rows(self) -> Keys:
        keys = with_service(Keys(owners=tasks.SEEN_OWNERS), self.service)
        with_number(keys, "task", self.task, Lock.CHANGE)
        names = () if isinstance(self.event, Invalid) else self.event.extensions
        return extensions.announce(keys, Owner.TASK, names)


class Show(Command, frozen=True):
    service: ServiceId
    task: str
    wanted: queries.Wanted | Invalid
    style: str

    def rows(self) -> Keys:
        keys = with_service(Keys(owners=SEEN), self.service)
        return with_number(keys, "task", self.task, Lock.NONE)


class Filter(Command, frozen=True):
    """Conditions on a list of tasks."""

    is_open: bool | None = None
    state: int | None = None
    types: frozenset[str] | None = None
    wanted: queries.Wanted = queries.Wanted()


class List(Command, frozen=True):
    service: ServiceId
    content: Filter | Invalid
    style: str

    def rows(self) -> Exclusive:
        return EXCLUSIVE


def parse_start(switches: Switches, request: Request) -> Start:
    """Nothing is mandatory in the body."""
    event = judged_late(lambda: switches.business.read(TASK, events.parse_task_start, request.body, request.ignore))
    return Start(parse_service(request.path["sid"], switches.service_id_style), event, switches.require_schema)


def parse_end(switches: Switches, request: Request) -> End:
    """Nothing is mandatory in the body."""
    event = judged_late(lambda: switches.business.read(TASK, events.parse_end, request.body, request.ignore))
    service = parse_service(request.path["sid"], switches.service_id_style)
    return End(service, request.path["tid"], event, switches.require_schema)


def parse_show(switches: Switches, request: Request) -> Show:
    """`extensions=` chooses the extensions that are shown."""
    refuse_literal("tid", request.path["tid"])
    service = parse_service(request.path["sid"], switches.service_id_style)
    wanted = judged_late(lambda: queries.parse_wanted(request))
    return Show(service, request.path["tid"], wanted, switches.service_id_style)


def parse_list(is_open: bool | None, switches: Switches, request: Request) -> List:
    """All, or those that are active, or those that are completed."""
    service = parse_service(request.path["sid"], switches.service_id_style)
    return List(service, judged_late(lambda: _parse_filter(is_open, switches, request)), switches.service_id_style)


def _parse_filter(is_open: bool | None, switches: Switches, request: Request) -> Filter:
    types = queries.parse_list(request, "task_types")
    state = queries.parse_state(request)
    wanted = None if types is None else switches.business.asked(TASK, types)
    return Filter(is_open, state, wanted, queries.parse_wanted(request))


def start(uow: UnitOfWork, command: Start) -> dict[str, Any]:
    """The new task's id. Its type becomes its title, its estimate its due time, and the user whom its `resource_id` is
    an alias of becomes its assignee. One that matches no user is kept and noted."""
    case = find_service(uow, command.service, lock=Lock.SHARED)
    event = judge(command.event)
    sent, at = event.fields, event.at(uow.now)
    _check_state(uow, case, sent.get("state_id"))
    known = {name: sent[name] for name in ("task_type",) if name in sent}
    known["started"] = event.only(events.COMMON, uow.now)
    resource, user = sent.get(resources.RESOURCE), _user(uow, sent.get(resources.RESOURCE))
    if user is not None:
        del known["started"][resources.RESOURCE]  # shown as the alias of whoever has the task
    duration = sent.get("est_duration")
    made = tasks.add(
        uow,
        title=event.titled("task_type"),
        case=case.number,
        stage=sent.get("state_id"),
        assignee=user,
        due_at=None if duration is None else later(at, seconds=duration),
        extras={NAME: known},
    )
    extended = extensions.set_extensions(uow, made, event.extensions, require_schema=command.require_schema)
    if resource is not None and user is None:
        unclaimed_names.note(uow, NAME, str(resource), made, is_made=True)
    return {"task_id": tasks.save(uow, made, extended).number}


def is_review(uow: UnitOfWork, command: End) -> bool:
    """Whether a reviewer ends the task of a batch, which decides the batch."""
    number = parse_number(command.task) if uow.principal.is_reviewer else None
    task = None if number is None else tasks.find_visible(uow, number)
    return task is not None and task.stands_for_batch


def end(uow: UnitOfWork, command: End) -> None:
    """Completed, with its outcome; the second time the end is overwritten. The disposition decides the batch that the
    task stands for."""
    case = find_service(uow, command.service)
    task = find_task(uow, command.service, command.task, case, Permission.FINISH)
    event = judge(command.event)
    if task.stands_for_batch and event.extensions:
        tasks.require(uow, task, Permission.EDIT)
    # Who ended it is looked up only where it is sent back: that needs a transaction of its own.
    finisher = finishers(uow, [task]).get(task.number) if resources.RESOURCE in event.fields else None
    event = settled(event, _stored(task, event, finisher))
    ended = task if resources.shows_end(task, event.fields, finisher) else _ended(uow, task, event)
    extended = extensions.set_extensions(uow, ended, event.extensions, require_schema=command.require_schema)
    tasks.save(uow, ended, extended)


def _stored(task: Task, event: Event, finisher: int | None) -> resources.Resource:
    """What the end of a task is compared with. The words that decide a batch need be no values of an attribute."""
    stored = resources.completed(task, finisher) or {}
    return {**stored, DISPOSITION: event.written.get(DISPOSITION)} if task.stands_for_batch else stored


def _ended(uow: UnitOfWork, task: Task, event: Event) -> Task:
    if task.stands_for_batch:
        word = event.word(DISPOSITION)
        return words.decide(uow, task, None if word is None else str(word), event.fields.get("disposition_desc"))
    code = event.fields.get(DISPOSITION)
    ended = tasks.perform(
        uow,
        task,
        Verb.FINISH if task.is_open else Verb.AMEND_OUTCOME,
        code=None if code is None else str(code),
        text=event.fields.get("disposition_desc"),
    )
    known = {**resources.facts(ended), "completed": event.only(events.END, uow.now)}
    return tasks.save(uow, ended, replace(ended.with_extra(NAME, known), completed_at=event.at(uow.now)))


def show(uow: UnitOfWork, command: Show) -> resources.Resource:
    case = find_service(uow, command.service)
    task = find_task(uow, command.service, command.task, case, Permission.SEE)
    wanted = judge(command.wanted)
    return resources.task(task, render_service(case, command.style), wanted, beside(uow, [task], wanted))


def list_all(uow: UnitOfWork, command: List) -> list[resources.Resource]:
    """All of them that match and may be seen, oldest first."""
    case = find_service(uow, command.service)
    asked = judge(command.content)
    found = cases.tasks_of(uow, case, is_open=asked.is_open, stage=asked.state)
    context = beside(uow, found, asked.wanted)
    if asked.types is not None:
        found = [task for task in found if resources.is_of_type(resources.task_type(task, context), asked.types)]
    service_id = render_service(case, command.style)
    return [resources.task(task, service_id, asked.wanted, context) for task in resources.in_order(found)]


def _check_state(uow: UnitOfWork, case: Case, number: int | None) -> None:
    """Invalid unless the state is one of this service."""
    stage = None if number is None else case_lookup.find_stage(uow, number, Lock.SHARED)
    if number is not None and (stage is None or stage.case != case.number):
        raise Invalid("invalid_value", f"state_id {number} is no state of this service")


def _user(uow: UnitOfWork, resource: int | None) -> str | None:
    """A resource id means a user through an alias only, never a user of an equal number (DESIGN 3)."""
    user = None if resource is None else names.answering(uow, NAME, str(resource))
    if user is None:
        return None
    if not persons.is_assignable(user, None):
        raise Invalid("invalid_value", f"resource_id {resource} is a disabled user")
    return user.uid
