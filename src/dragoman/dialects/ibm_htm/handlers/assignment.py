"""Making and moving work items (page, rows 20 and 21, and 8).

Logins and names of groups are looked up, so these commands are exclusive.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import work_items
from dragoman.dialects.ibm_htm.handlers.action_table import AD, OR, OW, ST, HtmRole
from dragoman.dialects.ibm_htm.handlers.messages import template_of
from dragoman.dialects.ibm_htm.handlers.work_items import GROUP
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.wire import ids, negotiation, roles
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.dialects.ibm_htm.wire.roles import FIELDS, GIVEN, ITEMS, Reason
from dragoman.dialects.ibm_htm.wire.words import STATES
from dragoman.dialects.kit import Request
from dragoman.domain.access import Principal, holds, may_decide
from dragoman.domain.people import User
from dragoman.domain.task import ENDED, State, Task
from dragoman.domain.work_item import EVERYBODY
from dragoman.usecases.identity import lookup as people_lookup
from dragoman.usecases.identity import names
from dragoman.usecases.identity.users import acting
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

ASSIGN, TRANSFER = "CREATEWORKITEM", "TRANSFERWORKITEM"

_UNENDED_WORK = frozenset({State.READY, State.CLAIMED})
_STARTED = frozenset(State) - {State.INACTIVE}

STATES_OF: dict[Reason, frozenset[State]] = {
    Reason.POTENTIAL_STARTER: frozenset({State.INACTIVE}),
    Reason.POTENTIAL_OWNER: _UNENDED_WORK,
    Reason.EDITOR: _UNENDED_WORK,
    Reason.ADMINISTRATOR: _STARTED,
    Reason.READER: _STARTED,
    Reason.OWNER: frozenset({State.CLAIMED}),
    Reason.STARTER: ENDED | {State.RUNNING},
    Reason.ORIGINATOR: frozenset(State),
}
"""The states in which a role may be given; the last three can only be moved."""

MOVERS: dict[Reason, frozenset[HtmRole]] = {
    Reason.OWNER: frozenset({OW, AD}),
    Reason.STARTER: frozenset({ST, AD}),
    Reason.ORIGINATOR: frozenset({OR, AD}),
    Reason.POTENTIAL_STARTER: frozenset({OR, AD}),
    Reason.POTENTIAL_OWNER: frozenset({OR, AD}),
    Reason.READER: frozenset({OR, AD}),
    Reason.EDITOR: frozenset({OR, AD}),
    Reason.ADMINISTRATOR: frozenset({AD}),
}
"""Who may move a role; the page grants the originator more by its table than by its text, and we take the union."""

TAKERS: dict[Reason, Reason] = {
    Reason.OWNER: Reason.POTENTIAL_OWNER,
    Reason.STARTER: Reason.POTENTIAL_STARTER,
    Reason.ORIGINATOR: Reason.POTENTIAL_INSTANCE_CREATOR,
}
"""What one must be, if no administrator, to get a role from its holder; an administrator gives it to anybody."""


class Assign(msgspec.Struct, frozen=True):
    """One more holder of a role."""

    task: str
    reason: Reason
    user: str  # login

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Move(msgspec.Struct, frozen=True):
    """From whom to whom, by login or name of a group; `old` None: whose it is, or the caller's own."""

    new: str
    old: str | None
    is_group: bool = False


class Transfer(msgspec.Struct, frozen=True):
    """A role that moves to another user."""

    task: str
    reason: Reason
    moves: tuple[Move, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_assign(request: Request) -> Assign:
    """PUT task/{tkiid}/role/{role}?action=assign&newUser=."""
    negotiation.check(request)
    user = request.first("newUser")
    if not user:
        raise refusals.missing_parameter("newUser")
    reason = roles.parse(request.path["role"])
    if reason not in GIVEN:
        raise refusals.bad_role(request.path["role"])
    return Assign(ids.parse_task(request.path["tkiid"]), reason, user)


def assign(uow: UnitOfWork, command: Assign) -> None:
    """Grant the role. Present holders keep it."""
    task = guard.load(uow, command.task)
    user = _user(uow, command.user).user or ""
    held = guard.roles_of(uow, task)
    who = frozenset({AD, OR}) if task.state is State.INACTIVE else frozenset({AD})
    guard.require_role(uow, task, held, who, ASSIGN)
    _check_state(task, command.reason, ASSIGN)
    _check_kind(task, command.reason, ASSIGN)
    is_private = tasks.linked(uow, task).is_private
    guard.keep(uow, work_items.added(task, ITEMS[command.reason], user, is_private=is_private))


def parse_transfer(request: Request) -> Transfer:
    """PUT task/{tkiid}/role/{role}?action=transfer."""
    negotiation.check(request)
    reason, moves = parse_moves(request)
    return Transfer(ids.parse_task(request.path["tkiid"]), reason, moves)


def parse_moves(request: Request) -> tuple[Reason, tuple[Move, ...]]:
    """The role of the path and what the parameters move; also for many tasks at once."""
    to_user, from_user = request.first("toUser") or None, request.first("fromUser") or None
    to_group, from_group = request.first("toGroup") or None, request.first("fromGroup") or None
    if (to_group is None) != (from_group is None):
        raise refusals.at_odds("toGroup", "fromGroup")
    if to_user is None and from_user is not None:
        raise refusals.at_odds("toUser", "fromUser")
    moves = [Move(to_user, from_user)] if to_user is not None else []
    moves += [Move(to_group, from_group, is_group=True)] if to_group is not None else []
    if not moves:
        raise refusals.missing_parameter("toUser")
    reason = roles.parse(request.path["role"])
    if reason not in MOVERS or (to_group is not None and reason in FIELDS):
        raise refusals.bad_role(request.path["role"])
    return reason, tuple(moves)


def transfer(uow: UnitOfWork, command: Transfer) -> None:
    """Transfer the role, entirely or not at all."""
    task = guard.load(uow, command.task)
    guard.keep(uow, transferred(uow, task, command.reason, command.moves))


def transferred(uow: UnitOfWork, task: Task, reason: Reason, moves: tuple[Move, ...]) -> Task:
    """The task with the role moved, not saved yet. Refused as in the page, 8."""
    targets = [_group(uow, move.new) if move.is_group else _user(uow, move.new) for move in moves]
    sources = [_source(uow, move) for move in moves]
    held = guard.roles_of(uow, task)
    guard.require_role(uow, task, held, MOVERS[reason], TRANSFER)
    _check_state(task, reason, TRANSFER)
    _check_kind(task, reason, TRANSFER)
    for target, source in zip(targets, sources, strict=True):
        if reason in FIELDS:
            task = _field_moved(uow, task, reason, source, target, is_admin=AD in held)
        else:
            task = _item_moved(uow, task, reason, source, target)
    return task


def _field_moved(
    uow: UnitOfWork, task: Task, reason: Reason, source: str | None, target: Principal | str, *, is_admin: bool
) -> Task:
    """The one holder of the role exchanged; the state stays."""
    present = getattr(task, FIELDS[reason])
    if not isinstance(target, Principal) or present is None or source not in (None, present):
        raise refusals.not_transferable(roles.symbol(reason))
    if not is_admin and not _may_take(uow, task, reason, target):
        raise refusals.target_role_missing(target.login, roles.symbol(reason))
    if reason is Reason.OWNER:
        return task.assign(target.user, at=uow.now)
    return replace(task, **{FIELDS[reason]: target.user})


def _may_take(uow: UnitOfWork, task: Task, reason: Reason, target: Principal) -> bool:
    if task.stands_for_batch:
        return may_decide(target, task)
    if target.is_admin:
        return True
    template, is_private = template_of(uow, task), tasks.linked(uow, task).is_private
    return any(
        holds(target, holder)
        for wanted in (TAKERS[reason], Reason.ADMINISTRATOR)
        for holder in work_items.holders(task, wanted, template, is_private=is_private)
    )


def _item_moved(uow: UnitOfWork, task: Task, reason: Reason, source: str | None, target: Principal | str) -> Task:
    is_private = tasks.linked(uow, task).is_private
    present = work_items.holders(task, reason, None, is_private=is_private)
    old = source or _own(uow.principal, present)
    if old is None or old == EVERYBODY or old not in present:
        raise refusals.not_transferable(roles.symbol(reason))
    new = target.user if isinstance(target, Principal) else target
    return work_items.moved(task, ITEMS[reason], old, new or "", is_private=is_private)


def _own(principal: Principal, present: list[str]) -> str | None:
    """The holder when none is named: the caller, or the only one."""
    if principal.user in present:
        return principal.user
    return present[0] if len(present) == 1 else None


def _source(uow: UnitOfWork, move: Move) -> str | None:
    if move.old is None:
        return None
    return _group(uow, move.old) if move.is_group else _known(uow, move.old).uid


def _user(uow: UnitOfWork, login: str) -> Principal:
    """The user who is to get something; a disabled one is refused like an unknown one."""
    user = _known(uow, login)
    if user.disabled_at is not None:
        raise refusals.unknown_user(login)
    return acting(uow, user)


def _known(uow: UnitOfWork, login: str) -> User:
    user = names.answering(uow, NAME, login)
    if user is None:
        raise refusals.unknown_user(login)
    return user


def holder_of(uow: UnitOfWork, name: str) -> str:
    """The holder that a name stands for: a user's uid, or of `group:NAME` the group's. Invalid (`unknown_user`)."""
    if name.startswith(work_items.GROUP):
        return _group(uow, name.removeprefix(work_items.GROUP))
    return _known(uow, name).uid


def _group(uow: UnitOfWork, name: str) -> str:
    group = people_lookup.group_by_name(uow, name)
    if group is None:
        raise refusals.unknown_user(name)
    return f"{GROUP}{group.uid}"


def _check_state(task: Task, reason: Reason, action: str) -> None:
    shown = ids.task_id(task.uid)
    if task.state not in STATES_OF[reason]:
        raise refusals.state_forbids(STATES[task.state], shown, action)
    if not fact(task, "supportsDelegation"):
        raise refusals.no_delegation(shown)


def _check_kind(task: Task, reason: Reason, action: str) -> None:
    """The roles of a batch's task follow from the batch; only its claim moves."""
    if task.stands_for_batch and reason is not Reason.OWNER:
        raise refusals.wrong_kind(ids.task_id(task.uid), action)
