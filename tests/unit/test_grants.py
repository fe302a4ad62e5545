"""Which tokens an operator gave out: all but those of the form that a dialect's login makes."""

import pytest
from msgspec.structs import replace

from dragoman.dialects import discover
from dragoman.domain.clock import Moment, later
from dragoman.domain.people import Token
from dragoman.usecases.identity import grants
from dragoman.usecases.identity.grants import LoginForm

MADE = Moment(17_900_000_000_000_000)
FORM = LoginForm(frozenset({"batch.update", "task.read"}), 3_600)
OF_A_LOGIN = Token(1, "h", "u", ("task.read", "batch.update"), MADE, later(MADE, seconds=3_600))


@pytest.fixture(autouse=True)
def forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "_forms", set())
    grants.register([FORM])
    grants.register([FORM])


def test_a_token_of_a_login_s_form_is_no_gift() -> None:
    assert not grants.is_granted(OF_A_LOGIN)


@pytest.mark.parametrize(
    "other",
    [
        replace(OF_A_LOGIN, scopes=("batch.update",)),
        replace(OF_A_LOGIN, scopes=(*OF_A_LOGIN.scopes, "task.write")),
        replace(OF_A_LOGIN, expires_at=None),
        replace(OF_A_LOGIN, expires_at=later(MADE, seconds=3_601)),
    ],
)
def test_a_token_of_other_scopes_or_another_life_is(other: Token) -> None:
    assert grants.is_granted(other)


def test_each_dialect_with_a_login_names_the_form_of_its_tokens() -> None:
    with_login = {one.name for one in discover() if any(each.credentials for each in one.operations)}
    assert with_login == {one.name for one in discover() if one.logins} == {"onlyoffice_crm"}
