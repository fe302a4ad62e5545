"""Logging in: a password is exchanged for a token, a token for nothing."""

import pytest

from dragoman.domain.access import Principal, system
from dragoman.domain.errors import Unauthenticated
from dragoman.usecases.identity.logins import login_of
from dragoman.usecases.identity.users import token_hash, token_tenant

SCOPES = frozenset({"task.read", "task.write"})


def test_who_gave_a_password_gets_a_token_of_these_scopes() -> None:
    command = login_of(Principal(tenant=7, user="a", login="anna"), SCOPES, 60.0)
    assert token_tenant(command.text) == 7
    assert command.token.hash == token_hash(command.text)
    assert (command.token.user, command.token.scopes, command.token.lifetime_seconds) == (
        "a", ("task.read", "task.write"), 60.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "principal",
    [
        Principal(tenant=7, user="a", login="anna", scopes=frozenset()),
        Principal(tenant=7, user="a", login="anna", scopes=frozenset({"*"})),
        system(7),
    ],
)
def test_who_gave_a_token_gets_none(principal: Principal) -> None:
    with pytest.raises(Unauthenticated):
        login_of(principal, SCOPES, 60.0)
