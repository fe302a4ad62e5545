"""Tokens: made, listed, renamed, revoked."""

from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict

from dragoman.dialects.kit import Reply, Request, json, times
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import tokens as wire
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, NotFound, Problem, Unauthenticated
from dragoman.domain.token_rules import gives_decision
from dragoman.usecases.identity import tokens
from dragoman.usecases.identity.users import SHOWN_DIGITS, token_text

READ_ONLY = frozenset({*wire.MadeToken.__struct_fields__} - {"name"})


def parse_list(request: Request, query: wire.TokenQuery) -> tokens.List:
    """One page by moment of creation."""
    values = cursors.read(request, query.cursor, (int, str))
    return tokens.List(
        user=query.user or None,
        kind=query.kind or None,
        states=tokens.COUNTING if query.state is UNSET else tuple(query.state),
        unused_days=None if query.unused_days is UNSET else query.unused_days,
        after=None if values is None else (Moment(int(values[0])), str(values[1])),  # type: ignore[arg-type]
        limit=query.limit,
    )


def render_list(page: tokens.Page, request: Request) -> Reply:
    """One page, and the link to the next one."""
    link = UNSET if page.after is None else cursors.link(request, page.after)
    return replies.plain(wire.TokenList(items=[document(item) for item in page.items], next=link))


def parse_make(request: Request, query: queries.Trial) -> tokens.Make:
    """A token to be made for the caller or another user."""
    return reading.body(request, wire.NewToken, lambda new: _making(request, new))


def parse_get(request: Request, query: queries.Nothing) -> tokens.Get:
    """One token by the beginning of its hash."""
    return tokens.Get(_id(request))


def parse_rename(request: Request, query: queries.Trial) -> tokens.Rename:
    """A merge patch of a token."""
    name = _id(request)

    def build(patch: wire.TokenPatch) -> tokens.Rename:
        return tokens.Rename(name, None if patch.name is UNSET else patch.name)

    return reading.body(request, wire.TokenPatch, build, media=reading.MERGE_PATCH, read_only=READ_ONLY)


def parse_revoke(request: Request, query: queries.Trial) -> tokens.Revoke:
    """A token to be revoked."""
    return tokens.Revoke(_id(request))


def render_one(shown: tokens.Shown, request: Request) -> Reply:
    return replies.plain(document(shown))


def render_made(shown: tokens.Shown, request: Request) -> Reply:
    """201 with the token itself, and where its document is."""
    made = document(shown)
    return Reply(201, json.encode(made), replies.JSON, [("Location", f"{request.full_path}/{made.id}")])


def document(shown: tokens.Shown) -> wire.Token:
    """A token as the API and the command show it; one that was just made with its text."""
    token = shown.token
    found = wire.Token(
        id=token.hash[:SHOWN_DIGITS],
        kind=token.kind,
        name=token.name,
        user=token.user,
        login=shown.login,
        scopes=list(token.scopes),
        unknown_scopes=list(shown.unknown_scopes),
        created_at=views.time(token.created_at),
        created_by=token.created_by,
        gives_decision=gives_decision(token),
        expires_at=views.maybe(token.expires_at),
        last_used_at=views.maybe(token.last_used_at),
        last_dialect=token.last_dialect,
        revoked_at=views.maybe(token.revoked_at),
        state=shown.state,
    )
    return found if shown.text is None else wire.MadeToken(**asdict(found), token=shown.text)


def _id(request: Request) -> str:
    text = request.path["token"].lower()
    if len(text) != SHOWN_DIGITS:
        raise NotFound("token_not_found", "There is no such token.")
    return text


def _making(request: Request, new: wire.NewToken) -> tokens.Make:
    if request.principal is None:
        raise Unauthenticated("no_principal", "The request has no principal.")
    life: dict[str, Any] = {}
    if new.expires_in:
        life["lifetime_seconds"] = wire.seconds_of(new.expires_in)
    if new.expires_at:
        life["expires_at"] = times.parse_iso(new.expires_at)
    if len(life) > 1:
        fault = Problem("/expires_at", "contradiction", "can't be given with expires_in")
        raise Invalid("invalid_body", reading.FAULTS_OF_BODY, (fault,))
    user = None if new.user is UNSET else new.user
    return tokens.Make(token_text(request.principal.tenant), tuple(new.scopes), new.name, user, **life)
