"""The seed's call: changing properties (page, row 2 and section 6). All of them, or none."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import ALL_FIVE, PS, Action, HtmRole
from dragoman.dialects.ibm_htm.handlers.draft import Draft
from dragoman.dialects.ibm_htm.handlers.properties import PAIRS, PROPERTIES, WHILE_SUSPENDED
from dragoman.dialects.ibm_htm.wire import custom, ids, negotiation
from dragoman.dialects.kit import Request, json
from dragoman.domain.errors import Invalid
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork

PRIORITY = frozenset({"priority"})
READ = frozenset({"isRead"})
CUSTOM = "customProperties"

NAMERS: dict[frozenset[str], frozenset[HtmRole]] = {PRIORITY: ALL_FIVE | {PS}, READ: frozenset(HtmRole)}
"""Who may call update at all, by what the body holds, where it isn't the five."""


class Update(msgspec.Struct, frozen=True):
    """New values by property. The fault of an unreadable body is raised in its turn; so is that of a text that is too
    long, which may be what is shown and only sent back."""

    task: str
    values: dict[str, Any] | Invalid
    too_long: tuple[str, ...] = ()

    def keys(self) -> Keys:
        keys = Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)
        if not isinstance(self.values, Invalid):
            if "type" in self.values:
                keys.owners["category"] = Lock.NONE
            if "parentContextID" in self.values:
                keys.owners["case"] = Lock.NONE
        return keys


def parse_update(request: Request) -> Update:
    """A JSON object; every member optional, unknown ones passed over."""
    negotiation.check(request, negotiation.JSON)
    negotiation.check_json(request)
    task = ids.parse_task(request.path["tkiid"])
    try:
        values = read(request)
    except Invalid as fault:
        return Update(task, fault)
    too_long = tuple(name for name, value in values.items() if _is_too_long(name, value))
    return Update(task, values, too_long)


def read(request: Request) -> dict[str, Any]:
    """The properties of a body. Invalid for what is no object, and for a value of a wrong type."""
    found: dict[str, Any] = {}
    members = json.parse_object(request.body)
    request.ignore_other_members(members)
    for name, value in members.items():
        known = PROPERTIES.get(name)
        if known is not None:
            found[name] = known.read(name, value)
    for time, duration in PAIRS:
        if time in found and duration in found:
            raise refusals.time_and_duration(time, duration)
    return found


def update(uow: UnitOfWork, command: Update) -> None:
    """Every property, or none of them. The last writer wins; a body without properties is a touch."""
    task = guard.load(uow, command.task)
    values = command.values
    if isinstance(values, Invalid):
        raise values.with_traceback(None)
    if command.too_long:
        _check_lengths(uow, task, command.too_long, values)
    _check(uow, task, values)
    draft = Draft(uow, task)
    for name, value in values.items():
        PROPERTIES[name].change(draft, value)
    if draft.goes:
        return tasks.remove(uow, task_lookup.present(uow, task))
    after = draft.result()
    guard.keep(uow, replace(after, modified_at=uow.now) if after is task else after)
    return None


def _check(uow: UnitOfWork, task: Task, values: dict[str, Any]) -> None:
    """First whether the caller may update, then whether the task may be, then property by property (page, 13)."""
    roles = guard.roles_of(uow, task)
    if roles.isdisjoint(ALL_FIVE):
        who = NAMERS.get(frozenset(values), ALL_FIVE)
        guard.require_role(uow, task, roles, who, Action.UPDATE)
    if task.suspended and not WHILE_SUSPENDED.issuperset(values):
        raise refusals.is_suspended(ids.task_id(task.uid), Action.UPDATE)
    for name in values:
        known = PROPERTIES[name]
        if roles.isdisjoint(known.who):
            raise refusals.not_your_property(name)
        if task.state not in known.states:
            raise refusals.not_this_property_now(name)


def _is_too_long(name: str, value: Any) -> bool:
    if name == CUSTOM:
        return any(custom.is_too_long(key, text) for key, text in value.items())
    return PROPERTIES[name].is_too_long(value)


def _check_lengths(uow: UnitOfWork, task: Task, names: tuple[str, ...], values: dict[str, Any]) -> None:
    """What is shown may be sent back, however long it is."""
    for name in names:
        known = PROPERTIES[name]
        if name == CUSTOM:
            _check_custom(task, values[name])
        elif known.shown is not None and known.shown(uow, task) != values[name]:
            raise refusals.too_long(name, known.longest or 0)


def _check_custom(task: Task, values: dict[str, str]) -> None:
    shown = custom.shown(task)
    for key, text in values.items():
        if shown.get(key) != text and custom.is_too_long(key, text):
            limit = custom.LONGEST_VALUE if len(key.encode()) <= custom.LONGEST_NAME else custom.LONGEST_NAME
            raise refusals.too_long(key, limit)
