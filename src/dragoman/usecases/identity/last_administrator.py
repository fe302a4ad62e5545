"""The last administrator: a tenant always keeps an enabled person who can administer it.

Every use case that can take rights away does so within `kept`: changes of a user, of a group's roles, of memberships,
and their ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dragoman.command import Lock
from dragoman.domain.access import grants_any
from dragoman.domain.errors import Conflict
from dragoman.domain.people import UserRole
from dragoman.usecases.uow import UnitOfWork

MANAGING = frozenset({"user.manage"})
"""The scope without which an administrator couldn't give the rights back."""
FACES = frozenset({"native", "web"})
"""The dialects in which users are administered."""


@contextmanager
def kept(uow: UnitOfWork) -> Iterator[None]:
    """The changes of the block must leave the tenant an administrator, if it had one before: else Conflict.

    For exclusive commands. At its end, until the commit, no other transaction decides the same: of two that would take
    the last two administrators' rights at once, the second sees what the first did.
    """
    had = has_administrator(uow)
    yield
    uow.tenants.find((), Lock.CHANGE)  # at the end: rows of users and groups come before it in the lock order
    if had and not has_administrator(uow):
        raise Conflict(
            "last_administrator",
            "This would leave the tenant without an enabled administrator. Make another person an administrator first.",
        )


def has_administrator(uow: UnitOfWork) -> bool:
    """Whether an enabled person of the tenant has the role, by itself or by a group, and can use it."""
    return any(
        (scopes is None or grants_any(frozenset(scopes), MANAGING))
        and (dialects is None or not FACES.isdisjoint(dialects))
        for scopes, dialects in uow.users.bounds_of_administrators(UserRole.ADMINISTRATOR)
    )
