"""The scopes that a token may have."""

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.scopes import Preset, Scope, Scopes
from dragoman.usecases.identity import scopes
from dragoman.usecases.identity.scope_words import Registry


def parse_list(request: Request, query: queries.Nothing) -> scopes.List:
    """All of them."""
    return scopes.List()


def render_list(registry: Registry, request: Request) -> Reply:
    return replies.plain(document(registry))


def document(registry: Registry) -> Scopes:
    """All scopes and presets, as the API and the command show them."""
    return Scopes(
        [Scope(each.name, each.summary, list(each.operations)) for each in registry.scopes],
        [Preset(each.name, list(each.scopes), each.summary) for each in registry.presets],
    )
