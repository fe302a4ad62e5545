"""Logging in for a token, for clients that send their password once and the token from then on."""

import msgspec

from dragoman.command import Keys
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Unauthenticated
from dragoman.domain.people import TokenKind
from dragoman.usecases.identity.users import CreateToken, create_token, token_hash, token_text
from dragoman.usecases.uow import UnitOfWork


class LogIn(msgspec.Struct, frozen=True):
    """Create a token for a user whose password was verified. Its text is stored nowhere."""

    text: str
    token: CreateToken

    def keys(self) -> Keys:
        return self.token.keys()


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
    token = CreateToken(principal.user, token_hash(text), tuple(sorted(scopes)), lifetime_seconds, kind=TokenKind.LOGIN)
    return LogIn(text, token)


def log_in(uow: UnitOfWork, command: LogIn) -> LoggedIn:
    """Store the token's hash and return its text."""
    token = create_token(uow, command.token)
    return LoggedIn(command.text, token.expires_at, uow.home.zone)
