"""Standing: what a user is in the tenant by his roles and groups, for APIs that show it beside his name."""

from collections.abc import Sequence

import msgspec

from dragoman.domain.people import Group, User, UserKind, UserRole, effective_roles
from dragoman.domain.text import folded
from dragoman.usecases.uow import UnitOfWork


class Standing(msgspec.Struct, frozen=True):
    """A user with his effective roles and his groups by name. The owner is the administrator with the lowest number."""

    user: User
    roles: frozenset[UserRole]
    groups: tuple[str, ...] = ()
    is_owner: bool = False
    zone: str = "UTC"  # of the tenant

    @property
    def is_admin(self) -> bool:
        """Whether he is an administrator, by himself or by a group."""
        return UserRole.ADMINISTRATOR in self.roles


def of(uow: UnitOfWork, users: Sequence[User]) -> list[Standing]:
    """Of these users, in their order. The command must be exclusive."""
    groups = {group.uid: group for group in uow.groups.all()}
    owner = min((user.number for user in uow.users.all() if _administers(user, groups)), default=None)
    return [_standing(user, groups, owner, uow.home.zone) for user in users]


def _standing(user: User, groups: dict[str, Group], owner: int | None, zone: str) -> Standing:
    mine = [groups[uid] for uid in user.groups if uid in groups]
    names = sorted((group.name for group in mine), key=lambda name: (folded(name), name))
    return Standing(
        user, frozenset(map(UserRole, effective_roles(user, mine))), tuple(names), user.number == owner, zone
    )


def _administers(user: User, groups: dict[str, Group]) -> bool:
    if user.kind is not UserKind.PERSON or user.disabled_at is not None or user.deleted_at is not None:
        return False
    mine = (groups[uid] for uid in user.groups if uid in groups)
    return UserRole.ADMINISTRATOR in effective_roles(user, mine)
