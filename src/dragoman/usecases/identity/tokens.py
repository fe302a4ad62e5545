"""Tokens as administrators manage them: list and revoke."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.errors import NotFound
from dragoman.domain.people import Token
from dragoman.usecases.uow import UnitOfWork

SHOWN_DIGITS = 16
"""Digits of a token's hash that identify it in lists. They don't help to guess the token."""


class ListTokens(msgspec.Struct, frozen=True):
    """The tokens of a user, by uid."""

    user: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_tokens(uow: UnitOfWork, command: ListTokens) -> list[Token]:
    """The tokens, oldest first, including revoked and expired ones."""
    return uow.tokens.of_user(command.user)


class RevokeToken(msgspec.Struct, frozen=True):
    """Revoke a token. `beginning` is a prefix of its hash, or the whole hash."""

    beginning: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def revoke_token(uow: UnitOfWork, command: RevokeToken) -> Token:
    """NotFound for an unknown token. Revoking it again changes nothing."""
    token = uow.tokens.beginning(command.beginning) if len(command.beginning) >= SHOWN_DIGITS else None
    if token is None:
        raise NotFound("token_not_found", "There is no such token in this tenant.")
    return token if token.revoked_at is not None else uow.tokens.save(replace(token, revoked_at=uow.now))
