"""The operations on names that other systems have for users, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import aliases
from dragoman.dialects.native.wire import aliases as wire
from dragoman.dialects.native.wire import queries
from dragoman.usecases.identity import aliases as alias_uses
from dragoman.usecases.tasks import unclaimed_names

_get = partial(operation, method="GET", scopes=any_of("user.read"))
_write = partial(operation, writes=True, scopes=any_of("user.manage"))
_delete = partial(_write, method="DELETE", query=queries.Trial, status=204, render=replies.gone)
ALIAS = "/users/{person}/aliases/{dialect}/{name}"
UNCLAIMED = "/unclaimed-names/{dialect}/{name}"

ALIASES = (
    _get(
        name="list_user_aliases",
        path="/users/{person}/aliases",
        summary="The names that other systems have for a user.",
        parse=aliases.parse_of_user,
        run=alias_uses.list_page,
        render=aliases.render_list,
        query=queries.Pages,
        answer=wire.AliasList,
    ),
    _write(
        name="put_user_alias",
        method="PUT",
        path=ALIAS,
        summary="Give a user a name of another system. For administrators.",
        parse=aliases.parse_put,
        run=alias_uses.put,
        render=aliases.render_put,
        query=queries.AliasPut,
        status=201,
        answer=wire.Alias,
    ),
    _delete(
        name="delete_user_alias",
        path=ALIAS,
        summary="Take a name of another system from a user. For administrators.",
        parse=aliases.parse_delete,
        run=alias_uses.remove,
    ),
    _get(
        name="list_aliases",
        path="/aliases",
        summary="The names that other systems have for all users. For administrators.",
        parse=aliases.parse_list,
        run=alias_uses.list_page,
        render=aliases.render_list,
        query=queries.DialectQuery,
        answer=wire.AliasList,
    ),
    _get(
        name="list_unclaimed_names",
        path="/unclaimed-names",
        summary="The names that clients sent for a person and that match no user. For administrators.",
        parse=aliases.parse_unclaimed,
        run=unclaimed_names.list_page,
        render=aliases.render_unclaimed,
        query=queries.DialectQuery,
        answer=wire.UnclaimedNameList,
    ),
    _delete(
        name="delete_unclaimed_name",
        path=UNCLAIMED,
        summary="Take a name off that list until it is sent again. For administrators.",
        parse=aliases.parse_forget,
        run=unclaimed_names.forget,
    ),
    _write(
        name="claim_unclaimed_name",
        method="POST",
        path=f"{UNCLAIMED}/claim",
        summary="Give a name to a user, with the open tasks that carry it. For administrators.",
        parse=aliases.parse_claim,
        run=unclaimed_names.claim,
        render=aliases.render_claim,
        query=queries.Trial,
        body=wire.ClaimBody,
        answer=wire.Claim,
        may_be_later=True,
    ),
)
