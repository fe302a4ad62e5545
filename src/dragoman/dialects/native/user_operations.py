"""The operations on users, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import histories, users
from dragoman.dialects.native.wire import histories as history_bodies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import users as user_bodies
from dragoman.dialects.native.wire.tasks import Nothing
from dragoman.usecases.admin import leaving, people
from dragoman.usecases.identity import adding, changing, profiles, user_lists

ANY_SCOPE = any_of(
    *(
        f"{noun}.{what}"
        for noun in ("task", "schema", "contact", "case", "category", "user")
        for what in ("read", "write")
    )
)
"""Any scope suffices to read one's own profile."""

_get = partial(operation, method="GET")
_change = partial(
    operation,
    writes=True,
    query=queries.Trial,
    scopes=any_of("user.manage"),
    render=users.render,
    answer=user_bodies.User,
    is_conditional=True,
)
_patch = partial(_change, method="PATCH", body_media=reading.MERGE_PATCH)
_verb = partial(_change, method="POST", body_may_be_empty=True)

USERS = (
    _get(
        name="list_users",
        path="/users",
        summary="The users of the tenant, by login.",
        scopes=any_of("user.read"),
        parse=users.parse_list,
        run=user_lists.list_page,
        render=users.render_list,
        query=user_bodies.UserQuery,
        answer=user_bodies.UserList,
    ),
    operation(
        name="create_user",
        method="POST",
        path="/users",
        summary="Create a person or a service account. For administrators.",
        scopes=any_of("user.manage"),
        parse=users.parse_create,
        run=people.documented(adding.add_user),
        render=replies.made,
        writes=True,
        query=queries.Trial,
        status=201,
        body=user_bodies.NewUser,
        secret_members=("password",),
        answer=user_bodies.User,
    ),
    _get(
        name="read_own_profile",
        path="/users/me",
        summary="The caller's own profile.",
        scopes=ANY_SCOPE,
        parse=users.parse_own,
        run=profiles.read,
        render=users.render,
        answer=user_bodies.User,
    ),
    _patch(
        name="patch_own_profile",
        path="/users/me",
        summary="Change the named members of one's own profile.",
        scopes=any_of("user.write"),
        parse=users.parse_patch_own,
        run=people.documented(changing.change_own),
        body=user_bodies.ProfilePatch,
    ),
    _get(
        name="read_user",
        path="/users/{person}",
        summary="One user, by id or login; also a deleted one by id.",
        scopes=any_of("user.read"),
        parse=users.parse_get,
        run=profiles.read,
        render=users.render,
        answer=user_bodies.User,
    ),
    _patch(
        name="patch_user",
        path="/users/{person}",
        summary="Change the named members of a user. For administrators.",
        parse=users.parse_patch,
        run=people.documented(changing.change_user),
        body=user_bodies.UserPatch,
    ),
    operation(
        name="delete_user",
        method="DELETE",
        path="/users/{person}",
        summary="Delete a user, whose name stays in history and on old tasks. For administrators.",
        scopes=any_of("user.manage"),
        parse=users.parse_delete,
        run=leaving.delete_user,
        render=users.render_deleted,
        writes=True,
        query=user_bodies.Removal,
        status=204,
        is_conditional=True,
        may_be_later=True,
        later_answer=user_bodies.JobQueued,
    ),
    _verb(
        name="disable_user",
        path="/users/{person}/disable",
        summary="Shut a user out; his work stays his, or goes to another. For administrators.",
        parse=users.parse_disable,
        run=people.documented(leaving.disable_user),
        body=user_bodies.HandOver,
    ),
    _verb(
        name="enable_user",
        path="/users/{person}/enable",
        summary="Let a disabled user in again. For administrators.",
        parse=users.parse_enable,
        run=people.documented(leaving.enable_user),
        body=Nothing,
    ),
    operation(
        name="revoke_user_tokens",
        method="POST",
        path="/users/{person}/revoke-tokens",
        summary="Revoke a user's tokens, of one kind or all; others' for administrators.",
        scopes=any_of("token.write"),
        parse=users.parse_revoke_tokens,
        run=people.revoke_tokens,
        render=users.render_revoked,
        writes=True,
        query=queries.Trial,
        body=user_bodies.TokenEnd,
        body_may_be_empty=True,
        answer=user_bodies.Revoked,
    ),
    _get(
        name="read_user_history",
        path="/users/{person}/history",
        summary="Every change of a user, oldest first; others' for administrators.",
        scopes=any_of("user.read", "audit.read"),
        parse=users.parse_history,
        run=people.user_history,
        render=histories.render,
        query=queries.Pages,
        answer=history_bodies.EntryList,
    ),
)
