"""Who may do what. The only place that decides rights; a dialect may narrow what stands here, never widen it.

"Everybody may" holds only where a task names nobody as reader, editor, potential owner or administrator and no
private contact is linked; an assignee or a creator alone hides nothing (DESIGN 3, rule 4).
"""

from enum import StrEnum

import msgspec

from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.errors import Forbidden
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role


class Permission(StrEnum):
    """What a principal may want of a task."""

    SEE = "see"
    WORK = "work"  # claim what waits
    EDIT = "edit"  # change fields, close, reopen, delete
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
    Role.POTENTIAL_STARTER: frozenset({Permission.SEE, Permission.EDIT}),
    Role.POTENTIAL_CREATOR: frozenset(),
}
SEEING = frozenset(role for role, granted in GRANTS.items() if Permission.SEE in granted)
WORKING = frozenset(role for role, granted in GRANTS.items() if Permission.WORK in granted)
SEEING_INACTIVE = frozenset({Role.ADMINISTRATOR, Role.POTENTIAL_STARTER})
"""Whose work items count before a task is started: nobody else is told of it yet (ibm-htm.md 15)."""
ALL = frozenset(Permission)
OF_EVERYBODY = frozenset({Permission.SEE, Permission.WORK})
OF_INVOLVED = frozenset({Permission.SEE, Permission.WORK, Permission.EDIT})
OF_CONTACT_SHARERS = frozenset({Permission.SEE})


def permissions(principal: Principal, task: Task, contact: Contact | None) -> frozenset[Permission]:
    """All that `principal` may do with `task`. `contact` is the one the task links, if it exists."""
    if principal.is_admin:
        return ALL
    user = principal.user
    granted: frozenset[Permission] = frozenset()
    is_draft = task.state is State.INACTIVE and bool(task.work_items)
    if user is not None and user in (task.assignee, task.creator, task.starter):
        granted |= ALL if is_draft and user == task.creator else OF_INVOLVED
    for item in task.work_items:
        if holds(principal, item.holder) and not (is_draft and item.role not in SEEING_INACTIVE):
            granted |= GRANTS[item.role]
    private = contact is not None and contact.is_private
    if private and contact is not None and contact.is_shared_with(user):
        granted |= OF_CONTACT_SHARERS
    if not task.work_items and not private:
        granted |= OF_EVERYBODY
    return granted


def is_candidate(principal: Principal, task: Task, contact: Contact | None) -> bool:
    """Whether the task is offered to the principal: as an administrator, by a work item, or because it is everybody's.

    Its creator administers it where nobody is named. All others who have to do with it, such as its last assignee, may
    work on it too, but nobody offered it to them.
    """
    if principal.is_admin or any(item.role in WORKING and holds(principal, item.holder) for item in task.work_items):
        return True
    if task.work_items:
        return False
    is_creator = principal.user is not None and principal.user == task.creator
    return is_creator or not (contact is not None and contact.is_private)


def holds(principal: Principal, holder: str) -> bool:
    """Whether a work item held by `holder` speaks of this principal."""
    kind, _, group = holder.partition(":")
    return holder in ("*", principal.user) or (kind == "group" and group in principal.groups)


def may(principal: Principal, permission: Permission, task: Task, contact: Contact | None = None) -> bool:
    """Whether the principal may; see `permissions`."""
    return permission in permissions(principal, task, contact)


def require(principal: Principal, permission: Permission, task: Task, contact: Contact | None = None) -> None:
    """Forbidden unless the principal may."""
    if not may(principal, permission, task, contact):
        raise Forbidden("forbidden", f"{principal.login} may not {permission} this task.", permission=str(permission))


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
    return principal.is_admin or (principal.user is not None and principal.user in (case.creator, case.assignee))


def require_to(allowed: bool, principal: Principal, what: str) -> None:
    """Forbidden, naming `what` was wanted, unless it is allowed."""
    if not allowed:
        raise Forbidden("forbidden", f"{principal.login} may not {what}.")
