"""The names of groups, and how they are compared."""

from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.text import composed, folded

LONGEST = 100
PATTERN = r"^[^:*,\u0000-\u001f\u007f]*[^:*,\s\u0000-\u001f\u007f][^:*,\u0000-\u001f\u007f]*$"
"""No colon, star or comma, which mark groups, everybody and lists; no control characters; not blank."""
FORBIDDEN = frozenset(":*,")


def check(name: str) -> str:
    """The name as it is stored. Invalid `bad_name_of_group` for text that can't be one."""
    name = composed(name)
    if 1 <= len(name) <= LONGEST and name.strip() and name.isprintable() and FORBIDDEN.isdisjoint(name):
        return name
    message = f"A group's name has 1 to {LONGEST} printable characters, and no colon, star or comma."
    raise Invalid("invalid_body", message, (Problem("/name", "format", message),))


def same(name: str, other: str) -> bool:
    """Whether two names are the same: letters of either case are."""
    return folded(name) == folded(other)


def begins(name: str, words: str) -> bool:
    """Whether the name, or a word of it, begins with this text."""
    wanted, text = folded(words.strip()), folded(name)
    if text.startswith(wanted):
        return True
    parts = "".join(letter if letter.isalnum() else " " for letter in text).split()
    return any(part.startswith(wanted) for part in parts)
