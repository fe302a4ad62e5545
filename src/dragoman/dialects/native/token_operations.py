"""The operations on scopes and tokens, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import ANY_CREDENTIALS, any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import scopes, tokens
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.scopes import Scopes
from dragoman.dialects.native.wire.tokens import MadeToken, NewToken, Token, TokenList, TokenPatch, TokenQuery
from dragoman.usecases.identity import scopes as scope_uses
from dragoman.usecases.identity import tokens as token_uses

_get = partial(operation, method="GET")
_change = partial(operation, writes=True, query=queries.Trial, scopes=any_of("token.write"))

TOKENS = (
    _get(
        name="list_scopes",
        path="/scopes",
        summary="The scopes and presets that a token may be made with, each with its operations.",
        scopes=ANY_CREDENTIALS,
        parse=scopes.parse_list,
        run=scope_uses.list_all,
        render=scopes.render_list,
        answer=Scopes,
    ),
    _get(
        name="list_tokens",
        path="/tokens",
        summary="One's own tokens, for administrators all of the tenant; by default those that count.",
        scopes=any_of("token.read"),
        parse=tokens.parse_list,
        run=token_uses.list_page,
        render=tokens.render_list,
        query=TokenQuery,
        answer=TokenList,
    ),
    _change(
        name="create_token",
        method="POST",
        path="/tokens",
        summary="Make a token, no wider than the credentials of the request. It is shown once.",
        parse=tokens.parse_make,
        run=token_uses.make,
        render=tokens.render_made,
        body=NewToken,
        status=201,
        answer=MadeToken,
        shown_once=("token",),
    ),
    _get(
        name="read_token",
        path="/tokens/{token}",
        summary="One token.",
        scopes=any_of("token.read"),
        parse=tokens.parse_get,
        run=token_uses.get,
        render=tokens.render_one,
        answer=Token,
    ),
    _change(
        name="patch_token",
        method="PATCH",
        path="/tokens/{token}",
        summary="Rename a token.",
        parse=tokens.parse_rename,
        run=token_uses.rename,
        render=tokens.render_one,
        body=TokenPatch,
        body_media=reading.MERGE_PATCH,
        answer=Token,
    ),
    _change(
        name="delete_token",
        method="DELETE",
        path="/tokens/{token}",
        summary="Revoke a token, on every node within a second. It stays in lists for 90 days.",
        parse=tokens.parse_revoke,
        run=token_uses.revoke,
        render=replies.gone,
        status=204,
    ),
)
