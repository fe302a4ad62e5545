"""The operations on links between users and providers, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import identities
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.identities import Identity, IdentityLink
from dragoman.usecases.identity import provider_links

_change = partial(
    operation,
    path="/users/{person}/identities/{provider}",
    scopes=any_of("user.manage"),
    writes=True,
    query=queries.Trial,
)

IDENTITIES = (
    _change(
        name="put_user_identity",
        method="PUT",
        summary="Link a user to a provider's subject: 201, or 200 in place of another. For administrators.",
        parse=identities.parse_put,
        run=provider_links.link,
        render=identities.render_put,
        body=IdentityLink,
        answer=Identity,
        status=201,
    ),
    _change(
        name="delete_user_identity",
        method="DELETE",
        summary="End a user's link to a provider, and the sessions that it opened. For administrators.",
        parse=identities.parse_delete,
        run=provider_links.unlink,
        render=replies.gone,
        status=204,
    ),
)
