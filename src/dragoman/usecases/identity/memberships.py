"""Memberships: the rows of `group_member`, and the copy of them in `User.groups`, which are always written together."""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import MANUAL, Group, GroupMember, User
from dragoman.usecases.uow import UnitOfWork

MOST_GROUPS = 200
"""Groups of a user."""
MOST_MEMBERS = 10_000
"""Members of a group."""


def set_groups(uow: UnitOfWork, user: User, groups: Iterable[Group], source: str = MANUAL) -> User:
    """Make these the user's groups, and give the saved user. For exclusive commands, with the user locked.

    A person's choice (`MANUAL`) ends all other memberships, whoever made them; a provider's ends that provider's own.
    Conflict beyond the limits of a user and of a group. The same groups again change nothing. The caller checks
    `last_administrator`.
    """
    wanted = {group.uid: group for group in groups}
    present = uow.members.of_user(user.uid)
    for member in present:
        if member.group not in wanted and source in (MANUAL, member.source):
            uow.members.remove(member)
    known = {member.group for member in present if source in (MANUAL, member.source)}
    for uid, group in wanted.items():
        if uid not in known:
            _add(uow, user, group, source)
    kept = {member.group for member in present if source not in (MANUAL, member.source)}
    return _copied(uow, user, {*wanted, *kept})


def join(uow: UnitOfWork, user: User, group: Group) -> bool:
    """Make a locked user a member by hand; whether he wasn't one. Again changes nothing. Limits as in `set_groups`."""
    present = uow.members.of_user(user.uid)
    sources = {member.source for member in present if member.group == group.uid}
    if MANUAL not in sources:
        _add(uow, user, group, MANUAL)
        _copied(uow, user, {*(member.group for member in present), group.uid})
    return not sources


def leave(uow: UnitOfWork, user: User, group: Group) -> User:
    """End a locked user's membership, whoever made it. The caller checks `last_administrator`."""
    present = uow.members.of_user(user.uid)
    for member in present:
        if member.group == group.uid:
            uow.members.remove(member)
    return _copied(uow, user, {member.group for member in present} - {group.uid})


def _add(uow: UnitOfWork, user: User, group: Group, source: str) -> None:
    if uow.groups.find(group.uid, Lock.SHARED) is None:
        raise NotFound("group_not_found", f"There is no group {group.name} any more.")
    if uow.members.counts([group.uid], but=user.uid).get(group.uid, 0) >= MOST_MEMBERS:
        raise Conflict("too_many_members", f"The group {group.name} has {MOST_MEMBERS:,} members, which is the limit.")
    uow.members.add(GroupMember(uow.tenant, group.uid, user.uid, source, uow.now))


def _copied(uow: UnitOfWork, user: User, groups: Collection[str]) -> User:
    """The user with the copy of the memberships: in the order of before, new ones behind."""
    before = [uid for uid in user.groups if uid in groups]
    after = (*before, *sorted(set(groups).difference(before)))
    if len(after) > MOST_GROUPS:
        raise Conflict("too_many_groups", f"A user can be in {MOST_GROUPS} groups.")
    return user if after == user.groups else uow.users.save(replace(user, groups=after, modified_at=uow.now))
