"""Passwords of users, and the links to choose one."""

from urllib.parse import quote

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views
from dragoman.dialects.native.wire import passwords as wire
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.tasks import Nothing
from dragoman.dialects.native.wire.tokens import seconds_of
from dragoman.domain.errors import Invalid, Problem
from dragoman.usecases.identity import password_changes, password_links

PAGE = "/ui/password"


def read_current(request: Request) -> str:
    """The present password, which is confirmed before anything else. Invalid with every fault of the body."""
    return reading.body(request, wire.OwnPassword, lambda sent: sent.current)


def parse_own(request: Request, query: queries.Trial) -> password_changes.ChangeOwn:
    """Another password for the caller."""
    return reading.body(
        request, wire.OwnPassword, lambda sent: password_changes.ChangeOwn(sent.new, sent.revoke_tokens)
    )


def parse_set(request: Request, query: queries.Trial) -> password_changes.SetPassword:
    """A password for a user."""
    who = request.path["person"]
    return reading.body(
        request, wire.NewPassword, lambda sent: password_changes.SetPassword(who, sent.new, sent.revoke_tokens)
    )


def parse_remove(request: Request, query: queries.Trial) -> password_changes.RemovePassword:
    return password_changes.RemovePassword(request.path["person"])


def parse_link(request: Request, query: queries.Trial) -> password_links.CreateLink:
    """A link for a user."""
    who = request.path["person"]
    return reading.body(
        request,
        wire.NewLink,
        lambda sent: password_links.CreateLink(who, _seconds(sent), sent.mail),
        may_be_empty=True,
    )


def render_link(made: password_links.NewLink, request: Request) -> Reply:
    """201 with the link, which can't be shown again."""
    return Reply(201, json.encode(link(made, request.base_url)), replies.JSON)


def link(made: password_links.NewLink, base_url: str) -> wire.Link:
    """A new link, with the address of the page on which the password is chosen."""
    url = f"{base_url.rstrip('/')}{PAGE}?token={quote(made.token)}"
    return wire.Link(url, made.token, views.time(made.expires_at))


def link_tenant(request: Request) -> int | None:
    """The tenant in the token of a link."""
    return password_links.link_tenant(_linked(request).token)


def parse_redeem(request: Request, query: queries.Trial) -> password_links.Redeem:
    """A password chosen by a link."""
    sent = _linked(request)
    return password_links.Redeem(sent.token, sent.new)


def parse_request(request: Request, query: queries.Nothing) -> password_links.Request:
    """Who forgot the password."""
    return reading.body(request, wire.LinkRequest, lambda sent: password_links.Request(sent.login))


def render_requested(nothing: None, request: Request) -> Reply:
    """202, whoever it was."""
    return Reply(202)


def parse_unlock(request: Request, query: queries.Trial) -> password_changes.Unlock:
    who = request.path["person"]
    return reading.body(request, Nothing, lambda _: password_changes.Unlock(who), may_be_empty=True)


def _linked(request: Request) -> wire.LinkedPassword:
    return reading.body(request, wire.LinkedPassword, lambda sent: sent)


def _seconds(sent: wire.NewLink) -> float | None:
    """The life of a link. Invalid when it is none, or longer than links live."""
    if not sent.expires_in:
        return None
    seconds = seconds_of(sent.expires_in)
    if not 0 < seconds <= password_links.LONGEST_SECONDS:
        fault = Problem("/expires_in", "range", "must be more than nothing and at most P7D")
        raise Invalid("invalid_body", reading.FAULTS_OF_BODY, (fault,))
    return float(seconds)
