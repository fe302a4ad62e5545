"""Tokens that an operator gave out, apart from those that users get by logging in.

Only the command line and the logins of dialects make tokens, and a login makes them with scopes and a lifetime of its
own. So a token of any other form was made by the command line.
"""

from collections.abc import Iterable

import msgspec

from dragoman.domain.clock import later
from dragoman.domain.people import Token


class LoginForm(msgspec.Struct, frozen=True):
    """The scopes and the lifetime of the tokens that a dialect makes for users who log in."""

    scopes: frozenset[str]
    lifetime_seconds: float


_forms: set[LoginForm] = set()


def register(forms: Iterable[LoginForm]) -> None:
    """Register the forms of a dialect; again changes nothing."""
    _forms.update(forms)


def is_granted(token: Token) -> bool:
    """Whether an operator gave the token out."""
    return not any(_is_of(token, form) for form in _forms)


def _is_of(token: Token, form: LoginForm) -> bool:
    return form.scopes == set(token.scopes) and token.expires_at == later(
        token.created_at, seconds=form.lifetime_seconds
    )
