"""The operations on scopes and tokens, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import ANY_CREDENTIALS
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import scopes
from dragoman.dialects.native.wire.scopes import Scopes
from dragoman.usecases.identity import scopes as scope_uses

_get = partial(operation, method="GET")

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
)
