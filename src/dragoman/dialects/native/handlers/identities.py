"""Links between users and providers."""

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.identities import Identity, IdentityLink
from dragoman.usecases.identity import provider_links


def parse_put(request: Request, query: queries.Trial) -> provider_links.Link:
    """The subject that a user is linked to."""
    person, provider = request.path["person"], request.path["provider"]
    return reading.body(request, IdentityLink, lambda body: provider_links.Link(person, provider, body.subject))


def parse_delete(request: Request, query: queries.Trial) -> provider_links.Unlink:
    """The link that ends."""
    return provider_links.Unlink(request.path["person"], request.path["provider"])


def render_put(linked: provider_links.Linked, request: Request) -> Reply:
    """201 with the first link at this provider, 200 with another one."""
    found = linked.identity
    body = json.encode(Identity(found.provider, found.subject, wire.time(found.linked_at)))
    headers = [("Location", request.full_path)] if linked.is_new else []
    return Reply(201 if linked.is_new else 200, body, replies.JSON, headers)
