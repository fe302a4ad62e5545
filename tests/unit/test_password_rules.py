"""The rules for new passwords, and all faults at once."""

from unicodedata import normalize

import pytest

from dragoman.domain.errors import Invalid
from dragoman.domain.password_rules import Rules, check
from dragoman.domain.people import User

ANNA = User(1, 1, "u", "anna.berg", "bergamot@example.com", "Anna Kalnina", "Anna", "Liepa-Ozols")
GOOD = "kelp under 7 moons"


def faults(password: str, rules: Rules = Rules(), user: User = ANNA) -> list[str]:  # noqa: B008 - frozen
    try:
        check(password, user, rules)
    except Invalid as refused:
        return [problem.code for problem in refused.problems]
    return []


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "k7#Qz0!vW2xT",  # twelve characters
        "þórbjörg á fjalli",
        "пять лун над водой",
        "🐙🐚🐳🐬🐟🦀🦑🦞🦐🐡🐠🦈",
        "x" * 250 + "abcdef",
        "829104775361",  # digits alone are no word with an end
        "anna goes sailing",  # most of it is left without her name
        "correct horse battery staple",
    ],
)
def test_it_is_taken(password: str) -> None:
    assert faults(password) == []


@pytest.mark.parametrize(
    "password",
    [
        "counterstrike",  # in the list as it is
        "CounterStrike",
        "Password1234",
        "P@ssw0rd!2031",
        "pa$$word20312031",
        "trustno1!!!!!!!",
        "Dr4g0nb411!!!",
        "prince$$$$$$$$$",
        "1234567!!!!!",
        "м" * 6 + "abc" + "м" * 6,  # four different ones
        "abababababababab",
        "abcdefghijkl",
        "ABCDEFGHIJKL",
        "lkjihgfedcba",
        "123456789012",
        "987654321098",
        "qwertyuiopas",
        "abcdefghijkl!1",
    ],
)
def test_it_is_too_common(password: str) -> None:
    assert faults(password) == ["too_common"]
    assert faults(password, Rules(refuses_common=False)) == []


@pytest.mark.parametrize(
    "password",
    [
        "anna.bergxyz7",
        "Anna.Berg-7391",
        "bergamotBERGAMOT",
        "Kalnina-kalnina",
        "dragoman-7q!w",
        "Dragoman4Anna!",
        "liepa-ozols-71",
    ],
)
def test_it_is_like_the_login(password: str) -> None:
    assert faults(password) == ["like_login"]


def test_short_names_are_left_in() -> None:
    assert faults("li xu li xu k7", user=User(1, 1, "u", "someone", display_name="Li Xu")) == []


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("", ["too_short", "too_common"]),
        ("k7#Qz0!vW2x", ["too_short"]),
        ("dragoman1", ["too_short", "like_login"]),
        ("anna.berg", ["too_short", "like_login"]),
        ("aaa", ["too_short", "too_common"]),
        ("z9" * 129, ["too_long", "too_common"]),
        ("abcdefg " * 33, ["too_long"]),
    ],
)
def test_all_faults_come_at_once(password: str, found: list[str]) -> None:
    assert faults(password) == found


def test_letters_are_counted_composed() -> None:
    spelt = normalize("NFD", "öäüéèêñçøåőű")
    assert len(spelt) > 12
    assert faults(spelt) == []
    assert faults(normalize("NFD", "öäüéèêñçøåő")) == ["too_short"]
    assert faults(normalize("NFD", "öäüéèê" * 42 + "ñçøå")) == []  # 256


def test_the_operator_sets_the_least() -> None:
    assert faults("k7#Qz", Rules(least=5)) == []
    assert faults("k7#Qz0!vW2xT", Rules(least=13)) == ["too_short"]


def test_the_fault_is_where_the_password_is() -> None:
    with pytest.raises(Invalid) as refused:
        check("short", ANNA, Rules(), "/password")
    assert {problem.path for problem in refused.value.problems} == {"/password"}
