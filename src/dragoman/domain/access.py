"""Access: the only place that decides rights. A dialect may narrow these rules, never widen them.

A batch's task is for its creator and for those with the right to decide the batch, never for everybody (ACCESS 4). For
other tasks "everybody may" holds only where a task names no user as reader, editor, potential owner or administrator
and neither a private contact nor a private case is linked; an assignee or a creator alone hides nothing. Work items of
everybody don't count where something private is linked (DESIGN 3, rule 4).
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from dragoman.domain.case import Case
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Forbidden
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import EVERYBODY, REVIEWERS, Role, WorkItem


class Permission(StrEnum):
    """What a principal may be allowed to do with a task."""

    SEE = "see"
    WORK = "work"  # claim it
    EDIT = "edit"  # change its content; start it
    FINISH = "finish"  # end, suspend, resume, reopen it
    ASSIGN = "assign"  # hand it over, or back
    DELETE = "delete"
    ADMINISTER = "administer"


class Principal(msgspec.Struct, frozen=True):
    """Who acts: a user, or the system itself (`user` None)."""

    tenant: int
    user: str | None  # uid
    login: str
    is_admin: bool = False
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None  # None: all that the user may
    credential: str = ""  # names the token or password; idempotency keys belong to it
    client: str = ""  # the name of the token, as people know it
    is_reviewer: bool = False  # has the right to decide batches
    is_granted: bool = False  # came with a token that an operator gave out: its scopes for batches are rights
    is_supervisor: bool = False  # sees everything, and may do nothing more for that
    ceiling: frozenset[str] | None = None  # the user's own bound on scopes, whatever he comes with; None: none
    dialects: frozenset[str] | None = None  # those that he may use; None: all
    must_name_revision: bool = False  # the tenant wants If-Match with changes of what has a revision
    until: Moment | None = None  # its credential counts no more from then on

    def has_scope(self, wanted: frozenset[str]) -> bool:
        """Whether any one of `wanted` is granted, and within the user's ceiling."""
        if self.ceiling is None:
            return grants_any(self.scopes, wanted)
        return any(grants_any(self.scopes, one) and grants_any(self.ceiling, one) for one in map(_alone, wanted))


def grants_any(scopes: frozenset[str] | None, wanted: frozenset[str]) -> bool:
    """Whether any one of `wanted` is among the scopes: by itself, or as `*`, `NOUN.*` or `*.VERB`. None: all are."""
    if scopes is None or "*" in scopes or not scopes.isdisjoint(wanted):
        return True
    return _by_pattern(scopes, wanted)


@lru_cache(maxsize=4_096)
def _by_pattern(scopes: frozenset[str], wanted: frozenset[str]) -> bool:
    """Remembered: every request of a token with patterns asks."""
    return any(f"{noun}.*" in scopes or f"*.{verb}" in scopes for noun, _, verb in (w.partition(".") for w in wanted))


def require_scope(principal: Principal, wanted: frozenset[str]) -> None:
    """Forbidden unless the principal has any one of these scopes."""
    if not principal.has_scope(wanted):
        scopes = tuple(sorted(wanted))
        raise Forbidden("scope_missing", f"The token needs one of: {', '.join(scopes)}.", scopes=scopes)


def exceeding(principal: Principal, words: Iterable[str]) -> tuple[str, ...]:
    """Those words (scopes, or `*`, `NOUN.*`, `*.VERB`) that stand for more than the principal came with."""
    return tuple(word for word in words if not principal.has_scope(_alone(word)))


def _alone(scope: str) -> frozenset[str]:
    return frozenset({scope})


def sees_all(principal: Principal) -> bool:
    """Whether the principal sees every task, case, contact, batch and history of the tenant, private ones too."""
    return principal.is_admin or principal.is_supervisor


def system(tenant: int) -> Principal:
    """The principal of the server itself, in a tenant."""
    return Principal(tenant=tenant, user=None, login="system", is_admin=True)


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.READER: frozenset({Permission.SEE}),
    Role.EDITOR: frozenset({Permission.SEE, Permission.EDIT}),
    Role.POTENTIAL_OWNER: frozenset({Permission.SEE, Permission.WORK}),
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.POTENTIAL_STARTER: frozenset({Permission.SEE}),
    Role.ESCALATION_RECEIVER: frozenset({Permission.SEE}),
    Role.POTENTIAL_CREATOR: frozenset(),
}
"""The permissions of a role; see `OF_STARTERS` for potential starters before the start."""
SEEING = frozenset(role for role, granted in GRANTS.items() if Permission.SEE in granted)
WORKING = frozenset(role for role, granted in GRANTS.items() if Permission.WORK in granted)
SEEING_INACTIVE = frozenset({Role.ADMINISTRATOR, Role.POTENTIAL_STARTER})
"""The roles that count before a task is started: other users don't see it yet (ibm-htm.md 15)."""
NO_PERMISSION: frozenset[Permission] = frozenset()
ALL = frozenset(Permission)
OF_EVERYBODY = frozenset({Permission.SEE, Permission.WORK})
OF_INVOLVED = ALL - {Permission.ADMINISTER}
OF_SHARERS = frozenset({Permission.SEE})
OF_SUPERVISORS = frozenset({Permission.SEE})
DECIDING_ROLES = frozenset({Role.POTENTIAL_OWNER})
"""The role of a batch's approvers on its task."""
OF_CREATORS_OF_BATCHES = frozenset({Permission.SEE, Permission.EDIT, Permission.FINISH, Permission.DELETE})
OF_DECIDERS = frozenset({Permission.SEE, Permission.WORK, Permission.FINISH, Permission.ASSIGN, Permission.DELETE})
"""Of a batch's task: claiming, giving back, deciding, deleting the batch. Its content is the creator's."""
DECIDING = frozenset({"batch.update", "batch.manage", "batch.decide"})
"""Scopes that give the right to decide batches, in a token that an operator gave out."""
WATCHING = DECIDING | {"batch.read"}
"""Scopes that show the batches of all users, in such a token."""
OF_STARTERS = frozenset({Permission.EDIT})
"""Additional permissions of potential starters until the task is started."""


class Linked(msgspec.Struct, frozen=True):
    """The cases and contact that a task links: a private one hides the task. None: not linked, or deleted."""

    contact: Contact | None = None
    case: Case | None = None  # that holds the task
    entity: Case | None = None  # the CRM case of a task in a service

    @property
    def is_private(self) -> bool:
        """Whether any of it is private."""
        contact, case, entity = self.contact, self.case, self.entity
        return (
            (contact is not None and contact.is_private)
            or (case is not None and case.is_private)
            or (entity is not None and entity.is_private)
        )

    def is_shared_with(self, user: str | None) -> bool:
        """Whether this user may see every private one of them."""
        if self.contact is not None and self.contact.is_private and not self.contact.is_shared_with(user):
            return False
        return all(
            case.is_shared_with(user) for case in (self.case, self.entity) if case is not None and case.is_private
        )


NOTHING = Linked()


def permissions(principal: Principal, task: Task, linked: Linked = NOTHING) -> frozenset[Permission]:
    """The principal's permissions on the task."""
    if principal.is_admin:
        return ALL
    granted = _of_batch(principal, task, linked) if task.stands_for_batch else _of_work(principal, task, linked)
    return granted | OF_SUPERVISORS if principal.is_supervisor else granted


def _of_work(principal: Principal, task: Task, linked: Linked) -> frozenset[Permission]:
    user = principal.user
    is_involved = user is not None and user in (task.assignee, task.creator, task.starter)
    if linked is NOTHING and not task.work_items:  # as most are: batches ask this for each entry
        return OF_INVOLVED if is_involved else OF_EVERYBODY
    is_private = linked.is_private
    granted = NO_PERMISSION
    if is_involved:
        granted = ALL if _is_draft(task) and user == task.creator else OF_INVOLVED
    if task.work_items:
        granted |= _granted_by_items(principal, task, is_private=is_private)
    if is_private:
        return granted | OF_SHARERS if user is not None and linked.is_shared_with(user) else granted
    return granted if task.work_items else granted | OF_EVERYBODY


def _of_batch(principal: Principal, task: Task, linked: Linked) -> frozenset[Permission]:
    """Something private that is linked hides it from those, too, who may decide it; not from its creator, and not from
    supervisors."""
    is_creator = principal.user is not None and principal.user == task.creator
    granted = OF_CREATORS_OF_BATCHES if is_creator else NO_PERMISSION
    if not (is_creator or sees_all(principal) or not linked.is_private or linked.is_shared_with(principal.user)):
        return NO_PERMISSION
    if may_decide(principal, task):
        return granted | OF_DECIDERS
    return granted | OF_SHARERS if watches_batches(principal) else granted


def decides_batches(principal: Principal) -> bool:
    """Whether the principal has the right to decide every batch."""
    return principal.is_admin or principal.is_reviewer or (principal.is_granted and principal.has_scope(DECIDING))


def among_others(principal: Principal) -> Principal:
    """The principal in lists of tasks that concern him, where administrators and supervisors don't see all tasks.
    Batches that he may decide concern him."""
    return replace(principal, is_admin=False, is_supervisor=False, is_reviewer=decides_batches(principal))


def unsupervising(principal: Principal) -> Principal:
    """The principal with what he sees and may do without the role of a supervisor."""
    return replace(principal, is_supervisor=False)


def watches_batches(principal: Principal) -> bool:
    """Whether the principal may see every batch's task, where nothing private is linked."""
    return decides_batches(principal) or (principal.is_granted and principal.has_scope(WATCHING))


def may_decide(principal: Principal, task: Task) -> bool:
    """Whether the principal has the right to decide the batch of this task: by role, by token, or as its approver."""
    return decides_batches(principal) or is_approver(principal, task)


def is_approver(principal: Principal, task: Task) -> bool:
    """Whether the batch's policy names the principal: approvers are potential owners of the batch's task."""
    return any(
        item.role in DECIDING_ROLES and item.holder not in (EVERYBODY, REVIEWERS) and holds(principal, item.holder)
        for item in task.work_items
    )


def _granted_by_items(principal: Principal, task: Task, *, is_private: bool) -> frozenset[Permission]:
    granted = NO_PERMISSION
    for item in held_items(principal, task, is_private=is_private):
        granted |= GRANTS[item.role]
        if item.role is Role.POTENTIAL_STARTER and task.state is State.INACTIVE:
            granted |= OF_STARTERS
    return granted


def held_items(principal: Principal, task: Task, *, is_private: bool) -> Iterator[WorkItem]:
    """The work items that count for the principal now. `is_private`: whether the task links anything private."""
    early = task.state is State.INACTIVE and not task.stands_for_batch
    for item in task.work_items:
        if counts(principal, item, is_private=is_private) and not (early and item.role not in SEEING_INACTIVE):
            yield item


def _is_draft(task: Task) -> bool:
    return task.state is State.INACTIVE and bool(task.work_items)


def is_candidate(principal: Principal, task: Task, linked: Linked = NOTHING) -> bool:
    """Whether the task is offered to the principal: as an administrator, by a work item, or because it is open to
    everybody.

    The creator administers a task that names no user. Others with permission to work on it, such as its last assignee,
    are not offered it.
    """
    is_private = linked.is_private
    if task.stands_for_batch:
        return Permission.WORK in permissions(principal, task, linked)
    if principal.is_admin or any(
        item.role in WORKING and counts(principal, item, is_private=is_private) for item in task.work_items
    ):
        return True
    if task.work_items:
        return False
    is_creator = principal.user is not None and principal.user == task.creator
    return is_creator or not is_private


def counts(principal: Principal, item: WorkItem, *, is_private: bool) -> bool:
    """Whether a work item applies to the principal; one of everybody doesn't where something private is linked."""
    return holds(principal, item.holder) and not (is_private and item.holder == EVERYBODY)


def holds(principal: Principal, holder: str) -> bool:
    """Whether `holder` is the principal, one of their groups, everybody, or those with a role of the principal's."""
    kind, _, group = holder.partition(":")
    if holder == REVIEWERS:
        return principal.is_admin or principal.is_reviewer
    return holder in (EVERYBODY, principal.user) or (kind == "group" and group in principal.groups)


def may(principal: Principal, permission: Permission, task: Task, linked: Linked = NOTHING) -> bool:
    """Whether the principal has the permission."""
    return permission in permissions(principal, task, linked)


def forbidden(principal: Principal, permission: Permission) -> Forbidden:
    """The error for a missing permission on a task."""
    return Forbidden("forbidden", f"{principal.login} may not {permission} this task.", permission=str(permission))


def require(principal: Principal, permission: Permission, task: Task, linked: Linked = NOTHING) -> None:
    """Forbidden unless the principal has the permission."""
    if not may(principal, permission, task, linked):
        raise forbidden(principal, permission)


def require_admin(principal: Principal) -> None:
    """Forbidden unless the principal administers the tenant."""
    if not principal.is_admin:
        raise Forbidden("admin_only", f"Only an administrator may do this; {principal.login} is not one.")


def may_see_contact(principal: Principal, contact: Contact) -> bool:
    """A private contact is visible to administrators, supervisors, its creator, and users it is shared with; others to
    everybody."""
    return sees_all(principal) or not contact.is_private or contact.is_shared_with(principal.user)


def may_edit_contact(principal: Principal, contact: Contact) -> bool:
    """Administrators, the creator, and users it is shared with may edit a contact, even if everybody sees it."""
    return principal.is_admin or contact.is_shared_with(principal.user)


def may_see_case(principal: Principal, case: Case) -> bool:
    """A private case is visible to administrators, supervisors, its creator and its assignee; others to everybody."""
    return sees_all(principal) or not case.is_private or case.is_shared_with(principal.user)


def may_edit_case(principal: Principal, case: Case) -> bool:
    """Administrators, its creator and its assignee may edit a case."""
    return principal.is_admin or case.is_shared_with(principal.user)


def require_to(allowed: bool, principal: Principal, what: str) -> None:
    """Forbidden, with the refused action `what`, unless it is allowed."""
    if not allowed:
        raise Forbidden("forbidden", f"{principal.login} may not {what}.")
