"""Tokens: when they count, how many and how long there may be, and which ones give the right to decide batches."""

from enum import StrEnum

import msgspec

from dragoman.domain.access import DECIDING, grants_any
from dragoman.domain.clock import Moment
from dragoman.domain.people import Token

MOST_OF_A_USER = 200
"""Live API tokens."""
KEPT_SECONDS = 90 * 86_400.0
"""How long a token that has ended stays in lists."""


class TokenRules(msgspec.Struct, frozen=True):
    """What the operator asks of tokens. `longest_days` 0: no limit."""

    longest_days: int = 0
    login_most: int = 20  # live login tokens of a user


class TokenState(StrEnum):
    """`suspended`: its user is disabled."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


def state_of(token: Token, now: Moment, *, is_disabled: bool) -> TokenState:
    """The state of a token, with whether its user is disabled."""
    if token.revoked_at is not None:
        return TokenState.REVOKED
    if token.expires_at is not None and token.expires_at <= now:
        return TokenState.EXPIRED
    return TokenState.SUSPENDED if is_disabled else TokenState.LIVE


def last_use(token: Token) -> Moment:
    """When it was used last, or made if it never was."""
    return token.created_at if token.last_used_at is None else token.last_used_at


def gives_decision(token: Token) -> bool:
    """Whether it gives the right to decide batches: somebody gave it out, with a scope for that."""
    return token.gives_decision and grants_any(frozenset(token.scopes), DECIDING)
