"""What a new password must be: long, not common, not made of its user's names. An existing one is never looked at.

There are no rules about kinds of characters, and passwords don't expire (NIST SP 800-63B-4).
"""

from collections.abc import Iterator

import msgspec

from dragoman.domain import common_passwords
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.people import User
from dragoman.domain.text import composed, folded

MOST_CHARACTERS = 256
FEWEST_DIFFERENT = 5
FEWEST_LEFT = 8
"""Characters that are left once the user's names are taken out."""
SHORTEST_NAME = 4
SHORTEST_WORD = 4
"""Of a common password, once signs at the end are left out: less is hardly what the password was made of."""
SHORTEST_ROW = 8
PRODUCT = "dragoman"
LOOKALIKES = tuple(str.maketrans("@0134$5!", f"ao{letter}eass{letter}") for letter in "il")
"""Signs that stand for letters; 1 and ! may stand for i or l."""
ROWS = ("abcdefghijklmnopqrstuvwxyz" * 2, "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm" * 2)
FAULTS = "The password can't be taken; each reason is listed."


class Rules(msgspec.Struct, frozen=True):
    """What the operator asks of passwords. `least` counts characters; `link_seconds` is the usual life of a link."""

    least: int = 12
    refuses_common: bool = True
    link_seconds: float = 3_600.0


def check(password: str, user: User, rules: Rules, place: str = "/new") -> None:
    """Invalid with every fault of the password, at this JSON pointer. `user` need not be stored yet."""
    faults = tuple(Problem(place, code, message) for code, message in _faults(composed(password), user, rules))
    if faults:
        raise Invalid("invalid_body", FAULTS, faults)


def _faults(password: str, user: User, rules: Rules) -> Iterator[tuple[str, str]]:
    if len(password) < rules.least:
        yield "too_short", f"must have at least {rules.least} characters"
    if len(password) > MOST_CHARACTERS:
        yield "too_long", f"must have at most {MOST_CHARACTERS} characters"
    if rules.refuses_common and is_common(password):
        yield "too_common", "is a common password or a simple pattern, which is guessed first"
    if is_like(password, user):
        yield "like_login", "is too much like the login, the name or the e-mail address"


def is_common(password: str) -> bool:
    """Whether the password is guessed early: a common one in another spelling, few characters, one row."""
    text = folded(password)
    if len(set(text)) < FEWEST_DIFFERENT or _is_row(text):
        return True
    return any(form in common_passwords.words() or _is_row(form) for form in _plainer(text))


def _plainer(text: str) -> Iterator[str]:
    """The text itself, and the shorter and plainer ones that it may have been made of."""
    yield text
    letters = max((at for at, sign in enumerate(text, 1) if sign.isalpha()), default=0)
    kept = letters or max((at for at, sign in enumerate(text, 1) if sign.isalnum()), default=0)
    for end in range(max(kept, SHORTEST_WORD), min(len(text), common_passwords.longest()) + 1):
        yield text[:end]
        for letter in LOOKALIKES:
            yield text[:end].translate(letter)


def _is_row(text: str) -> bool:
    """Whether it is one row of the alphabet, of the digits or of the keyboard, in either direction."""
    return len(text) >= SHORTEST_ROW and any(text in row or text[::-1] in row for row in ROWS)


def is_like(password: str, user: User) -> bool:
    """Whether little is left of the password once the names of its user are taken out, in either case."""
    text = rest = folded(password)
    for name in sorted(_names(user), key=len, reverse=True):
        rest = rest.replace(name, "")
    return rest != text and len(rest) < FEWEST_LEFT


def _names(user: User) -> Iterator[str]:
    yield PRODUCT
    yield folded(user.login)
    if user.email:
        yield folded(user.email.partition("@")[0])
    for name in (user.display_name, user.first_name, user.last_name):
        yield from (word for word in folded(name or "").split() if len(word) >= SHORTEST_NAME)
