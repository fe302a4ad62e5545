"""The operations on groups and their members, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import groups, histories
from dragoman.dialects.native.wire import groups as bodies
from dragoman.dialects.native.wire import histories as history_bodies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.usecases.admin import people
from dragoman.usecases.identity import groups as uses

_get = partial(operation, method="GET", scopes=any_of("group.read"))
_change = partial(operation, writes=True, scopes=any_of("group.manage"), query=queries.Trial)

GROUPS = (
    _get(
        name="list_groups",
        path="/groups",
        summary="The groups by name, page by page.",
        parse=groups.parse_list,
        run=uses.list_page,
        render=groups.render_list,
        query=bodies.GroupQuery,
        answer=bodies.GroupList,
    ),
    _change(
        name="create_group",
        method="POST",
        path="/groups",
        summary="Create a group. For administrators.",
        parse=groups.parse_create,
        run=uses.add,
        render=replies.made,
        body=bodies.NewGroup,
        answer=bodies.Group,
        status=201,
    ),
    _get(
        name="read_group",
        path="/groups/{group}",
        summary="One group, by id or name.",
        parse=groups.parse_get,
        run=uses.get,
        render=replies.one,
        answer=bodies.Group,
    ),
    _change(
        name="patch_group",
        method="PATCH",
        path="/groups/{group}",
        summary="Change fields of a group by a merge patch. For administrators.",
        parse=groups.parse_patch,
        run=uses.change,
        render=replies.one,
        body=bodies.GroupPatch,
        body_media=reading.MERGE_PATCH,
        answer=bodies.Group,
        is_conditional=True,
    ),
    _change(
        name="delete_group",
        method="DELETE",
        path="/groups/{group}",
        summary="Delete a group that nothing names; `force` takes it out of work items first. For administrators.",
        parse=groups.parse_delete,
        run=uses.remove,
        render=replies.gone,
        query=bodies.GroupRemoval,
        status=204,
        is_conditional=True,
    ),
    _get(
        name="list_group_members",
        path="/groups/{group}/members",
        summary="The members of a group by login, page by page.",
        parse=groups.parse_members,
        run=uses.list_members,
        render=groups.render_members,
        query=queries.Pages,
        answer=bodies.MemberList,
    ),
    _change(
        name="put_group_member",
        method="PUT",
        path="/groups/{group}/members/{person}",
        summary="Make a user a member: 201, or 200 for one who is. For administrators.",
        parse=groups.parse_join,
        run=uses.join,
        render=groups.render_joined,
        answer=bodies.Member,
        status=201,
    ),
    _change(
        name="delete_group_member",
        method="DELETE",
        path="/groups/{group}/members/{person}",
        summary="End a user's membership. For administrators.",
        parse=groups.parse_leave,
        run=uses.leave,
        render=replies.gone,
        status=204,
    ),
    operation(
        name="read_group_history",
        method="GET",
        path="/groups/{group}/history",
        summary="Every change of a group, oldest first; also when it was deleted. For administrators and supervisors.",
        scopes=any_of("audit.read"),
        parse=groups.parse_history,
        run=people.group_history,
        render=histories.render,
        query=queries.Pages,
        answer=history_bodies.EntryList,
    ),
)
