"""Tokens as people manage them: made, listed, renamed, revoked. One sees one's own, an administrator the tenant's.

Their text is stored nowhere, only its SHA-256; the first digits of that name a token in lists.
"""

import re

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import Principal, exceeding, require_admin
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from dragoman.domain.people import Token, TokenKind, User
from dragoman.domain.token_rules import MOST_OF_A_USER, TokenState, last_use, state_of
from dragoman.store.repositories.tokens import TokenFilter
from dragoman.usecases.identity import ending, references
from dragoman.usecases.identity.scopes import registry
from dragoman.usecases.identity.users import SHOWN_DIGITS, CreateToken, create_token, token_hash
from dragoman.usecases.uow import UnitOfWork

COUNTING = (TokenState.LIVE,)
DAY_SECONDS = 86_400.0
BEGINNING = re.compile(f"[0-9a-f]{{{SHOWN_DIGITS},64}}")


class Shown(msgspec.Struct, frozen=True):
    """A token as lists show it. `text` is the token itself, of one that was just made."""

    token: Token
    login: str
    state: TokenState
    unknown_scopes: tuple[str, ...] = ()
    text: str | None = None


# Making one


class Make(msgspec.Struct, frozen=True):
    """Make a token for the caller, or for another user.

    `text` comes from `token_text`; presets among the scopes are replaced. It expires after `lifetime_seconds`, or at
    `expires_at`; with neither it is valid until revoked.
    """

    text: str
    scopes: tuple[str, ...]
    name: str = ""
    user: str | None = None  # id or login; None and `me`: the caller
    lifetime_seconds: float | None = None
    expires_at: Moment | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def make(uow: UnitOfWork, command: Make) -> Shown:
    """The token, whose text is shown this once.

    Invalid (`unknown_scope`, `range`) for words that are no scopes and a life that is too long; Forbidden for other
    users' tokens unless the caller administers the tenant, and (`scope_exceeds`) for more than he came with; Conflict
    for a disabled user, and for one with too many tokens.
    """
    principal = uow.principal
    scopes = registry().written_out(command.scopes)
    _check_life(uow, command)
    user = _owner(uow, command.user)
    if beyond := exceeding(principal, scopes):
        message = f"The token would allow more than the credentials that make it: {', '.join(beyond)}."
        raise Forbidden("scope_exceeds", message, scopes=beyond)
    if user.disabled_at is not None:
        raise Conflict("user_disabled", f"The user {user.login} is disabled.")
    if len(_live(uow, user.uid, TokenKind.API)) >= MOST_OF_A_USER:
        raise Conflict("too_many_tokens", f"{user.login} has {MOST_OF_A_USER} tokens. Revoke one that isn't used.")
    new = CreateToken(
        user.uid,
        token_hash(command.text),
        scopes,
        kind=TokenKind.API,
        gives_decision=principal.user != user.uid,
        name=command.name,
        created_by=principal.user,
        expires_at=_expiry(uow, command),
    )
    return replace(_shown(uow, create_token(uow, new), user), text=command.text)


def _expiry(uow: UnitOfWork, command: Make) -> Moment | None:
    if command.lifetime_seconds is not None:
        return later(uow.now, seconds=command.lifetime_seconds)
    return command.expires_at


def _check_life(uow: UnitOfWork, command: Make) -> None:
    expires_at, days = _expiry(uow, command), uow.terms.tokens.longest_days
    place = "/expires_in" if command.expires_at is None else "/expires_at"
    if expires_at is not None and expires_at <= uow.now:
        raise _bad_life(place, "must be in the future")
    if days and (expires_at is None or expires_at > later(uow.now, seconds=days * DAY_SECONDS)):
        raise _bad_life(place, f"must be at most {days} days from now")


def _bad_life(place: str, why: str) -> Invalid:
    message = f"The token's end {why}."
    return Invalid("invalid_body", message, (Problem(place, "range", why),))


def _owner(uow: UnitOfWork, name: str | None) -> User:
    """The user of a new token. Forbidden for another than the caller unless he administers the tenant."""
    try:
        user = references.person(uow, references.ME if name is None else name)
    except NotFound:
        why = "does not match a user"
        problems = (Problem("/user", "unknown_user", why),)
        raise Invalid("bad_reference", f"user {why}.", problems, status=409) from None
    if user.uid != uow.principal.user:
        require_admin(uow.principal)
    return user


# Lists


class List(msgspec.Struct, frozen=True):
    """A page of tokens, oldest first, behind `after` (moment of creation and hash). `states` None: all."""

    user: str | None = None
    kind: TokenKind | None = None
    states: tuple[TokenState, ...] | None = COUNTING
    unused_days: float | None = None
    after: tuple[Moment, str] | None = None
    limit: int = 50

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """A page of a list, and where the next one begins."""

    items: list[Shown]
    after: tuple[Moment, str] | None


def list_page(uow: UnitOfWork, command: List) -> Page:
    """Those that the caller may see: his own, or all. NotFound for an unknown user, Forbidden for another one."""
    owner = _listed(uow, command.user)
    since = None if command.unused_days is None else later(uow.now, seconds=-command.unused_days * DAY_SECONDS)
    wanted = TokenFilter(owner, command.kind, command.states, since)
    found = uow.tokens.page(wanted, uow.now, command.after, command.limit + 1)
    page = found[: command.limit]
    uow.users.load([token.user for token, _ in page])
    items = [_shown(uow, token, uow.users.find(token.user)) for token, _ in page]
    last = page[-1][0] if len(found) > command.limit else None
    return Page(items, None if last is None else (last.created_at, last.hash))


def _listed(uow: UnitOfWork, name: str | None) -> str | None:
    """The id of the user whose tokens are listed; None for those of all."""
    if name is None:
        return None if uow.principal.is_admin else uow.principal.user
    user = references.person(uow, name)
    if user.uid != uow.principal.user:
        require_admin(uow.principal)
    return user.uid


# One token


class Get(msgspec.Struct, frozen=True):
    """One token, by the beginning of its hash that lists show."""

    id: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def get(uow: UnitOfWork, command: Get) -> Shown:
    """NotFound for an unknown token, and for one that the caller may not see."""
    return _of(uow, _visible(uow, command.id))


class Rename(msgspec.Struct, frozen=True):
    """Give a token another name."""

    id: str
    name: str | None = None  # None: as it is

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def rename(uow: UnitOfWork, command: Rename) -> Shown:
    """The renamed token. NotFound as `get`."""
    token = _visible(uow, command.id, Lock.CHANGE)
    if command.name is not None and command.name != token.name:
        token = uow.tokens.save(replace(token, name=command.name))
    return _of(uow, token)


class Revoke(msgspec.Struct, frozen=True):
    """Revoke a token for good."""

    id: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def revoke(uow: UnitOfWork, command: Revoke) -> Shown:
    """The token. Revoking it again changes nothing. NotFound as `get`."""
    token = _visible(uow, command.id, Lock.CHANGE)
    return _of(uow, token if token.revoked_at is not None else ending.revoke(uow, token))


def make_room(uow: UnitOfWork, user: str) -> None:
    """Revoke the login tokens that were unused longest, so that the user may have one more. For exclusive commands."""
    live = sorted(_live(uow, user, TokenKind.LOGIN), key=lambda token: (last_use(token), token.created_at))
    for token in live[: max(0, len(live) + 1 - uow.terms.tokens.login_most)]:
        ending.revoke(uow, token)


def _live(uow: UnitOfWork, user: str, kind: TokenKind) -> list[Token]:
    return [token for token in uow.tokens.of_user(user) if token.kind is kind and ending.counts(uow, token)]


def _visible(uow: UnitOfWork, name: str, lock: Lock = Lock.NONE) -> Token:
    token = uow.tokens.beginning(name) if BEGINNING.fullmatch(name) else None
    if token is None or not _may_see(uow.principal, token):
        raise NotFound("token_not_found", "There is no such token.")
    return token if lock is Lock.NONE else uow.tokens.find(token.hash, lock) or token


def _may_see(principal: Principal, token: Token) -> bool:
    return principal.is_admin or token.user == principal.user


def _of(uow: UnitOfWork, token: Token) -> Shown:
    return _shown(uow, token, uow.users.find(token.user))


def _shown(uow: UnitOfWork, token: Token, user: User | None) -> Shown:
    """With the user as he is; a token without one counts no more."""
    is_disabled = user is None or user.disabled_at is not None
    state = state_of(token, uow.now, is_disabled=is_disabled)
    return Shown(token, "" if user is None else user.login, state, registry().unknown(token.scopes))
