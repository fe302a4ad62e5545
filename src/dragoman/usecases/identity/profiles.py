"""Users as they see themselves and each other: with groups and effective roles, and more for those who may see it."""

from collections.abc import Iterable, Mapping

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Forbidden
from dragoman.domain.people import Group, ProviderIdentity, User, effective_roles
from dragoman.usecases.identity import references
from dragoman.usecases.uow import UnitOfWork


class Profile(msgspec.Struct, frozen=True):
    """A user with what belongs to him. `is_whole`: the reader is an administrator or the user himself.

    `locked_until`: the latest end of a lock of this process, None where no address waits.
    """

    user: User
    groups: tuple[Group, ...]
    roles: tuple[str, ...]  # the effective ones
    is_whole: bool
    identities: tuple[ProviderIdentity, ...] = ()
    locked_until: Moment | None = None

    @property
    def uid(self) -> str:
        return self.user.uid

    @property
    def revision(self) -> int:
        return self.user.revision


def profile(uow: UnitOfWork, user: User) -> Profile:
    """The user for the principal. For exclusive commands and readers."""
    groups = {uid: group for uid in user.groups if (group := uow.groups.find(uid)) is not None}
    is_whole = sees_whole(uow.principal, user)
    identities = {user.uid: uow.identities.of_user(user.uid)} if is_whole else {}
    return _profile(user, groups, identities, is_whole=is_whole)


def profiles(uow: UnitOfWork, users: Iterable[User]) -> list[Profile]:
    """The same of many, with one statement for all groups and one for all identities."""
    listed = list(users)
    groups = {group.uid: group for group in uow.groups.all()}
    whole = {user.uid for user in listed if sees_whole(uow.principal, user)}
    identities = uow.identities.of_users(whole)
    return [_profile(user, groups, identities, is_whole=user.uid in whole) for user in listed]


def _profile(
    user: User, groups: Mapping[str, Group], identities: Mapping[str, list[ProviderIdentity]], *, is_whole: bool
) -> Profile:
    mine = tuple(groups[uid] for uid in user.groups if uid in groups)
    roles = tuple(sorted(effective_roles(user, mine)))
    return Profile(user, mine, roles, is_whole, tuple(identities.get(user.uid, ())))


def sees_whole(principal: Principal, user: User) -> bool:
    """Whether the principal sees all members of the user's document."""
    return principal.is_admin or principal.user == user.uid


class Own(msgspec.Struct, frozen=True):
    def keys(self) -> Keys:
        return Keys()


def own(uow: UnitOfWork, command: Own) -> User:
    """Forbidden for the system principal, which has no profile."""
    user = None if uow.principal.user is None else uow.users.find(uow.principal.user)
    if user is None:
        raise Forbidden("no_profile", f"{uow.principal.login} is not a user.")
    return user


class Read(msgspec.Struct, frozen=True):
    """Read the profile of a person: by id, login, or `me`."""

    person: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def read(uow: UnitOfWork, command: Read) -> Profile:
    """The profile, also of a deleted user by id. NotFound for no user; Forbidden for `me` of no user."""
    if command.person == references.ME:
        own(uow, Own())
    return profile(uow, references.person(uow, command.person))
