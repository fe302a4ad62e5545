"""Who may do what in which state: the page's table (4.2) as data, held over the core's verbs.

The core allows what any dialect needs; this narrows it and never widens it. An action is refused for a missing role
before the state is looked at (page, 13 and 16).
"""

from enum import StrEnum

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import ids
from dragoman.dialects.ibm_htm.wire.facts import fact, kind_of
from dragoman.dialects.ibm_htm.wire.words import STATES
from dragoman.domain.access import Permission, held_items, is_candidate, permissions, unsupervising
from dragoman.domain.errors import Expected
from dragoman.domain.task import ENDED, State, Task
from dragoman.domain.work_item import Role
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork


class HtmRole(StrEnum):
    """What a user is to a task."""

    ADMINISTRATOR = "administrator"
    ORIGINATOR = "originator"
    OWNER = "owner"
    POTENTIAL_OWNER = "potential_owner"
    POTENTIAL_STARTER = "potential_starter"
    STARTER = "starter"
    EDITOR = "editor"
    READER = "reader"
    ESCALATION_RECEIVER = "escalation_receiver"
    MONITOR = "monitor"  # the vendor's TaskSystemMonitor: sees every task, and is nothing else to this one


AD, OR, OW, PO = HtmRole.ADMINISTRATOR, HtmRole.ORIGINATOR, HtmRole.OWNER, HtmRole.POTENTIAL_OWNER
PS, ST, ED, RE = HtmRole.POTENTIAL_STARTER, HtmRole.STARTER, HtmRole.EDITOR, HtmRole.READER
ALL_FIVE = frozenset({OW, ST, OR, ED, AD})
"""Who may call update at all (page, 6)."""
ONLY_LOOKS = frozenset({HtmRole.MONITOR})


_OF_WORK_ITEM = {
    Role.READER: RE,
    Role.EDITOR: ED,
    Role.POTENTIAL_OWNER: PO,
    Role.ADMINISTRATOR: AD,
    Role.POTENTIAL_STARTER: PS,
    Role.ESCALATION_RECEIVER: HtmRole.ESCALATION_RECEIVER,
}


class Action(StrEnum):
    """What can be done to a task, as `ACTION_…` names it."""

    GET = "GETTASK"
    UPDATE = "UPDATE"  # its rules stand in `handlers/properties.py`, property by property
    START = "STARTTASK"
    CLAIM = "CLAIM"
    CANCEL = "CANCELCLAIM"
    COMPLETE = "COMPLETE"
    SUSPEND = "SUSPEND"
    SUSPEND_AND_CANCEL = "SUSPENDWITHCANCELCLAIM"
    RESUME = "RESUME"
    TERMINATE = "TERMINATE"
    DELETE = "DELETE"
    SET_INPUT = "SETINPUTMESSAGE"
    SET_OUTPUT = "SETOUTPUTMESSAGE"
    SET_FAULT = "SETFAULTMESSAGE"


class Suspended(StrEnum):
    """What an action wants of the suspended flag."""

    NO = "no"
    ANY = "any"
    NEEDED = "needed"
    IF_SUPPORTED = "if_supported"  # with supportsClaimIfSuspended


class Rule(msgspec.Struct, frozen=True):
    """One line of the table. `only` narrows who may in some of the states."""

    states: frozenset[State]
    who: frozenset[HtmRole]
    suspended: Suspended = Suspended.NO
    waiting: bool = True
    only: dict[State, frozenset[HtmRole]] = {}


_ANY_STATE = frozenset(State)
_STARTED = frozenset({State.READY, State.CLAIMED, State.RUNNING})
_INACTIVE = frozenset({State.INACTIVE})
_CLAIMED = frozenset({State.CLAIMED})

RULES: dict[Action, Rule] = {
    Action.GET: Rule(_ANY_STATE, frozenset(HtmRole), Suspended.ANY),
    Action.START: Rule(_INACTIVE, frozenset({PS, OR, AD}), Suspended.ANY),
    Action.CLAIM: Rule(frozenset({State.READY}), frozenset({PO, AD}), Suspended.IF_SUPPORTED),
    Action.CANCEL: Rule(_CLAIMED, frozenset({OW, AD}), waiting=False),
    Action.COMPLETE: Rule(_CLAIMED, frozenset({OW, AD}), waiting=False),
    Action.SUSPEND: Rule(_STARTED, frozenset({OW, OR, AD})),
    Action.SUSPEND_AND_CANCEL: Rule(_CLAIMED, frozenset({OW, AD}), waiting=False),
    Action.RESUME: Rule(_STARTED, frozenset({OW, OR, AD}), Suspended.NEEDED),
    Action.TERMINATE: Rule(_STARTED, frozenset({OW, ST, OR, AD}), Suspended.ANY),
    Action.DELETE: Rule(
        _INACTIVE | ENDED, frozenset({OR, AD}), Suspended.ANY, only=dict.fromkeys(ENDED, frozenset({AD}))
    ),
    Action.SET_INPUT: Rule(_INACTIVE, frozenset({OR, PS, AD}), Suspended.ANY),
    Action.SET_OUTPUT: Rule(_CLAIMED, frozenset({OW, ED, AD})),
    Action.SET_FAULT: Rule(_CLAIMED, frozenset({OW, ED, AD})),
}
"""The page, 4.2."""

DECIDED_ELSEWHERE = frozenset(Action) - {Action.GET, Action.UPDATE, Action.CLAIM, Action.CANCEL}
"""Actions that are refused on a task of a batch: they would decide the batch (DESIGN 3, rule 5)."""


def roles_of(uow: UnitOfWork, task: Task) -> frozenset[HtmRole]:
    """What the principal is to the task; nothing for a stranger, and for whom the core lets see nothing."""
    principal, linked = uow.principal, tasks.linked(uow, task)
    allowed = permissions(principal, task, linked)
    if Permission.SEE not in allowed:
        return frozenset()
    if principal.is_supervisor and Permission.SEE not in permissions(unsupervising(principal), task, linked):
        return ONLY_LOOKS
    found = {RE} | _of_fields(principal.user, task)
    if principal.is_admin:
        found.add(AD)
    for item in held_items(principal, task, is_private=linked.is_private):
        if item.role in _OF_WORK_ITEM:
            found.add(_OF_WORK_ITEM[item.role])
    if Permission.WORK in allowed and is_candidate(principal, task, linked):
        found.add(PO)
    if task.state is State.INACTIVE:  # only users who may start it see it yet (page, 15)
        found -= {PO, ED}
    return frozenset(found)


def _of_fields(user: str | None, task: Task) -> set[HtmRole]:
    """What the creator, the assignee and the starter are."""
    if user is None:
        return set()
    found = {role for role, uid in ((OR, task.creator), (OW, task.assignee), (ST, task.starter)) if uid == user}
    if OR in found and not task.stands_for_batch:
        # page, 8: the originator has an administrator's rights while INACTIVE, and later if no administrator is named
        is_named = any(item.role is Role.ADMINISTRATOR for item in task.work_items)
        found |= {AD} if task.state is State.INACTIVE or not is_named else set()
    return found


def editors(task: Task) -> frozenset[HtmRole]:
    """Who may call update at all. Claiming a batch's task says who looks, and gives no right to its content."""
    return ALL_FIVE - {OW} if task.stands_for_batch else ALL_FIVE


def login(uow: UnitOfWork) -> str:
    """Whom an error speaks of."""
    return uow.principal.login


def require_role(uow: UnitOfWork, task: Task, roles: frozenset[HtmRole], who: frozenset[HtmRole], action: str) -> None:
    """Forbidden (`role_missing`) unless the principal has one of the roles that may."""
    if roles.isdisjoint(who):
        raise refusals.role_missing(login(uow), action, ids.task_id(task.uid))


def check(uow: UnitOfWork, task: Task, action: Action) -> frozenset[HtmRole]:
    """What the principal is to the task. Forbidden or Conflict unless the table lets the action be done now."""
    roles, rule = roles_of(uow, task), RULES[action]
    require_role(uow, task, roles, rule.only.get(task.state, rule.who), action)
    check_state(task, action)
    return roles


def permits(task: Task, roles: frozenset[HtmRole], action: Action) -> bool:
    """Whether the table allows the action to these roles now."""
    rule = RULES[action]
    return not roles.isdisjoint(rule.only.get(task.state, rule.who)) and _state_fault(task, action) is None


def check_state(task: Task, action: Action) -> None:
    """Conflict unless state and flags allow the action."""
    fault = _state_fault(task, action)
    if fault is not None:
        raise fault


def _state_fault(task: Task, action: Action) -> Expected | None:
    rule, shown = RULES[action], ids.task_id(task.uid)
    if task.stands_for_batch and action in DECIDED_ELSEWHERE:
        return refusals.wrong_kind(shown, action)
    if task.state not in rule.states:
        return refusals.state_forbids(STATES[task.state], shown, action)
    return _flag_fault(rule, task, shown, action)


def _flag_fault(rule: Rule, task: Task, shown: str, action: Action) -> Expected | None:
    if rule.suspended is Suspended.NEEDED and not task.suspended:
        return refusals.not_suspended(shown)
    supported = rule.suspended is Suspended.IF_SUPPORTED and fact(task, "supportsClaimIfSuspended")
    if task.suspended and not supported and rule.suspended in (Suspended.NO, Suspended.IF_SUPPORTED):
        return refusals.is_suspended(shown, action)
    if task.is_waiting and not rule.waiting:
        return refusals.is_waiting(shown, action)
    if action is Action.DELETE and task.parent is not None:
        return refusals.not_top_level(shown)
    return None


def load(uow: UnitOfWork, uid: str) -> Task:
    """The task. NotFound (`task_not_found`) when there is none."""
    task = task_lookup.find(uow, uid)
    if task is None:
        raise refusals.no_task(ids.task_id(uid))
    return task


def keep(uow: UnitOfWork, after: Task) -> Task:
    """Keep a task that `load` gave and that changed since."""
    return tasks.save_with_parts(uow, task_lookup.present(uow, after), after)


def check_parent(uow: UnitOfWork, parent: Task) -> None:
    """Forbidden or Conflict unless the principal may give the task a subtask now (page, 4.3)."""
    action, shown = "STARTTASKASSUBTASK", ids.task_id(parent.uid)
    require_role(uow, parent, roles_of(uow, parent), frozenset({OW, AD}), action)
    if kind_of(parent) not in ("human", "participating") or parent.stands_for_batch:
        raise refusals.wrong_kind(shown, action)
    if parent.state is not State.CLAIMED:
        raise refusals.state_forbids(STATES[parent.state], shown, action)
    if parent.suspended:
        raise refusals.is_suspended(shown, action)
    if not fact(parent, "supportsSubTasks"):
        raise refusals.no_subtasks(shown)
