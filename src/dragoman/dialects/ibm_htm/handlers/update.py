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
from dragoman.dialects.kit.changes import changed
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
    """New values by property. A body that can't be read is refused in its turn."""

    task: str
    values: dict[str, Any] | Invalid

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
        return Update(task, read(request))
    except Invalid as fault:
        return Update(task, fault)


def read(request: Request) -> dict[str, Any]:
    """The properties of a body. Invalid for what is no object, and for a value of a wrong type."""
    found: dict[str, Any] = {}
    members = json.parse_object(request.body)
    request.ignore_other_members(members)
    for name, value in members.items():
        known = PROPERTIES.get(name)
        if known is not None:
            found[name] = known.read(name, value)
    return found


def update(uow: UnitOfWork, command: Update) -> None:
    """Every property, or none of them. The last writer wins; a body without properties is a touch, and so is one with
    those that are shown."""
    task = guard.load(uow, command.task)
    values = command.values
    if isinstance(values, Invalid):
        raise values.with_traceback(None)
    new = _changed(uow, task, values)
    _check_values(new)
    _check(uow, task, values, new)
    draft = Draft(uow, task)
    for name, value in new.items():
        PROPERTIES[name].change(draft, value)
    if draft.goes:
        return tasks.remove(uow, task_lookup.present(uow, task))
    after = draft.result()
    guard.keep(uow, replace(after, modified_at=uow.now) if after is task else after)
    return None


def _changed(uow: UnitOfWork, task: Task, values: dict[str, Any]) -> dict[str, Any]:
    """The values that differ from what is shown; of custom properties those that do."""
    new = changed(values, {name: PROPERTIES[name].shown(uow, task) for name in values})
    if CUSTOM in new:
        new[CUSTOM] = changed(new[CUSTOM], custom.shown(task))
    return {name: value for name, value in new.items() if name != CUSTOM or value}


def _check_values(new: dict[str, Any]) -> None:
    for name, value in new.items():
        known = PROPERTIES[name]
        if known.check is not None:
            known.check(name, value)
        if known.is_too_long(value):
            raise refusals.too_long(name, known.longest or 0)
    for time, duration in PAIRS:
        if time in new and duration in new:
            raise refusals.time_and_duration(time, duration)


def _check(uow: UnitOfWork, task: Task, values: dict[str, Any], new: dict[str, Any]) -> None:
    """First whether the caller may update, then whether the task may be, then property by property (page, 13)."""
    roles = guard.roles_of(uow, task)
    if task.stands_for_batch:
        roles -= {HtmRole.OWNER}
    if roles.isdisjoint(guard.editors(task)):
        who = NAMERS.get(frozenset(values), ALL_FIVE)
        guard.require_role(uow, task, roles, who, Action.UPDATE)
    if task.suspended and not WHILE_SUSPENDED.issuperset(new):
        raise refusals.is_suspended(ids.task_id(task.uid), Action.UPDATE)
    for name in new:
        known = PROPERTIES[name]
        if roles.isdisjoint(known.who):
            raise refusals.not_your_property(name)
        if task.state not in known.states:
            raise refusals.not_this_property_now(name)
