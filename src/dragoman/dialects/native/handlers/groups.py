"""Groups: who belongs together, and which roles that gives."""

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.groups import (
    Group,
    GroupList,
    GroupPatch,
    GroupQuery,
    GroupRemoval,
    MemberList,
    NewGroup,
)
from dragoman.usecases.admin import people
from dragoman.usecases.identity import groups

READ_ONLY = frozenset(Group.__struct_fields__)
PLAIN_LISTS = ("roles", "external_names")


def parse_create(request: Request, query: queries.Trial) -> groups.Add:
    """A group to be made."""
    return reading.body(request, NewGroup, addition, read_only=READ_ONLY)


def parse_get(request: Request, query: queries.Nothing) -> groups.Get:
    """One group, by id or name."""
    return groups.Get(request.path["group"])


def parse_list(request: Request, query: GroupQuery) -> groups.List:
    """A page of them by name."""
    position = cursors.read(request, query.cursor, (str, str))
    after = None if position is None else (str(position[0]), str(position[1]))
    return groups.List(query.limit, "" if query.q is UNSET else query.q, after)


def render_list(page: groups.Page, request: Request) -> Reply:
    items = [wire.group(view) for view in page.items]
    return replies.plain(GroupList(items, UNSET if page.after is None else cursors.link(request, page.after)))


def parse_patch(request: Request, query: queries.Trial) -> groups.Change:
    """A merge patch: what is named changes."""

    def build(patch: GroupPatch) -> groups.Change:
        return groups.Change(request.path["group"], changed_fields(patch), reading.if_match(request))

    return reading.body(request, GroupPatch, build, media=reading.MERGE_PATCH, read_only=READ_ONLY)


def changed_fields(patch: GroupPatch) -> dict[str, object]:
    """The fields that a patch names, as the core has them."""
    named = {name: getattr(patch, name) for name in GroupPatch.__struct_fields__}
    return {name: _plain(name, value) for name, value in named.items() if value is not UNSET}


def parse_delete(request: Request, query: GroupRemoval) -> groups.Remove:
    """A group to be deleted."""
    return groups.Remove(request.path["group"], query.force, reading.if_match(request))


def parse_members(request: Request, query: queries.Pages) -> groups.ListMembers:
    """A page of its members by login."""
    position = cursors.read(request, query.cursor, (str,))
    return groups.ListMembers(request.path["group"], query.limit, "" if position is None else str(position[0]))


def render_members(page: groups.MemberPage, request: Request) -> Reply:
    items = [wire.member(member) for member in page.items]
    following = UNSET if page.after is None else cursors.link(request, (page.after,))
    return replies.plain(MemberList(items, following))


def parse_history(request: Request, query: queries.Pages) -> people.GroupHistory:
    """A page of the history of a group."""
    after = cursors.read_number(request, query.cursor)
    return people.GroupHistory(request.path["group"], query.limit, after)


def parse_join(request: Request, query: queries.Trial) -> groups.Join:
    """A user who becomes a member."""
    return groups.Join(request.path["group"], request.path["person"])


def render_joined(joined: groups.Joined, request: Request) -> Reply:
    """201 with a new member, 200 with one who was there."""
    body = json.encode(wire.member(joined.member))
    if joined.is_new:
        return Reply(201, body, replies.JSON, [("Location", request.full_path)])
    return Reply(200, body, replies.JSON)


def parse_leave(request: Request, query: queries.Trial) -> groups.Leave:
    """A user who is no member any more."""
    return groups.Leave(request.path["group"], request.path["person"])


def addition(new: NewGroup) -> groups.Add:
    """The command that makes the group."""
    fields = {name: _plain(name, getattr(new, name)) for name in ("description", *PLAIN_LISTS)}
    return groups.Add(new.name, fields)


def _plain(name: str, value: object) -> object:
    """Lists as the core has them, each word once."""
    return tuple(dict.fromkeys(str(word) for word in value)) if isinstance(value, list) else value
