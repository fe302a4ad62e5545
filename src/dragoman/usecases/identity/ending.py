"""Ending what lets a user in: sessions, tokens, links for a password.

Whoever changes, disables or deletes a user or a password calls these; each is the one place that ends its kind. All
need an exclusive command, since they find rows by a condition.
"""

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.people import Token, TokenKind
from dragoman.usecases.identity.users import fact_of
from dragoman.usecases.uow import UnitOfWork


def end_logins(uow: UnitOfWork, user: str, *, keep_session: str | None = None) -> None:
    """End what a password or a sign-in made: sessions but the one with this hash, login tokens, links.

    API tokens stay. Repeating it changes nothing.
    """
    end_sessions(uow, user, keep=keep_session)
    revoke_tokens(uow, user, TokenKind.LOGIN)
    void_links(uow, user)


def end_sessions(uow: UnitOfWork, user: str, *, keep: str | None = None) -> int:
    """Remove the user's sessions, but for the one with the hash `keep`. Gives their number."""
    ended = [session for session in uow.sessions.of_user(user) if session.hash != keep]
    for session in ended:
        uow.sessions.remove(session)
    return len(ended)


def revoke_tokens(uow: UnitOfWork, user: str, kind: TokenKind | None = None) -> list[Token]:
    """Revoke the user's tokens that still count, of one kind or of all; gives those that this call revoked."""
    return [
        revoke(uow, token) for token in uow.tokens.of_user(user) if counts(uow, token) and kind in (None, token.kind)
    ]


def counts(uow: UnitOfWork, token: Token) -> bool:
    """Whether the token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > uow.now)


def revoke(uow: UnitOfWork, token: Token) -> Token:
    """Revoke one token. That is noted in its user's history unless a login made it."""
    held = uow.tokens.find(token.hash, Lock.CHANGE) or token
    if token.kind is TokenKind.API:
        uow.record("user", token.user, "token.revoked", {"token": [fact_of(token), None]})
    return uow.tokens.save(replace(held, revoked_at=uow.now))


def void_links(uow: UnitOfWork, user: str) -> None:
    """Remove the links by which the user could choose a password."""
    for link in uow.password_links.of_user(user):
        uow.password_links.remove(link)
