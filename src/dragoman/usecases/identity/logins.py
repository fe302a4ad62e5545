"""Logging in for a token, for clients that send their password once and the token from then on."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Unauthenticated
from dragoman.domain.people import TokenKind
from dragoman.usecases.identity.tokens import make_room
from dragoman.usecases.identity.users import CreateToken, create_token, token_hash, token_text
from dragoman.usecases.uow import UnitOfWork


class LogIn(msgspec.Struct, frozen=True):
    """Create a token for a user whose password was verified. Its text is stored nowhere."""

    text: str
    token: CreateToken

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # the other tokens of the user are found by a condition


class LoggedIn(msgspec.Struct, frozen=True):
    """The new token, its expiry, and the tenant's time zone."""

    text: str
    expires_at: Moment | None
    zone: str


def login_of(principal: Principal, scopes: frozenset[str], lifetime_seconds: float) -> LogIn:
    """The command for a principal who gave a password.

    Unauthenticated for one who gave a token instead: a token must not create another that outlives it.
    """
    if principal.user is None or principal.scopes is not None:
        raise Unauthenticated("password_needed", "Only a password is exchanged for a token.")
    text = token_text(principal.tenant)
    user, words = principal.user, tuple(sorted(scopes))
    token = CreateToken(user, token_hash(text), words, lifetime_seconds, kind=TokenKind.LOGIN, created_by=user)
    return LogIn(text, token)


def log_in(uow: UnitOfWork, command: LogIn) -> LoggedIn:
    """Store the token's hash and return its text. A user has so many such tokens at most (`tokens.login_most`): the one
    unused longest is revoked for the next."""
    make_room(uow, command.token.user)
    token = create_token(uow, command.token)
    return LoggedIn(command.text, token.expires_at, uow.home.zone)
