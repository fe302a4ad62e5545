"""Who may do what. The only place that decides rights; a dialect may narrow what stands here, never widen it.

"Everybody may" holds only where a task names no user as reader, editor, potential owner or administrator and neither
a private contact nor a private case is linked; an assignee or a creator alone hides nothing. What a dialect wrote down
for everybody doesn't count where something private is linked (DESIGN 3, rule 4).
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Forbidden
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem


class Permission(StrEnum):
    """What a principal may want of a task."""

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

    def has_scope(self, wanted: frozenset[str]) -> bool:
        """True when any one of `wanted` was granted."""
        return self.scopes is None or "*" in self.scopes or not self.scopes.isdisjoint(wanted)


def system(tenant: int) -> Principal:
    """The server itself, at work for a tenant."""
    return Principal(tenant=tenant, user=None, login="system", is_admin=True)


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.READER: frozenset({Permission.SEE}),
    Role.EDITOR: frozenset({Permission.SEE, Permission.EDIT}),
    Role.POTENTIAL_OWNER: frozenset({Permission.SEE, Permission.WORK}),
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.POTENTIAL_STARTER: frozenset({Permission.SEE}),
    Role.POTENTIAL_CREATOR: frozenset(),
}
"""What a work item grants; see `OF_STARTERS` for potential starters before the start."""
SEEING = frozenset(role for role, granted in GRANTS.items() if Permission.SEE in granted)
WORKING = frozenset(role for role, granted in GRANTS.items() if Permission.WORK in granted)
SEEING_INACTIVE = frozenset({Role.ADMINISTRATOR, Role.POTENTIAL_STARTER})
"""Whose work items count before a task is started: other users don't see it yet (ibm-htm.md 15)."""
NO_PERMISSION: frozenset[Permission] = frozenset()
ALL = frozenset(Permission)
OF_EVERYBODY = frozenset({Permission.SEE, Permission.WORK})
OF_INVOLVED = ALL - {Permission.ADMINISTER}
OF_SHARERS = frozenset({Permission.SEE})
OF_STARTERS = frozenset({Permission.EDIT})
"""What potential starters may besides, as long as the task isn't started."""


class Linked(msgspec.Struct, frozen=True):
    """What a task links and who may see that decides about the task too. None: nothing is linked, or it is deleted."""

    contact: Contact | None = None
    case: Case | None = None  # that holds the task
    entity: Case | None = None  # that a client named beside the case

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
        """Whether this user may see all of it that is private."""
        if self.contact is not None and self.contact.is_private and not self.contact.is_shared_with(user):
            return False
        return all(
            case.is_shared_with(user) for case in (self.case, self.entity) if case is not None and case.is_private
        )


NOTHING = Linked()


def permissions(principal: Principal, task: Task, linked: Linked = NOTHING) -> frozenset[Permission]:
    """All that `principal` may do with `task`."""
    if principal.is_admin:
        return ALL
    user, is_private = principal.user, linked.is_private
    granted = NO_PERMISSION
    if user is not None and user in (task.assignee, task.creator, task.starter):
        granted = ALL if _is_draft(task) and user == task.creator else OF_INVOLVED
    for item in held_items(principal, task, is_private=is_private):
        granted |= GRANTS[item.role]
        if item.role is Role.POTENTIAL_STARTER and task.state is State.INACTIVE:
            granted |= OF_STARTERS
    if is_private:
        return granted | OF_SHARERS if user is not None and linked.is_shared_with(user) else granted
    return granted if task.work_items else granted | OF_EVERYBODY


def held_items(principal: Principal, task: Task, *, is_private: bool) -> Iterator[WorkItem]:
    """The work items that count for the principal now. `is_private`: whether the task links anything private."""
    early = task.state is State.INACTIVE
    for item in task.work_items:
        if counts(principal, item, is_private=is_private) and not (early and item.role not in SEEING_INACTIVE):
            yield item


def _is_draft(task: Task) -> bool:
    return task.state is State.INACTIVE and bool(task.work_items)


def is_candidate(principal: Principal, task: Task, linked: Linked = NOTHING) -> bool:
    """Whether the task is offered to the principal: as an administrator, by a work item, or because it is everybody's.

    Its creator administers it where no user is named. All others who have to do with it, such as its last assignee, may
    work on it too, but it isn't offered to them.
    """
    is_private = linked.is_private
    if principal.is_admin or any(
        item.role in WORKING and counts(principal, item, is_private=is_private) for item in task.work_items
    ):
        return True
    if task.work_items:
        return False
    is_creator = principal.user is not None and principal.user == task.creator
    return is_creator or not is_private


def counts(principal: Principal, item: WorkItem, *, is_private: bool) -> bool:
    """Whether a work item speaks of this principal; one of everybody doesn't where something private is linked."""
    return holds(principal, item.holder) and not (is_private and item.holder == EVERYBODY)


def holds(principal: Principal, holder: str) -> bool:
    """Whether a work item held by `holder` speaks of this principal."""
    kind, _, group = holder.partition(":")
    return holder in (EVERYBODY, principal.user) or (kind == "group" and group in principal.groups)


def may(principal: Principal, permission: Permission, task: Task, linked: Linked = NOTHING) -> bool:
    """Whether the principal may; see `permissions`."""
    return permission in permissions(principal, task, linked)


def forbidden(principal: Principal, permission: Permission) -> Forbidden:
    """What to raise where a permission on a task is missing."""
    return Forbidden("forbidden", f"{principal.login} may not {permission} this task.", permission=str(permission))


def require(principal: Principal, permission: Permission, task: Task, linked: Linked = NOTHING) -> None:
    """Forbidden unless the principal may."""
    if not may(principal, permission, task, linked):
        raise forbidden(principal, permission)


def require_admin(principal: Principal) -> None:
    """Forbidden unless the principal administers the tenant."""
    if not principal.is_admin:
        raise Forbidden("admin_only", f"Only an administrator may do this, and {principal.login} is none.")


def may_see_contact(principal: Principal, contact: Contact) -> bool:
    """A private contact is seen by administrators, its creator, and those it is shared with; others by everybody."""
    return principal.is_admin or not contact.is_private or contact.is_shared_with(principal.user)


def may_edit_contact(principal: Principal, contact: Contact) -> bool:
    """Administrators, the creator, and those it is shared with: that everybody sees it doesn't suffice."""
    return principal.is_admin or contact.is_shared_with(principal.user)


def may_see_case(principal: Principal, case: Case) -> bool:
    """A private case is seen by administrators, its creator and its assignee; others by everybody."""
    return not case.is_private or may_edit_case(principal, case)


def may_edit_case(principal: Principal, case: Case) -> bool:
    """Administrators, its creator and its assignee."""
    return principal.is_admin or case.is_shared_with(principal.user)


def require_to(allowed: bool, principal: Principal, what: str) -> None:
    """Forbidden, naming `what` was wanted, unless it is allowed."""
    if not allowed:
        raise Forbidden("forbidden", f"{principal.login} may not {what}.")
