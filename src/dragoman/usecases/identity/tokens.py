"""Tokens as their administrator sees them: which there are, and shutting one."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.errors import NotFound
from dragoman.domain.people import Token
from dragoman.usecases.uow import UnitOfWork

SHOWN_DIGITS = 16
"""Digits of a token's hash that identify it in lists: enough to be unique, no help for guessing."""


class ListTokens(msgspec.Struct, frozen=True):
    """The tokens of a user, by uid."""

    user: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_tokens(uow: UnitOfWork, command: ListTokens) -> list[Token]:
    """Oldest first; revoked and expired ones too."""
    return uow.tokens.of_user(command.user)


class RevokeToken(msgspec.Struct, frozen=True):
    """Let a token count no more. `beginning` is of its hash, or all of it."""

    beginning: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def revoke_token(uow: UnitOfWork, command: RevokeToken) -> Token:
    """NotFound when there is no such token. Doing it again changes nothing."""
    token = uow.tokens.beginning(command.beginning) if len(command.beginning) >= SHOWN_DIGITS else None
    if token is None:
        raise NotFound("token_not_found", "There is no such token in this tenant.")
    return token if token.revoked_at is not None else uow.tokens.save(replace(token, revoked_at=uow.now))
