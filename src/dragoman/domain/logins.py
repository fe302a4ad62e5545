"""Logins: their form, the words that nobody can have, and by which names a user is known."""

from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import User
from dragoman.domain.text import folded

LONGEST = 255
RESERVED = frozenset({"me", "system", "nobody", "anonymous"})
"""Words that mean somebody else in paths, parameters and histories."""

FORM = "must have 1 to 255 printable characters, without a colon and without blanks"
"""HTTP Basic forbids a colon, the format of history forbids line breaks."""


def fault(login: str) -> tuple[str, str] | None:
    """Code and sentence of what is wrong with a new login; None where nothing is. Letters must be composed."""
    if not login.isprintable() or not 1 <= len(login) <= LONGEST or ":" in login or any(map(str.isspace, login)):
        return "format", FORM
    if folded(login) in RESERVED:
        return "reserved", f"is one of the reserved words {', '.join(sorted(RESERVED))}"
    if uuid_of(login) is not None:
        return "reserved", "must not have the form of an id"
    return None


def check(login: str) -> None:
    """Invalid for text that can't be a new login."""
    found = fault(login)
    if found is not None:
        code, sentence = found
        raise Invalid("bad_login", f"A login {sentence}.", (Problem("/login", code, sentence),))


def is_known_as(user: User, name: str) -> bool:
    """Whether the user signs in by this name today: by login or e-mail address in any case, or by id."""
    return folded(name) in (folded(user.login), folded(user.email or ""), user.uid) and name != ""
