"""Who decided batches lately and has no role that gives the right: those who need the role, or a policy, or a token."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import later
from dragoman.domain.people import UserRole, effective_roles
from dragoman.usecases.uow import UnitOfWork

DAY_SECONDS = 86_400
RIGHT = frozenset({UserRole.ADMINISTRATOR, UserRole.REVIEWER})


class WithoutRole(msgspec.Struct, frozen=True):
    """Look at the decisions of so many days."""

    days: int = 90

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def without_role(uow: UnitOfWork, command: WithoutRole) -> list[str]:
    """The logins, sorted, of enabled users who are neither reviewers nor administrators."""
    since = later(uow.now, seconds=-command.days * DAY_SECONDS)
    known = (uow.users.find(uid) for uid in sorted(uow.batches.deciders(since)))
    found = []
    for user in known:
        if user is None or user.disabled_at is not None or user.deleted_at is not None:
            continue
        groups = [group for uid in user.groups if (group := uow.groups.find(uid)) is not None]
        if RIGHT.isdisjoint(effective_roles(user, groups)):
            found.append(user.login)
    return sorted(found)
