"""Groups that a provider or proxy names: a user's memberships with its name as their source follow what it says."""

from collections.abc import Iterable

from dragoman.command import Lock
from dragoman.domain.people import Group, User, UserRole
from dragoman.domain.provider import Visitor
from dragoman.domain.text import composed, folded
from dragoman.usecases.identity import memberships
from dragoman.usecases.identity.last_administrator import has_administrator
from dragoman.usecases.uow import UnitOfWork

MOST_GROUPS_OF_TENANT = 1_000
LONGEST_NAME = 100
NOT_IN_NAMES = frozenset(":*,")


def follow(uow: UnitOfWork, user: User, visitor: Visitor, *, create: bool) -> tuple[User, tuple[str, ...]]:
    """The user in the groups that the visitor has, and remarks for the log. `create`: make those that are missing.

    Earlier memberships of the same source end, those of other sources stay. Where nothing is said about groups, nothing
    changes. For exclusive commands, with the user locked.
    """
    if visitor.groups is None:
        return user, ()
    meant, remarks = _meant(uow, visitor.groups, create=create)
    wanted = _within_limits(uow, user, meant, visitor.source)
    if len(wanted) < len(meant):
        remarks.append("groups_full")
    ending = _administering(uow, user, wanted, visitor.source)
    if ending:
        uow.tenants.find((), Lock.CHANGE)  # so that two who leave at once are decided one after the other
    after = memberships.set_groups(uow, user, wanted, visitor.source)
    if ending and not has_administrator(uow):
        # He comes in, and keeps what makes him an administrator: kept out, he could not repair it.
        after = memberships.set_groups(uow, after, [*wanted, *ending], visitor.source)
        remarks.append("last_administrator")
    return after, tuple(remarks)


def _meant(uow: UnitOfWork, values: tuple[str, ...], *, create: bool) -> tuple[list[Group], list[str]]:
    groups = uow.groups.all()
    meant = [group for group in groups if _is_meant(group, values)]
    if not create:
        return meant, []
    missing = [value for value in values if not any(_is_meant(group, (value,)) for group in groups)]
    names: dict[str, str] = {}
    for name in map(composed, missing):
        names.setdefault(folded(name), name)
    room = max(0, MOST_GROUPS_OF_TENANT - len(groups))
    made = [_made(uow, name) for name in list(filter(_is_name, names.values()))[:room]]
    return meant + made, ["groups_not_made"] * (len(made) < len(names))


def _is_meant(group: Group, values: Iterable[str]) -> bool:
    return any(value in group.external_names or folded(value) == folded(group.name) for value in values)


def _is_name(name: str) -> bool:
    return (
        0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip() and not NOT_IN_NAMES & set(name)
    )


def _made(uow: UnitOfWork, name: str) -> Group:
    number = uow.numbers.draw("group")
    return uow.groups.add(Group(uow.tenant, uow.new_id(), name, number=number, created_at=uow.now, modified_at=uow.now))


def _within_limits(uow: UnitOfWork, user: User, groups: list[Group], source: str) -> list[Group]:
    """Those that the user is in already, or that have room for him, up to as many as a user can have."""
    present = uow.members.of_user(user.uid)
    mine = {member.group for member in present}
    others = {member.group for member in present if member.source != source}
    found: list[Group] = []
    for group in groups:
        is_new = group.uid not in mine
        if is_new and len({member.user for member in uow.members.of_group(group.uid)}) >= memberships.MOST_MEMBERS:
            continue
        if len(others | {each.uid for each in found} | {group.uid}) <= memberships.MOST_GROUPS:
            found.append(group)
    return found


def _administering(uow: UnitOfWork, user: User, wanted: list[Group], source: str) -> list[Group]:
    """The administrators' groups of this source that the user would leave."""
    leaving = {member.group for member in uow.members.of_user(user.uid) if member.source == source}
    leaving -= {group.uid for group in wanted}
    groups = [uow.groups.get(uid) for uid in sorted(leaving)]
    return [group for group in groups if UserRole.ADMINISTRATOR in group.roles]
