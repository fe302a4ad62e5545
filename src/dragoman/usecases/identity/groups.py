"""Groups: flat sets of users with roles. Holders of work items carry a group's id, so that a new name changes nothing
else."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain import group_names
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import Group, Membership
from dragoman.domain.text import folded
from dragoman.usecases import preconditions
from dragoman.usecases.identity import group_uses, last_administrator, lookup, memberships, references
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.uow import UnitOfWork

MOST = 1_000
"""Groups of a tenant."""
MOST_EXTERNAL_NAMES = 20
MOST_OFFERED = 200

Place = tuple[str, str]
"""Where a page of a list ended: what it is sorted by, and an id."""


class GroupView(msgspec.Struct, frozen=True):
    """A group with the number of its members."""

    group: Group
    member_count: int

    @property
    def uid(self) -> str:
        return self.group.uid

    @property
    def number(self) -> int:
        return self.group.number

    @property
    def revision(self) -> int:
        return self.group.revision


class Get(msgspec.Struct, frozen=True):
    """One group, by id or name."""

    group: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # a name is found by a condition


def get(uow: UnitOfWork, command: Get) -> GroupView:
    """NotFound for an unknown group."""
    return _view(uow, found(uow, command.group))


class List(msgspec.Struct, frozen=True):
    """A page of the groups by name, of those of whose name a word begins with `words`."""

    limit: int
    words: str = ""
    after: Place | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """Groups, and where the next page begins."""

    items: list[GroupView]
    after: Place | None


def list_page(uow: UnitOfWork, command: List) -> Page:
    """At most `limit` groups. Letters of either case are the same."""
    every = sorted(uow.groups.all(), key=_place)
    wanted = [
        group
        for group in every
        if group_names.begins(group.name, command.words) and (command.after is None or _place(group) > command.after)
    ]
    page = wanted[: command.limit]
    counts = uow.members.counts([group.uid for group in page])
    items = [GroupView(group, counts.get(group.uid, 0)) for group in page]
    return Page(items, _place(page[-1]) if len(wanted) > len(page) else None)


def _place(group: Group) -> Place:
    return folded(group.name), group.uid


class Add(msgspec.Struct, frozen=True):
    """Add a group."""

    name: str
    fields: Mapping[str, Any] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def add(uow: UnitOfWork, command: Add) -> GroupView:
    """Conflict when a group has the name, in letters of either case, or when there are too many groups."""
    require_admin(uow.principal)
    name = group_names.check(command.name)
    number = uow.numbers.draw("group")  # until the commit no other group is added or renamed
    known = uow.groups.names()
    _must_be_free(name, known)
    if len(known) >= MOST:
        raise Conflict("too_many_groups", f"A tenant has {MOST:,} groups at most.")
    group = Group(uow.tenant, uow.new_id(), name, uow.now, number=number, modified_at=uow.now, **command.fields)
    return GroupView(uow.groups.add(group), 0)


class Change(msgspec.Struct, frozen=True):
    """Change the given fields of a group."""

    group: str
    fields: Mapping[str, Any]
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def change(uow: UnitOfWork, command: Change) -> GroupView:
    """The changed group. Conflict for a name that another group has, and where it would leave no administrator."""
    require_admin(uow.principal)
    fields = dict(command.fields)
    if "name" in fields:
        fields["name"] = group_names.check(fields["name"])
        uow.numbers.last("group")  # locks: see `add`
    with last_administrator.kept(uow):
        group = held(uow, command.group)
        preconditions.check(uow, "group", _view(uow, group), command.revisions, frozenset(fields))
        after = replace(group, **fields)
        if after == group:
            return _view(uow, group)
        if after.name != group.name:
            _must_be_free(after.name, {uid: name for uid, name in uow.groups.names().items() if uid != group.uid})
        return _view(uow, uow.groups.save(after))


class Remove(msgspec.Struct, frozen=True):
    """Delete a group. With `force` it is taken out of work items first."""

    group: str
    force: bool = False
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def remove(uow: UnitOfWork, command: Remove) -> None:
    """Its memberships go, too.

    Conflict `group_in_use` while a work item, template or policy names it, and where it would leave no administrator.
    `force` doesn't help against templates and policies.
    """
    require_admin(uow.principal)
    with last_administrator.kept(uow):
        group = held(uow, command.group)
        preconditions.check(uow, "group", _view(uow, group), command.revisions)
        group_uses.end(uow, group, force=command.force)
        for uid in dict.fromkeys(member.user for member in uow.members.of_group(group.uid)):
            user = uow.users.find(uid, Lock.CHANGE)
            if user is not None:
                memberships.leave(uow, user, group)
        uow.groups.remove(held(uow, group.uid))


class ListMembers(msgspec.Struct, frozen=True):
    """A page of the members of a group, by login."""

    group: str
    limit: int
    after: str = ""  # a login

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class MemberPage(msgspec.Struct, frozen=True):
    """Members, and the login behind which the next page begins."""

    items: list[Membership]
    after: str | None


def list_members(uow: UnitOfWork, command: ListMembers) -> MemberPage:
    """NotFound for an unknown group."""
    group = found(uow, command.group)
    rows = uow.members.page(group.uid, after=command.after, limit=command.limit + 1)
    page = rows[: command.limit]
    return MemberPage(page, page[-1].login if len(rows) > len(page) else None)


class Look(msgspec.Struct, frozen=True):
    """A group with a page of its members, and the users who are offered as members."""

    group: str
    limit: int
    after: str = ""  # a login

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class WithMembers(msgspec.Struct, frozen=True):
    """A group, a page of its members, and login and name of users who may become some."""

    view: GroupView
    members: MemberPage
    people: list[tuple[str, str]]


def look(uow: UnitOfWork, command: Look) -> WithMembers:
    """NotFound for an unknown group."""
    view = get(uow, Get(command.group))
    members = list_members(uow, ListMembers(view.uid, command.limit, command.after))
    return WithMembers(view, members, lookup.offered(uow, lookup.Offered(MOST_OFFERED)))


class Join(msgspec.Struct, frozen=True):
    """Make a user a member by hand. `person` is an id, a login, or `me`."""

    group: str
    person: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Joined(msgspec.Struct, frozen=True):
    """A member, and whether the user wasn't one before."""

    member: Membership
    is_new: bool


def join(uow: UnitOfWork, command: Join) -> Joined:
    """Conflict beyond the limits of a user and of a group. NotFound for an unknown user or group."""
    require_admin(uow.principal)
    group, user = found(uow, command.group), references.held(uow, command.person)
    is_new = memberships.join(uow, user, group)
    return Joined(Membership(user.uid, user.login, user.display_name), is_new)


class Leave(msgspec.Struct, frozen=True):
    """End a user's membership, whoever made it."""

    group: str
    person: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def leave(uow: UnitOfWork, command: Leave) -> None:
    """Nothing for a user who is no member. Conflict where it would leave no administrator."""
    require_admin(uow.principal)
    with last_administrator.kept(uow):
        memberships.leave(uow, references.held(uow, command.person), found(uow, command.group))


def found(uow: UnitOfWork, name: str) -> Group:
    """The group of this id or name, in letters of either case. NotFound for an unknown one."""
    group = lookup.group_by_id_or_name(uow, name)
    if group is None:
        raise unknown(name)
    return group


def held(uow: UnitOfWork, name: str) -> Group:
    """The group, locked for change."""
    uid = found(uow, name).uid
    group = uow.groups.find(uid, Lock.CHANGE)
    if group is None:
        raise unknown(name)
    return group


def unknown(name: str) -> NotFound:
    """The error for a group that doesn't exist."""
    return NotFound("group_not_found", f"There is no group {name}.")


def _must_be_free(name: str, known: Mapping[str, str]) -> None:
    if any(group_names.same(name, other) for other in known.values()):
        raise Conflict("group_taken", f"There is a group {name} already.")


def _view(uow: UnitOfWork, group: Group) -> GroupView:
    return GroupView(group, uow.members.counts([group.uid]).get(group.uid, 0))
